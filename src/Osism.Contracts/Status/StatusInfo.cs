using Osism.Contracts.Jobs;

namespace Osism.Contracts.Status;

/// <summary>What <c>osism status</c> shows.</summary>
/// <param name="Status"><c>healthy</c>, <c>degraded</c> or <c>down</c>.</param>
public sealed record StatusInfo(string Status, string Version, IReadOnlyList<ComponentInfo> Components);

/// <param name="Kind"><c>service</c>, <c>worker</c>, <c>database</c>, ...</param>
/// <param name="State"><c>up</c>, <c>degraded</c> or <c>down</c>.</param>
/// <param name="ProofAt">When it was last seen to work by using it.</param>
public sealed record ComponentInfo(string Name, string Kind, string State, string? Version, DateTimeOffset? Since, DateTimeOffset? ProofAt, string? Detail);

/// <summary>Body of <c>/healthz</c> and <c>/readyz</c>.</summary>
/// <param name="Status">The worst of the checks; <c>failed</c> travels with 503, the others with 200.</param>
public sealed record HealthInfo(string Status, IReadOnlyList<HealthCheckInfo> Checks);

/// <param name="Status"><c>ok</c>, <c>degraded</c> or <c>failed</c>.</param>
public sealed record HealthCheckInfo(string Name, string Status, double DurationMs, string? Detail);

/// <summary>One worker process.</summary>
/// <param name="State"><c>up</c>, <c>draining</c> or <c>away</c>.</param>
public sealed record WorkerInfo(
    Guid Id, string Name, string Host, int Pid, string Version, string State, IReadOnlyList<string> Queues, int Slots, int Busy,
    DateTimeOffset StartedAt, DateTimeOffset HeartbeatAt)
{
    /// <summary>Identity of its <c>OSISM_HOME</c>.</summary>
    public string? Machine { get; init; }

    /// <summary>Why it takes nothing at the moment, such as a full disk.</summary>
    public string? Note { get; init; }

    /// <summary>Whether it is up and takes jobs. One that was told to drain still does until its next heartbeat.</summary>
    public bool TakesJobs { get; init; }

    /// <summary>Whether it is of another version than the manager that answers.</summary>
    public bool Skew { get; init; }

    /// <summary><c>keep</c> or <c>kill</c>: what it does with its runs when it is cut off.</summary>
    public string? OnPartition { get; init; }

    public string? DrainedBy { get; init; }

    public DateTimeOffset? DrainedAt { get; init; }

    public string? DrainReason { get; init; }

    /// <summary>What it holds, the oldest first.</summary>
    public IReadOnlyList<WorkerJobInfo> Jobs { get => field ?? []; init; }
}

/// <summary>A job that a worker holds.</summary>
public sealed record WorkerJobInfo(Guid Id, string? Role, string? Environment, JobState State, DateTimeOffset? StartedAt);

/// <summary>An invitation to join. The token is shown once and works once.</summary>
public sealed record JoinTokenInfo(string Token, DateTimeOffset ExpiresAt);
