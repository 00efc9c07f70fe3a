using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Protocols.Resp;

namespace Osism.Daemon.Facts.Cache;

/// <summary>Ansible's facts in Redis, in the form of <c>community.general.redis</c> 6: a string for each host, and a sorted set of the hosts.</summary>
internal sealed class RedisFactCache(IOptions<RedisOptions> options) : IFactCache, IAsyncDisposable
{
    /// <summary>Stands before the name of a host.</summary>
    public const string Prefix = "ansible_facts";
    private const string Keys = "ansible_cache_keys";
    private readonly Lazy<RespClient> _client = new(() => new RespClient(new RespEndpoint(
        options.Value.Host!, options.Value.Port, options.Value.Db, PasswordOf(options.Value), options.Value.Timeout)));

    /// <summary>For Ansible, without the password.</summary>
    public string Connection => $"{options.Value.Host}:{options.Value.Port}:{options.Value.Db}";

    /// <summary>The password as it is now; null = none.</summary>
    /// <exception cref="OsismException"><c>facts.cache_away</c>: its file cannot be read.</exception>
    public string? Password => PasswordOf(options.Value);

    public async Task<byte[]?> FindAsync(string host, CancellationToken cancellationToken) =>
        await AskAsync(client => client.SendAsync(cancellationToken, "GET", Prefix + host)) is { IsNil: false } found ? found.Bytes : null;

    public async Task<int> RemoveAsync(IReadOnlyList<string>? hosts, CancellationToken cancellationToken)
    {
        hosts ??= [.. (await AskAsync(client => client.SendAsync(cancellationToken, "ZRANGE", Keys, "0", "-1"))).Items.Select(host => host.Text!)];
        if (hosts.Count == 0)
            return 0;
        var answers = await AskAsync(client => client.SendAsync(
            [.. hosts.SelectMany(host => (IReadOnlyList<string>[])[["DEL", Prefix + host], ["ZREM", Keys, host]])], cancellationToken));
        if (answers.FirstOrDefault(answer => answer.Kind == RespKind.Error) is { Kind: RespKind.Error } error)
            throw Away($"Redis refused: {error.Text}", null);
        return answers.Where((_, i) => i % 2 == 0).Count(deleted => deleted.Integer > 0);
    }

    /// <summary>How many hosts it holds.</summary>
    /// <exception cref="OsismException"><c>facts.cache_away</c>.</exception>
    public async Task<long> CountAsync(CancellationToken cancellationToken) => (await AskAsync(client => client.SendAsync(cancellationToken, "ZCARD", Keys))).Integer;

    public async ValueTask DisposeAsync()
    {
        if (_client.IsValueCreated)
            await _client.Value.DisposeAsync();
    }

    private async Task<T> AskAsync<T>(Func<RespClient, Task<T>> ask)
    {
        try
        {
            return await ask(_client.Value);
        }
        catch (RespException e)
        {
            throw Away($"the fact cache in Redis does not answer: {e.Message}", e);
        }
    }

    private static string? PasswordOf(RedisOptions options)
    {
        if (options.PasswordFile is not { Length: > 0 } file)
            return string.IsNullOrEmpty(options.Password) ? null : options.Password;
        try
        {
            return File.ReadAllText(file).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Away($"redis.password_file cannot be read: {e.Message}", e);
        }
    }

    private static OsismException Away(string message, Exception? inner) => new(ErrorCodes.FactCacheAway, message, inner);
}
