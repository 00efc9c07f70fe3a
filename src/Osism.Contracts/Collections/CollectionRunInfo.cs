using Osism.Contracts.Jobs;

namespace Osism.Contracts.Collections;

/// <summary>One run of a collection. Its state and those of its nodes follow from its jobs. Field names are fixed.</summary>
public sealed record CollectionRunInfo
{
    /// <summary>UUID version 7: sorts by the time of submission.</summary>
    public required Guid Id { get; init; }

    /// <summary>The collection, or the chain <c>a//b</c> in which it stood.</summary>
    public required string Name { get; init; }

    /// <summary>One of <see cref="CollectionRunStates"/>.</summary>
    public required string State { get; init; }

    public required string SubmittedBy { get; init; }

    public required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>When the first of its jobs began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the last of its jobs ended; null while one lives.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Its jobs do nothing (<c>--dry-run</c>).</summary>
    public bool DryRun { get; init; }

    /// <summary>Changes with every state in it. Given back with <c>since=</c> it makes a request wait for something new.</summary>
    public string Version { get; init; } = "";

    /// <summary>In the order of the definition.</summary>
    public IReadOnlyList<CollectionRunNodeInfo> Nodes { get => field ?? []; init; }
}

/// <summary>A node of a run.</summary>
public sealed record CollectionRunNodeInfo
{
    public required string Name { get; init; }

    /// <summary>Nodes that must have succeeded before it starts.</summary>
    public IReadOnlyList<string> After { get => field ?? []; init; }

    /// <summary><c>pending</c>, <c>skipped</c>, or the state of its job.</summary>
    public required string State { get; init; }

    /// <summary>The last of its jobs: repetitions and a resumed run make new ones.</summary>
    public Guid? Job { get; init; }

    public required string Kind { get; init; }

    public string? Role { get; init; }

    public string? Environment { get; init; }

    /// <summary>Jobs it has had.</summary>
    public int Tries { get; init; }

    public ReasonInfo? Reason { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>States of a run as a whole.</summary>
public static class CollectionRunStates
{
    /// <summary>None of its jobs has begun.</summary>
    public const string Queued = "queued";

    /// <summary>Some of its jobs have not ended.</summary>
    public const string Running = "running";

    /// <summary>All of its nodes succeeded.</summary>
    public const string Succeeded = "succeeded";

    /// <summary>All ended, and at least one failed, was unreachable, timed out, lost or rejected.</summary>
    public const string Failed = "failed";

    /// <summary>All ended, none failed, and somebody ended at least one.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>True when nothing of the run will change any more unless somebody resumes it.</summary>
    public static bool IsEnd(string state) => state is Succeeded or Failed or Cancelled;
}

/// <summary>States a node has beside those of jobs.</summary>
public static class CollectionNodeStates
{
    /// <summary>Its job waits for nodes before it.</summary>
    public const string Pending = "pending";

    /// <summary>Its job never ran, because a node before it did not succeed.</summary>
    public const string Skipped = "skipped";
}
