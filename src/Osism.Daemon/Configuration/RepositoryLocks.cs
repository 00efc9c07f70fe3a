using System.Collections.Concurrent;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Configuration;

/// <summary>Finds the <c>.lock</c> files that hold a run, and who put them there.</summary>
internal sealed class RepositoryLocks(ConfigurationRepository repository, RepositoryLockAuthors authors)
{
    /// <summary>Name of a lock file.</summary>
    public const string FileName = ".lock";

    private readonly ConcurrentDictionary<string, (FileStamp Stamp, string? Head, RepositoryLock Lock)> _known = new(StringComparer.Ordinal);

    /// <summary>Where lock files count for an environment. A sub-environment has its own and not that of its parent.</summary>
    public IReadOnlyList<LockPlace> Places(string environment, string? sub)
    {
        var folder = repository.EnvironmentFolder(environment, sub);
        return
        [
            new LockPlace(LockPlace.Everything, Path.Combine(repository.Environments, FileName)),
            new LockPlace($"environment/{Path.GetFileName(folder)}", Path.Combine(folder, FileName)),
        ];
    }

    /// <summary>The lock at a place, null when there is none. Starts git only for a lock file it has not seen.</summary>
    public async Task<RepositoryLock?> FindAsync(LockPlace place, CancellationToken cancellationToken)
    {
        if (FileStamp.Of(place.Path) is not { } stamp)
            return null;
        var head = repository.Head();
        if (_known.TryGetValue(place.Path, out var known) && known.Stamp == stamp && known.Head == head)
            return known.Lock;

        (string? Owner, DateTimeOffset? Since) author = authors.ByPath.TryGetValue(place.Path, out var told) ? told
            : head is null ? (null, null)
            : await GitProgram.FindAuthorAsync(repository.Root, place.Path, cancellationToken);
        var found = new RepositoryLock(
            place.Scope,
            place.Path,
            author.Owner ?? FileOwner(place.Path),
            author.Since ?? stamp.ModifiedAt,
            ReadReason(place.Path));
        _known[place.Path] = (stamp, head, found);
        return found;
    }

    private static string FileOwner(string path) =>
        FileStatus.Of(path) is not { } status ? "unknown" : UnixUser.Find(status.User)?.Name ?? $"{status.User}";

    private string? ReadReason(string path)
    {
        try
        {
            return File.ReadLines(path).Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new OsismException(ErrorCodes.RepositoryUnreadable, $"{repository.Relative(path)} cannot be read: {e.Message}", e)
            {
                File = repository.Relative(path),
            };
        }
    }
}
