namespace Osism.Daemon.Configuration;

/// <summary>Who put lock files into a repository that came from another machine, where neither git nor the files' owners tell. Empty for a repository of our own.</summary>
/// <param name="ByPath">Owner and time by the absolute path of the lock file.</param>
internal sealed record RepositoryLockAuthors(IReadOnlyDictionary<string, (string Owner, DateTimeOffset Since)> ByPath)
{
    public static RepositoryLockAuthors None { get; } = new(new Dictionary<string, (string, DateTimeOffset)>(StringComparer.Ordinal));
}
