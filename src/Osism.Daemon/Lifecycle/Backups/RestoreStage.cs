using System.Text.Json;
using System.Text.Json.Serialization;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary><c>$OSISM_HOME/restore</c>: where a backup becomes a manager again, and how it takes the place of the one that is there.</summary>
/// <remarks>What if we die here? Until <see cref="CommitAsync"/> nothing of the manager was touched, and the next restore begins anew. After it each move can be
/// repeated: <see cref="FinishAsync"/> goes on, called by the next start of osismd or by the next restore.</remarks>
internal sealed class RestoreStage(OsismHome home)
{
    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private string Journal => Path.Combine(Home.Root, "journal.json");

    /// <summary>The manager in the making.</summary>
    public OsismHome Home { get; } = new(Path.Combine(home.Root, "restore"));

    public bool IsCommitted => File.Exists(Journal);

    /// <summary>An empty one.</summary>
    public void Begin()
    {
        Clear();
        Directory.CreateDirectory(Home.Root, Passable);
        File.SetUnixFileMode(Home.Root, Passable);
    }

    /// <summary>From here on it is only forward.</summary>
    /// <param name="names">What is in the stage and takes its place.</param>
    /// <param name="aside">Folder in the home for what was there.</param>
    /// <param name="cancellationToken">Nothing was committed.</param>
    public Task CommitAsync(IReadOnlyList<string> names, string aside, CancellationToken cancellationToken) => AtomicFile.WriteAsync(
        Journal, JsonSerializer.SerializeToUtf8Bytes(new RestoreJournal(names, aside), RestoreJson.Default.RestoreJournal),
        UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken);

    /// <summary>Brings a committed restore to its end.</summary>
    /// <param name="failpoint">Called before each exchange with its name, and in its middle with <c>NAME-aside</c>.</param>
    /// <returns>Where the manager is that was there before; null when nothing was committed.</returns>
    public async Task<string?> FinishAsync(Func<string, ValueTask> failpoint)
    {
        if (!IsCommitted)
        {
            return null;
        }

        var journal = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(Journal), RestoreJson.Default.RestoreJournal)!;
        var aside = Path.Combine(home.Root, journal.Aside);
        Directory.CreateDirectory(aside, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var name in journal.Names)
        {
            var (staged, current) = (Path.Combine(Home.Root, name), Path.Combine(home.Root, name));
            await failpoint(name);
            if (FileStatus.Of(staged, followLink: false) is null)
            {
                // Moved before we died.
                continue;
            }

            if (FileStatus.Of(current, followLink: false) is not null)
            {
                Directory.Move(current, Path.Combine(aside, name));
                await failpoint($"{name}-aside");
            }

            Directory.Move(staged, current);
        }

        Posix.SyncFolder(home.Root);
        Clear();
        return aside;
    }

    /// <summary>Whether something is left of a restore, done or not.</summary>
    public bool IsThere => Directory.Exists(Home.Root);

    public void Clear()
    {
        // A restore that was killed leaves its server running.
        var data = PostgresLayout.For(Home).Data;
        foreach (var process in Postmaster.Orphans(data).Select(orphan => orphan.Identity).Append(Postmaster.Find(data)?.Identity))
        {
            process?.TrySignal(Signal.Kill);
            SpinWait.SpinUntil(() => process is not { IsAlive: true }, Patience);
        }

        // The journal goes last: what is left without it is nobody's.
        if (Directory.Exists(Home.Root))
        {
            foreach (var folder in Directory.EnumerateDirectories(Home.Root))
            {
                Directory.Delete(folder, recursive: true);
            }

            Directory.Delete(Home.Root, recursive: true);
        }
    }
}

/// <param name="Names">Entries of the home that are replaced.</param>
/// <param name="Aside">Folder in the home with what was there before.</param>
internal sealed record RestoreJournal(IReadOnlyList<string> Names, string Aside);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RestoreJournal))]
internal sealed partial class RestoreJson : JsonSerializerContext;
