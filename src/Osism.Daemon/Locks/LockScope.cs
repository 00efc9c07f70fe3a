namespace Osism.Daemon.Locks;

/// <summary>What a lock is on. Null means all of it.</summary>
/// <param name="Environment">With its sub-environment behind a dot, where it has one.</param>
/// <param name="Role">A single play.</param>
/// <param name="Hosts">Sorted.</param>
internal sealed record LockScope(string? Environment, string? Role, string[]? Hosts)
{
    public const string Everything = "everything";

    /// <summary>The words for it: two locks of the same words are the same lock.</summary>
    public string Text
    {
        get
        {
            var parts = new List<string>();
            if (Environment is not null)
                parts.Add($"environment/{Environment}");
            if (Role is not null)
                parts.Add($"role/{Role}");
            if (Hosts is not null)
                parts.Add($"hosts/{string.Join(',', Hosts)}");
            return parts.Count == 0 ? Everything : string.Join('/', parts);
        }
    }
}

/// <summary>A place before a lock key that a job wants.</summary>
/// <param name="Key">Name of the key.</param>
/// <param name="ByHosts">Whether it excludes only jobs that share a host with it.</param>
/// <param name="Policy">What happens when somebody is there already.</param>
internal sealed record LockWish(string Key, bool ByHosts, LockPolicy Policy);

/// <summary>What becomes of a job whose lock key somebody has or waits for.</summary>
internal enum LockPolicy
{
    /// <summary>It waits behind them.</summary>
    Queue,

    /// <summary>It is refused.</summary>
    Reject,

    /// <summary>It takes the place of those that have not begun.</summary>
    Replace,

    /// <summary>It is the same as one that asks for the same and has not begun.</summary>
    Coalesce,
}
