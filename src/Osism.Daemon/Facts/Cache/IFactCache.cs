using Osism.Daemon.Platform;

namespace Osism.Daemon.Facts.Cache;

/// <summary>Where Ansible keeps facts between runs.</summary>
internal interface IFactCache
{
    /// <summary>The facts of a host as Ansible wrote them, JSON; null when it has none.</summary>
    /// <exception cref="OsismException"><c>facts.cache_away</c>.</exception>
    Task<byte[]?> FindAsync(string host, CancellationToken cancellationToken);

    /// <summary>Takes facts away.</summary>
    /// <param name="hosts">Null = of all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Of how many hosts there were any.</returns>
    /// <exception cref="OsismException"><c>facts.cache_away</c>.</exception>
    Task<int> RemoveAsync(IReadOnlyList<string>? hosts, CancellationToken cancellationToken);
}
