using Osism.Daemon.Inventory;

namespace Osism.Daemon.Locks;

/// <summary>Which hosts a run may change, by its limit and the current inventory.</summary>
internal sealed class HostSets(InventorySnapshots inventories)
{
    private Known? _last;

    /// <summary>Hosts the arguments of a run limit it to; null = any.</summary>
    public async Task<string[]?> TouchedAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Limit(arguments) is { } limit ? (await NamesAsync(cancellationToken)).Expand(limit) : null;

    public async Task<HostNames> NamesAsync(CancellationToken cancellationToken)
    {
        var snapshot = await inventories.EnsureAsync("run", cancellationToken);
        if (_last is { } last && last.Revision == snapshot.Revision)
            return last.Names;
        var names = HostNames.Read(snapshot.Path);
        _last = new Known(snapshot.Revision, names);
        return names;
    }

    /// <summary>The last limit among arguments for ansible-playbook; null when there is none.</summary>
    internal static string? Limit(IReadOnlyList<string> arguments)
    {
        string? limit = null;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument is "-l" or "--limit")
                limit = arguments.ElementAtOrDefault(i + 1) ?? "*";
            else if (argument.StartsWith("--limit=", StringComparison.Ordinal))
                limit = argument["--limit=".Length..];
            else if (argument.StartsWith("--lim", StringComparison.Ordinal))
                limit = "~.*";
            else if (argument is ['-', not '-', ..] && argument.IndexOf('l', StringComparison.Ordinal) is > 0 and var at && argument[1..at].All(flag => flag is 'v' or 'b' or 'k' or 'K' or 'C' or 'D'))
                limit = at + 1 < argument.Length ? argument[(at + 1)..].TrimStart('=') : arguments.ElementAtOrDefault(i + 1) ?? "*";
        }

        return limit;
    }

    private sealed record Known(long Revision, HostNames Names);
}
