using Osism.Contracts;
using Osism.Contracts.Facts;
using Osism.Daemon.Facts.Cache;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Facts;

/// <summary>Makes Ansible forget facts, so that the next run gathers them. What they were is still shown.</summary>
internal sealed class FactReset(FactStore store, FactCaches caches, CurrentInventory inventory)
{
    /// <param name="limit">A pattern of hosts; null = all, also those that the inventory has no more.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OsismException"><c>host.unknown</c>: the pattern means none; <c>facts.cache_away</c>.</exception>
    public async Task<ResetFactsInfo> ResetAsync(string? limit, string by, CancellationToken cancellationToken)
    {
        IReadOnlyList<string>? hosts = limit is null ? null : (await inventory.GetAsync(cancellationToken)).Match(limit);
        if (hosts is { Count: 0 })
            throw new OsismException(ErrorCodes.HostUnknown, $"no host matches '{limit}': nothing was reset");
        // First ours: when the cache is away then, the workers' files go all the same, and whoever asked is told.
        await store.ResetAsync(hosts, by, cancellationToken);
        var cached = await caches.Current.RemoveAsync(hosts, cancellationToken);
        if (caches.IsShared)
            await caches.Files.RemoveAsync(hosts, cancellationToken);
        return new ResetFactsInfo(hosts ?? await store.HostsAsync(cancellationToken), cached);
    }
}
