using System.Globalization;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Ansible.Snapshots;

/// <summary>Snapshots as folders on a worker: <c>$OSISM_HOME/cache/repository/HASH</c>, read-only for runs.</summary>
/// <remarks>Files are links to <c>cache/repository/files</c>, so that of a new snapshot only what changed is fetched. What if we die here? A folder has its
/// name once it is whole; drafts of dead processes are swept with the old ones.</remarks>
internal sealed class SnapshotFolders(SnapshotStore store, OsismHome home, RunUser user, TimeProvider time) : IDisposable
{
    /// <summary>How long a snapshot that no run begins with any more stays; longer than any run.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.GroupRead;
    private const UnixFileMode ProgramMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;
    private const UnixFileMode FolderMode = ProgramMode | UnixFileMode.UserWrite;

    private readonly SemaphoreSlim _gate = new(1, 1);

    private string Root => Path.Combine(home.Cache, "repository");

    private string Files => Path.Combine(Root, "files");

    /// <summary>The folder of a snapshot; it is unpacked when it is not there.</summary>
    /// <exception cref="OsismException"><c>snapshot.missing</c>: a part of it is not in the database. <c>spool.disk_full</c>.</exception>
    public async Task<string> UnpackAsync(SnapshotHead snapshot, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Root, snapshot.Hash);
        if (!Directory.Exists(folder))
        {
            await _gate.WaitAsync(cancellationToken);
            try
            {
                if (!Directory.Exists(folder))
                {
                    Sweep();
                    await UnpackAsync(snapshot, folder, cancellationToken);
                }
            }
            catch (IOException e) when (DiskSpace.IsFull(e))
            {
                throw new OsismException(ErrorCodes.SpoolDiskFull, $"the disk of {home.Root} is full: the configuration repository could not be unpacked", e);
            }
            finally
            {
                _gate.Release();
            }
        }

        Directory.SetLastWriteTimeUtc(folder, time.GetUtcNow().UtcDateTime);
        return folder;
    }

    /// <summary>Who put lock files into an unpacked snapshot.</summary>
    public static RepositoryLockAuthors ReadAuthors(string folder)
    {
        // TIME OWNER PATH; an owner may hold blanks, a lock file's path hardly ever does.
        var byPath = new Dictionary<string, (string Owner, DateTimeOffset Since)>(StringComparer.Ordinal);
        foreach (var line in File.Exists(AuthorsOf(folder)) ? File.ReadAllLines(AuthorsOf(folder)) : [])
        {
            var (first, last) = (line.IndexOf(' ', StringComparison.Ordinal), line.LastIndexOf(' '));
            if (first > 0 && last > first && DateTimeOffset.TryParse(line.AsSpan(0, first), CultureInfo.InvariantCulture, DateTimeStyles.None, out var since))
                byPath[Path.Combine(folder, line[(last + 1)..])] = (line[(first + 1)..last], since);
        }

        return new RepositoryLockAuthors(byPath);
    }

    public void Dispose() => _gate.Dispose();

    private static string AuthorsOf(string folder) => $"{folder}.locks";

    private async Task UnpackAsync(SnapshotHead snapshot, string folder, CancellationToken cancellationToken)
    {
        Make(Files, FolderMode);
        var draft = Path.Combine(Root, $".{Guid.NewGuid():N}");
        try
        {
            Make(draft, FolderMode);
            var authors = new List<string>();
            foreach (var entry in await store.ReadAsync(snapshot.Id, cancellationToken))
            {
                var path = Path.Combine(draft, entry.Path);
                if (!Path.GetFullPath(path).StartsWith(draft + "/", StringComparison.Ordinal))
                    throw new OsismException(ErrorCodes.SnapshotMissing, $"the snapshot {snapshot.Id} names {entry.Path}, which leads out of it");
                switch (entry.Kind)
                {
                    case RepositoryEntryKind.Folder:
                        Make(path, FolderMode);
                        break;
                    case RepositoryEntryKind.Link:
                        File.CreateSymbolicLink(path, entry.Target!);
                        break;
                    default:
                        if (entry.Target is { } author)
                            authors.Add($"{author} {entry.Path}");
                        Posix.Link(await FetchAsync(snapshot, entry, cancellationToken), path);
                        break;
                }
            }

            // Beside the folder: what is in it is the repository's. First, because the folder says that all is there.
            await File.WriteAllLinesAsync(AuthorsOf(folder), authors, cancellationToken);

            // Another process of this home may have been faster; the content is the same.
            _ = Posix.TryRenameNew(draft, folder);
        }
        finally
        {
            if (Directory.Exists(draft))
                Directory.Delete(draft, recursive: true);
        }
    }

    /// <summary>The file with this content and mode.</summary>
    private async Task<string> FetchAsync(SnapshotHead snapshot, SnapshotEntry entry, CancellationToken cancellationToken)
    {
        var mode = entry.Kind == RepositoryEntryKind.Program ? ProgramMode : FileMode;
        var path = Path.Combine(Files, $"{Convert.ToHexStringLower(entry.Hash!)}{(entry.Kind == RepositoryEntryKind.Program ? ".x" : "")}");
        if (File.Exists(path))
            return path;
        var content = await store.ReadFileAsync(entry.Hash!, cancellationToken)
            ?? throw new OsismException(ErrorCodes.SnapshotMissing, $"the database does not hold {entry.Path} of the repository's snapshot {snapshot.Id} any more");
        var draft = $"{path}.{Guid.NewGuid():N}";
        await File.WriteAllBytesAsync(draft, content, cancellationToken);
        Own(draft, mode);
        File.Move(draft, path, overwrite: true);
        return path;
    }

    private void Sweep()
    {
        if (!Directory.Exists(Root))
            return;
        var old = time.GetUtcNow().UtcDateTime - Kept;
        foreach (var folder in Directory.EnumerateDirectories(Root).Where(folder => folder != Files && Directory.GetLastWriteTimeUtc(folder) < old))
        {
            Directory.Delete(folder, recursive: true);
            File.Delete(AuthorsOf(folder));
        }

        if (!Directory.Exists(Files))
            return;
        foreach (var file in Directory.EnumerateFiles(Files).Where(file => File.GetLastWriteTimeUtc(file) < old && FileStatus.Of(file) is { Links: 1 }))
            File.Delete(file);
    }

    private void Make(string path, UnixFileMode mode)
    {
        Directory.CreateDirectory(path);
        Own(path, mode);
    }

    /// <summary>Runs read by the group of their user, so that they own nothing of it and can change nothing.</summary>
    private void Own(string path, UnixFileMode mode)
    {
        File.SetUnixFileMode(path, mode);
        if (user.IsOther)
            Posix.ChangeOwner(path, Posix.EffectiveUser, user.Account.Group);
    }
}
