using Osism.Contracts.Jobs;

namespace Osism.Contracts.Collections;

/// <summary>A collection as it is defined: what <c>osism collection show NAME --format json</c> prints. Field names are fixed.</summary>
public sealed record CollectionInfo
{
    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary><c>built-in</c> or <c>repository</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Why it cannot be run; null when nothing is known to stand in the way.</summary>
    public ReasonInfo? Problem { get; init; }

    /// <summary>Nodes on the longest way from a start to an end.</summary>
    public int Depth { get; init; }

    /// <summary>In the order of the definition.</summary>
    public IReadOnlyList<CollectionNodeInfo> Nodes { get => field ?? []; init; }
}

/// <summary>A node of a collection, with what is known of where its role leads.</summary>
public sealed record CollectionNodeInfo
{
    public required string Name { get; init; }

    /// <summary>Nodes that must have succeeded before it starts.</summary>
    public IReadOnlyList<string> After { get => field ?? []; init; }

    /// <summary><c>ansible</c>, <c>command</c> or <c>noop</c>.</summary>
    public required string Kind { get; init; }

    public string? Role { get; init; }

    public string? Environment { get; init; }

    public string? Runtime { get; init; }

    public string? Sub { get; init; }

    public string? Action { get; init; }

    /// <summary>For Ansible, or the words of a command.</summary>
    public IReadOnlyList<string> Arguments { get => field ?? []; init; }

    /// <summary>Why it cannot be run, as far as its name tells.</summary>
    public ReasonInfo? Problem { get; init; }
}
