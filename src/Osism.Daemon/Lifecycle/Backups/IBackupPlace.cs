using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>Where backups are. A backup has its name only when it is whole.</summary>
internal interface IBackupPlace
{
    /// <summary>As users name it.</summary>
    string Name { get; }

    /// <summary>All whole backups, oldest first; one that cannot be read has no manifest.</summary>
    Task<IReadOnlyList<(string Name, BackupManifest? Manifest)>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Room for a new one. What earlier ones that were killed have left is removed.</summary>
    /// <returns>What the other calls are told.</returns>
    Task<string> BeginAsync(string name, CancellationToken cancellationToken);

    /// <summary>Writes one file of it, to the disk.</summary>
    Task WriteAsync(string draft, string file, Func<Stream, Task> write, CancellationToken cancellationToken);

    /// <summary>Gives it its name.</summary>
    /// <returns>Where it is, as <c>restore</c> takes it.</returns>
    Task<string> PublishAsync(string draft, CancellationToken cancellationToken);

    /// <summary>Nothing is left of it.</summary>
    Task DiscardAsync(string draft);

    /// <summary>Removes the oldest beyond <paramref name="keep"/>, 0 = none; those that cannot be read are neither counted nor removed.</summary>
    /// <returns>Their names.</returns>
    Task<IReadOnlyList<string>> ExpireAsync(int keep, CancellationToken cancellationToken);

    /// <summary>Makes one readable on this machine.</summary>
    /// <param name="name">A name of <see cref="ListAsync"/>, or null for the newest.</param>
    /// <param name="cancellationToken">Nothing is left.</param>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupMissing"/></exception>
    Task<BackupCopy> FetchAsync(string? name, CancellationToken cancellationToken);
}

/// <summary>A backup on this machine.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Label">As users name it.</param>
/// <param name="IsTemporary">Whether it goes with this object.</param>
internal sealed record BackupCopy(string Path, string Label, bool IsTemporary) : IDisposable
{
    public void Dispose()
    {
        if (IsTemporary && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}

internal static class BackupPlaces
{
    /// <param name="name">A folder, or <c>ssh://[USER@]HOST[:PORT]/FOLDER</c>; null for that of the settings.</param>
    /// <param name="options">The settings.</param>
    /// <param name="home">Whose backups.</param>
    /// <exception cref="OsismException"><see cref="ErrorCodes.RequestInvalid"/>: it names no place.</exception>
    public static IBackupPlace Of(string? name, BackupOptions options, OsismHome home) => (name ?? options.FolderIn(home)) is var place
        && place.StartsWith(SshBackupPlace.Scheme, StringComparison.Ordinal)
        ? SshBackupPlace.Parse(place, options.SshConfig, home)
        : new BackupFolder(Path.GetFullPath(place));
}
