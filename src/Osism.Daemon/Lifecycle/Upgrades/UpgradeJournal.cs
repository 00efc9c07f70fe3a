using System.Text.Json;
using System.Text.Json.Serialization;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Lifecycle.Upgrades;

/// <summary><c>$OSISM_HOME/upgrade.json</c>: how the manager is started again, should the upgrade be killed after it stopped the old one.</summary>
/// <param name="Since">When it began.</param>
/// <param name="Backup">The backup before it; null when there is none.</param>
/// <param name="Old">The process that is to be stopped.</param>
/// <param name="Manager">How the manager is started. May hold secrets of its environment: the file is its owner's.</param>
internal sealed record UpgradeJournal(DateTimeOffset Since, string? Backup, ProcessIdentity Old, RunningManager Manager)
{
    /// <summary>The upgrade that was cut off; null for none.</summary>
    public static UpgradeJournal? Open(OsismHome home) =>
        File.Exists(PathIn(home)) ? JsonSerializer.Deserialize(File.ReadAllBytes(PathIn(home)), UpgradeJson.Default.UpgradeJournal) : null;

    public Task WriteAsync(OsismHome home, CancellationToken cancellationToken) => AtomicFile.WriteAsync(
        PathIn(home), JsonSerializer.SerializeToUtf8Bytes(this, UpgradeJson.Default.UpgradeJournal), UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken);

    public static void Remove(OsismHome home) => File.Delete(PathIn(home));

    private static string PathIn(OsismHome home) => Path.Combine(home.Root, "upgrade.json");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(UpgradeJournal))]
internal sealed partial class UpgradeJson : JsonSerializerContext;
