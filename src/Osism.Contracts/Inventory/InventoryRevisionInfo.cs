namespace Osism.Contracts.Inventory;

/// <summary>A published state of the inventory, or the one of now that cannot be published.</summary>
public sealed record InventoryRevisionInfo
{
    /// <summary>Null for what is not published.</summary>
    public long? Revision { get; init; }

    /// <summary>Commit of the configuration repository; null outside git.</summary>
    public string? Commit { get; init; }

    /// <summary>Whether the repository differed from it; null when nobody asked.</summary>
    public bool? Dirty { get; init; }

    /// <summary>Who or what asked for it first: <c>run</c>, <c>watch</c>, <c>schedule</c>, <c>start</c>, a person ...</summary>
    public string Cause { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public int? DurationMs { get; init; }

    public int? Hosts { get; init; }

    public int? Groups { get; init; }

    /// <summary><c>current</c>, <c>pinned</c> or <c>rolled_back</c> for the one in effect, <c>published</c> for others, <c>broken</c> for the sources of now when they cannot be published.</summary>
    public string Status { get; init; } = "";

    public IReadOnlyList<InventoryFindingInfo> Findings { get => field ?? []; init; }
}

/// <summary>What <c>POST /v1/inventory/reconcile</c> takes; nothing at all is fine too.</summary>
/// <param name="Wait">Seconds to wait for the outcome, 0 to 3600; null = until it is there. The look goes on when they are over.</param>
public sealed record ReconcileInventory(int? Wait = null);

/// <summary>What <c>POST /v1/inventory/reconcile</c> answers.</summary>
public sealed record ReconcileInfo
{
    /// <summary>The revision in effect; null before the first one.</summary>
    public long? Revision { get; init; }

    /// <summary>As in <see cref="InventoryRevisionInfo"/>; <c>running</c> with 202: the look had not ended when the wait was over, and nothing else is known.</summary>
    public string Status { get; init; } = "";

    /// <summary>Whether another revision is in effect than before.</summary>
    public bool Changed { get; init; }

    public int DurationMs { get; init; }

    public int? Hosts { get; init; }

    public int? Groups { get; init; }

    public IReadOnlyList<InventoryFindingInfo> Findings { get => field ?? []; init; }
}

/// <summary>What differs between two revisions.</summary>
public sealed record InventoryDiffInfo
{
    public long From { get; init; }

    public long To { get; init; }

    public IReadOnlyList<InventoryChangeInfo> Changes { get => field ?? []; init; }
}

/// <param name="Kind"><c>host</c>, <c>group</c>, <c>host_variable</c> or <c>group_variable</c>.</param>
/// <param name="Name">The host or group.</param>
/// <param name="Variable">Null for hosts and groups. Values are not shown: they may be secrets.</param>
/// <param name="Change"><c>added</c>, <c>changed</c> (a group: its members) or <c>removed</c>.</param>
public sealed record InventoryChangeInfo(string Kind, string Name, string? Variable, string Change);
