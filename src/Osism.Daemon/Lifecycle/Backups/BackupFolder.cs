using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>The folder with the backups: one folder each, which has its name only when it is whole.</summary>
/// <param name="Root">Absolute path; it is made with the first backup.</param>
internal sealed record BackupFolder(string Root)
{
    private const string Prefix = "osism-";
    private const string Unfinished = ".unfinished-";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Names sort by time.</summary>
    public static string NameOf(DateTimeOffset at) => $"{Prefix}{at.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}";

    /// <summary>All whole backups, oldest first; one that cannot be read has no manifest.</summary>
    public IReadOnlyList<(string Name, BackupManifest? Manifest)> List() => !Directory.Exists(Root)
        ? []
        : [.. Directory.EnumerateDirectories(Root, Prefix + "*").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
            .Select(name => (name, TryRead(name)))];

    /// <param name="name">A name of <see cref="List"/>, a path of a backup, or null for the newest.</param>
    /// <returns>Absolute path.</returns>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupMissing"/></exception>
    public string Find(string? name)
    {
        if (name is null)
        {
            return List() is [.., var newest]
                ? Path.Combine(Root, newest.Name)
                : throw new OsismException(ErrorCodes.BackupMissing, $"there is no backup in {Root}: make one with 'osism manager backup', or name the folder of another with --folder");
        }

        var path = name.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(name) : Path.Combine(Root, name);
        return File.Exists(Path.Combine(path, BackupManifest.FileName))
            ? path
            : throw new OsismException(ErrorCodes.BackupMissing, $"{path} is no backup; 'osism manager list' shows those of {Root}") { File = path };
    }

    /// <exception cref="OsismException">It is damaged, newer, or cannot be read.</exception>
    public static BackupManifest Read(string path)
    {
        try
        {
            return BackupManifest.Read(File.ReadAllBytes(Path.Combine(path, BackupManifest.FileName)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.BackupDamaged, $"{path}/{BackupManifest.FileName} cannot be read: {e.Message}", e) { File = path };
        }
    }

    /// <summary>A folder for a new one. What earlier ones that were killed have left is removed.</summary>
    public string Begin(string name)
    {
        Directory.CreateDirectory(Root, OwnerOnly);
        foreach (var left in Directory.EnumerateDirectories(Root, Unfinished + "*"))
        {
            Directory.Delete(left, recursive: true);
        }

        var path = Path.Combine(Root, Unfinished + name);
        Directory.CreateDirectory(path, OwnerOnly);
        return path;
    }

    /// <summary>Gives a finished one its name.</summary>
    /// <returns>Its path.</returns>
    public string Publish(string unfinished)
    {
        var path = Path.Combine(Root, Path.GetFileName(unfinished)[Unfinished.Length..]);
        Posix.SyncFolder(unfinished);
        Directory.Move(unfinished, path);
        Posix.SyncFolder(Root);
        return path;
    }

    /// <summary>Removes the oldest beyond <paramref name="keep"/>; those that cannot be read are neither counted nor removed.</summary>
    public IReadOnlyList<string> Expire(int keep)
    {
        var whole = List().Where(backup => backup.Manifest is not null).ToList();
        var old = keep == 0 ? [] : whole.SkipLast(keep).Select(backup => backup.Name).ToList();
        foreach (var name in old)
        {
            // Not a whole one any more before its first file is gone.
            var doomed = Path.Combine(Root, Unfinished + name);
            Directory.Move(Path.Combine(Root, name), doomed);
            Directory.Delete(doomed, recursive: true);
        }

        return old;
    }

    private BackupManifest? TryRead(string name)
    {
        try
        {
            return Read(Path.Combine(Root, name));
        }
        catch (OsismException)
        {
            return null;
        }
    }
}
