using Microsoft.Extensions.Options;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Facts.Cache;

/// <summary>Which cache Ansible uses.</summary>
internal sealed class FactCaches(IOptions<RedisOptions> options, FileFactCache files, RedisFactCache redis)
{
    /// <summary>Whether all workers share one.</summary>
    public bool IsShared => options.Value.IsConfigured;

    public IFactCache Current => IsShared ? redis : files;

    public FileFactCache Files => files;

    /// <summary>Of use only when <see cref="IsShared"/>.</summary>
    public RedisFactCache Redis => redis;

    /// <summary>What is to be said of it; null = files are used.</summary>
    /// <exception cref="OsismException"><c>facts.cache_away</c>.</exception>
    public async Task<string?> ProbeAsync(CancellationToken cancellationToken) =>
        IsShared ? $"{redis.Connection.Replace(':', ' ')}: facts of {await redis.CountAsync(cancellationToken)} hosts" : null;
}
