using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>The folder with the backups: one folder each, which has its name only when it is whole.</summary>
/// <param name="Root">Absolute path; it is made with the first backup.</param>
internal sealed record BackupFolder(string Root) : IBackupPlace
{
    private const int Buffer = 1024 * 1024;
    private const string Prefix = "osism-";
    private const string Unfinished = ".unfinished-";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Name => Root;

    /// <summary>Names sort by time.</summary>
    public static string NameOf(DateTimeOffset at) => $"{Prefix}{at.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}";

    /// <summary>Names of those that are too many.</summary>
    public static IReadOnlyList<string> Beyond(int keep, IEnumerable<(string Name, BackupManifest? Manifest)> backups) =>
        keep == 0 ? [] : [.. backups.Where(backup => backup.Manifest is not null).SkipLast(keep).Select(backup => backup.Name)];

    public Task<IReadOnlyList<(string Name, BackupManifest? Manifest)>> ListAsync(CancellationToken cancellationToken) => Task.FromResult(List());

    public Task<BackupCopy> FetchAsync(string? name, CancellationToken cancellationToken)
    {
        var path = Find(name);
        return Task.FromResult(new BackupCopy(path, path, IsTemporary: false));
    }

    /// <summary>A path will do as well as a name.</summary>
    private string Find(string? name)
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

    public Task<string> BeginAsync(string name, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Root, OwnerOnly);
        foreach (var left in Directory.EnumerateDirectories(Root, Unfinished + "*"))
        {
            Directory.Delete(left, recursive: true);
        }

        var path = Path.Combine(Root, Unfinished + name);
        Directory.CreateDirectory(path, OwnerOnly);
        return Task.FromResult(path);
    }

    public async Task WriteAsync(string draft, string file, Func<Stream, Task> write, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(Path.Combine(draft, file), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = Buffer,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await write(stream);
        stream.Flush(flushToDisk: true);
    }

    public Task<string> PublishAsync(string draft, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Root, Path.GetFileName(draft)[Unfinished.Length..]);
        Posix.SyncFolder(draft);
        Directory.Move(draft, path);
        Posix.SyncFolder(Root);
        return Task.FromResult(path);
    }

    public Task DiscardAsync(string draft)
    {
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> ExpireAsync(int keep, CancellationToken cancellationToken)
    {
        var old = Beyond(keep, List());
        foreach (var name in old)
        {
            // Not a whole one any more before its first file is gone.
            var doomed = Path.Combine(Root, Unfinished + name);
            Directory.Move(Path.Combine(Root, name), doomed);
            Directory.Delete(doomed, recursive: true);
        }

        return Task.FromResult(old);
    }

    private IReadOnlyList<(string Name, BackupManifest? Manifest)> List() => !Directory.Exists(Root)
        ? []
        : [.. Directory.EnumerateDirectories(Root, Prefix + "*").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
            .Select(name => (name, TryRead(name)))];

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
