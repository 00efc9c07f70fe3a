using System.Text.Json;
using System.Text.Json.Serialization;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Lifecycle.Resets;

/// <summary>How far a reset has come.</summary>
internal enum ResetStep
{
    /// <summary>The manager is to be stopped, and its state put aside.</summary>
    Stopping = 0,

    /// <summary>The manager is to be started.</summary>
    Starting = 1,

    /// <summary>The inventory and the facts are to be made again.</summary>
    Filling = 2,
}

/// <summary><c>$OSISM_HOME/reset.json</c>: a reset that was cut off is gone on with.</summary>
/// <param name="Since">When it began.</param>
/// <param name="KeepsHistory">Whether the database stays.</param>
/// <param name="Step">What is to be done next.</param>
/// <param name="Manager">How the manager was started. May hold secrets of its environment: the file is its owner's.</param>
internal sealed record ResetJournal(DateTimeOffset Since, bool KeepsHistory, ResetStep Step, RunningManager Manager)
{
    /// <summary>Folder in the home for what was there before.</summary>
    [JsonIgnore]
    public string Aside => $"before-reset-{Since.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}";

    /// <summary>The reset that was cut off; null for none, and for one of which nothing is left: it had not changed anything.</summary>
    public static ResetJournal? Open(OsismHome home)
    {
        var journal = Read(home);
        if (journal is { Step: ResetStep.Stopping } && !Directory.Exists(new RestoreStage(home).Home.Root))
        {
            // A manager that was started meanwhile has finished the exchange, or removed what was made for it.
            return Directory.Exists(Path.Combine(home.Root, journal.Aside)) ? journal with { Step = ResetStep.Starting } : null;
        }

        return journal;
    }

    private static ResetJournal? Read(OsismHome home) =>
        File.Exists(PathIn(home)) ? JsonSerializer.Deserialize(File.ReadAllBytes(PathIn(home)), ResetJson.Default.ResetJournal) : null;

    public Task WriteAsync(OsismHome home, CancellationToken cancellationToken) => AtomicFile.WriteAsync(
        PathIn(home), JsonSerializer.SerializeToUtf8Bytes(this, ResetJson.Default.ResetJournal), UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken);

    public static void Remove(OsismHome home) => File.Delete(PathIn(home));

    private static string PathIn(OsismHome home) => Path.Combine(home.Root, "reset.json");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ResetJournal))]
internal sealed partial class ResetJson : JsonSerializerContext;
