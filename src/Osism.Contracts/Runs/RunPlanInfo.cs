namespace Osism.Contracts.Runs;

/// <summary>The very object that is executed: what <c>osism apply --explain --format json ROLE</c> prints. Field names are fixed.</summary>
public sealed record RunPlanInfo
{
    public required string Runtime { get; init; }

    public required string Environment { get; init; }

    /// <summary>Absolute path of the playbook.</summary>
    public required string Playbook { get; init; }

    /// <summary>Working directory: the environment's folder.</summary>
    public required string Cwd { get; init; }

    public required IReadOnlyList<string> Argv { get; init; }

    /// <summary>The whole environment of the process; nothing else is inherited.</summary>
    public required IReadOnlyDictionary<string, string> Env { get; init; }

    /// <summary>Extra-vars files in order, later wins.</summary>
    public required IReadOnlyList<string> ExtraVarsFiles { get; init; }

    /// <summary>Files the effective ansible.cfg was merged from, later wins.</summary>
    public required IReadOnlyList<string> AnsibleCfg { get; init; }

    public required RunInventoryInfo Inventory { get; init; }

    public required RunVaultInfo Vault { get; init; }

    public required IReadOnlyList<RunLockInfo> Locks { get; init; }

    public required string Queue { get; init; }

    /// <summary>Number of the repository's snapshot that the paths lead into; null where it is the manager's repository itself.</summary>
    public long? Snapshot { get; init; }

    public IReadOnlyList<Jobs.ReasonInfo> Warnings { get => field ?? []; init; }
}

/// <param name="Revision">Number of the immutable snapshot.</param>
/// <param name="Path">What Ansible is given.</param>
public sealed record RunInventoryInfo(long Revision, string Path);

/// <param name="Needed">Whether a file of the run is encrypted.</param>
/// <param name="Source"><c>stored</c>, <c>file</c> or <c>none</c>.</param>
/// <param name="Files">Encrypted files among those of the run.</param>
public sealed record RunVaultInfo(bool Needed, string Source, IReadOnlyList<string> Files);

/// <param name="Key"><c>everything</c>, <c>environment/E</c> or <c>environment/E/role/R</c>.</param>
/// <param name="Path">The repository's file that would hold it; empty for a lock that somebody set with <c>osism lock</c>.</param>
/// <param name="Held">Whether it is held now.</param>
public sealed record RunLockInfo(string Key, string Path, bool Held)
{
    /// <summary>Who holds it.</summary>
    public string? Holder { get; init; }

    /// <summary>Why, as the holder said.</summary>
    public string? Reason { get; init; }
}

/// <summary>One role of <c>osism apply</c> without arguments.</summary>
public sealed record RoleInfo(string Role, string Environment, string Runtime, string Source)
{
    /// <summary>What it does, in one line; this and what follows is null where its runtime does not say.</summary>
    public string? Description { get; init; }

    /// <summary>Where it runs when nothing else is said: a pattern of Ansible.</summary>
    public string? Hosts { get; init; }

    /// <summary><c>none</c>, <c>low</c>, <c>high</c> (may stop a service or lock people out) or <c>destructive</c>.</summary>
    public string? Danger { get; init; }

    /// <summary>How much of its hosts it needs to be right: <c>host</c>, <c>group</c> or <c>everything</c>.</summary>
    public string? Scope { get; init; }

    /// <summary>Seconds it took, median of its last runs that succeeded; null when it has not.</summary>
    public double? TypicalSeconds { get; init; }

    /// <summary>How many runs <see cref="TypicalSeconds"/> is taken from.</summary>
    public int? TypicalRuns { get; init; }
}
