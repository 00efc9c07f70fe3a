namespace Osism.Daemon.Locks;

/// <summary>A line of <c>locks:</c> in <c>environments/policies.yml</c>.</summary>
/// <param name="Line">Where it stands, from 1.</param>
internal sealed record LockRule(int Line)
{
    /// <summary>Runs in this environment; null = in any.</summary>
    public string? Environment { get; init; }

    /// <summary>Runs of this play; null = of any.</summary>
    public string? Role { get; init; }

    /// <summary>The key they exclude each other by. Null: each play of each environment has its own, <c>environment/role</c>.</summary>
    public string? Key { get; init; }

    /// <summary>Only runs that share a host exclude each other.</summary>
    public bool ByHosts { get; init; }

    public LockPolicy Policy { get; init; }

    /// <summary>The places a run wants by this rule.</summary>
    public IEnumerable<LockWish> WishesOf(string environment, string? sub, IReadOnlyList<string> plays)
    {
        if (Environment is not null && Environment != environment && Environment != $"{environment}.{sub}")
            return [];
        var covered = plays.Where(play => Role is null || Role == play);
        return Key is null
            ? covered.Select(play => new LockWish($"{environment}/{play}", ByHosts, Policy))
            : covered.Take(1).Select(_ => new LockWish(Key, ByHosts, Policy));
    }
}
