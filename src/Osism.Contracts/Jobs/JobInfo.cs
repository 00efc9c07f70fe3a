namespace Osism.Contracts.Jobs;

/// <summary>One job as the API and <c>task show --format json</c> give it. Field names are fixed.</summary>
public sealed record JobInfo
{
    /// <summary>UUID version 7: sorts by the time of submission.</summary>
    public required Guid Id { get; init; }

    /// <summary>Order of submission; queues are FIFO by it.</summary>
    public required long Seq { get; init; }

    public required JobState State { get; init; }

    /// <summary>Why it is in this state, where the state alone does not say.</summary>
    public ReasonInfo? Reason { get; init; }

    /// <summary><c>ansible</c>, or an in-process kind such as <c>noop</c>.</summary>
    public required string Kind { get; init; }

    public string? Role { get; init; }

    public string? Environment { get; init; }

    /// <summary>Sub-environment as given to <c>--sub</c>, without the environment in front.</summary>
    public string? Sub { get; init; }

    /// <summary>kolla action; null for other runtimes.</summary>
    public string? Action { get; init; }

    public string? Runtime { get; init; }

    public required string Queue { get; init; }

    /// <summary>Arguments for Ansible as separate elements.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    public required string SubmittedBy { get; init; }

    public required DateTimeOffset SubmittedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Name of the worker that claimed it last.</summary>
    public string? Worker { get; init; }

    /// <summary>The fencing number: rises with every claim and adoption; 0 = never claimed.</summary>
    public required int Attempt { get; init; }

    /// <summary>Exit code of the process; 128 + n when signal n ended it. Null when there is none or it is not known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Place in its queue, from 1; null once it has been claimed.</summary>
    public int? Position { get; init; }

    public IReadOnlyList<WaitingInfo> WaitingFor { get => field ?? []; init; }

    public HostCounts? Hosts { get; init; }

    public long? InventoryRevision { get; init; }

    public ConfigurationInfo? Configuration { get; init; }

    /// <summary>When its run last gave a sign of life: output or an event.</summary>
    public DateTimeOffset? OutputAt { get; init; }

    /// <summary>Bytes of output stored so far.</summary>
    public long OutputBytes { get; init; }

    /// <summary>SHA-256 of the stored output, hexadecimal, once complete.</summary>
    public string? OutputSha256 { get; init; }

    /// <summary>SHA-256 of what the process wrote before the masker, hexadecimal, once complete.</summary>
    public string? SpoolSha256 { get; init; }

    /// <summary>The job that must succeed before this one may start; the first of <see cref="Parents"/>.</summary>
    public Guid? After { get; init; }

    /// <summary>All jobs that must succeed before this one may start.</summary>
    public IReadOnlyList<Guid> Parents { get => field ?? []; init; }

    public Guid? RetryOf { get; init; }

    /// <summary>The job that an operator ran again as this one.</summary>
    public Guid? RerunOf { get; init; }

    /// <summary>How many more jobs with <c>retry_of</c> may follow if this one fails.</summary>
    public int RetriesLeft { get; init; }

    /// <summary>The collection run it belongs to.</summary>
    public Guid? Collection { get; init; }

    /// <summary>Name of that collection.</summary>
    public string? CollectionName { get; init; }

    /// <summary>The node of that run it stands for.</summary>
    public string? Node { get; init; }

    /// <summary>Seconds it may run before it is ended as <c>timed_out</c>; null = no limit.</summary>
    public int? TaskTimeout { get; init; }

    /// <summary>Ansible's check mode (<c>--dry-run</c>).</summary>
    public bool DryRun { get; init; }

    /// <summary>Who asked for its end, and when.</summary>
    public string? CancelledBy { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>Things an operator should know although nothing failed, such as <c>no_hosts</c>.</summary>
    public IReadOnlyList<ReasonInfo> Warnings { get => field ?? []; init; }
}

/// <param name="Code"><c>noun.reason</c>.</param>
/// <param name="Message">One line for people.</param>
public sealed record ReasonInfo(string Code, string Message);

/// <summary>One thing a queued job waits for.</summary>
/// <param name="Kind"><c>lock</c>, <c>slot</c>, <c>parent</c> or <c>worker</c>.</param>
/// <param name="Key">The lock, queue or job.</param>
/// <param name="Holder">Who has it, where somebody has.</param>
/// <param name="Since">Since when.</param>
public sealed record WaitingInfo(string Kind, string Key, string? Holder, DateTimeOffset? Since);

/// <summary>Hosts of a run by what became of them. A host with changes counts in <see cref="Ok"/> and in <see cref="Changed"/>;
/// one that failed or was unreachable counts only there; <see cref="Skipped"/> are hosts on which every task was skipped.</summary>
public sealed record HostCounts(int Ok, int Changed, int Failed, int Unreachable, int Skipped);

/// <summary>What of the configuration repository a run used.</summary>
/// <param name="Commit">Commit of HEAD, null outside git.</param>
/// <param name="Dirty">Whether the work tree differed from it; null when not known.</param>
/// <param name="Hash">SHA-256 over the composed files, hexadecimal.</param>
public sealed record ConfigurationInfo(string? Commit, bool? Dirty, string? Hash);

/// <summary>What Ansible's recap says of one host.</summary>
public sealed record JobHostInfo(string Host, string Status, int Ok, int Changed, int Failed, int Unreachable, int Skipped, int Rescued, int Ignored);

/// <summary>One step in the life of a job.</summary>
/// <param name="At">Time by the database's clock.</param>
/// <param name="Event"><c>submitted</c>, <c>claimed</c>, <c>running</c>, <c>adopted</c>, ... or a terminal state.</param>
/// <param name="Actor">User, worker or manager that caused it.</param>
/// <param name="Detail">One line for people.</param>
public sealed record JobHistoryInfo(DateTimeOffset At, string Event, string Actor, string? Detail);

/// <summary>What <c>POST /v1/jobs</c> takes.</summary>
public sealed record SubmitJob
{
    /// <summary>Role as <c>osism apply</c> takes it. Needed for kind <c>ansible</c>.</summary>
    public string? Role { get; init; }

    /// <summary><c>ansible</c> (default) or <c>noop</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>Forces the environment instead of the lookup (<c>-e</c> before ROLE).</summary>
    public string? Environment { get; init; }

    /// <summary>Replaces the environment after the runtime was chosen.</summary>
    public string? Overwrite { get; init; }

    public string? Sub { get; init; }

    /// <summary>kolla action. Default <c>deploy</c>.</summary>
    public string? Action { get; init; }

    /// <summary>For Ansible; an element that starts with <c>-</c> and holds white space is split (POSIX quoting).</summary>
    public IReadOnlyList<string> Arguments { get => field ?? []; init; }

    /// <summary>A job that must succeed first.</summary>
    public Guid? After { get; init; }

    /// <summary>More of them.</summary>
    public IReadOnlyList<Guid> Parents { get => field ?? []; init; }

    /// <summary>Up to this many new jobs with <c>retry_of</c> if it fails. Default 0.</summary>
    public int Retry { get; init; }

    /// <summary>Seconds; null = no limit.</summary>
    public int? TaskTimeout { get; init; }

    public bool DryRun { get; init; }

    /// <summary>What happens when its limit leaves out hosts that the role needs, one of <see cref="Runs.LimitPolicies"/>; null = the setting <c>limit.policy</c>.</summary>
    public string? LimitPolicy { get; init; }

    /// <summary>Queue for kinds that run no Ansible; the runtime decides for kind <c>ansible</c>.</summary>
    public string? Queue { get; init; }
}

/// <summary>What <c>POST /v1/jobs/chain</c> takes: jobs where each follows the one before it. All are accepted or none is.</summary>
public sealed record SubmitChain(IReadOnlyList<SubmitJob> Jobs);

/// <summary>What <c>POST /v1/jobs/{id}/rerun</c> may carry.</summary>
public sealed record RerunJob
{
    /// <summary>Only on the hosts that failed or were unreachable.</summary>
    public bool Failed { get; init; }

    /// <summary>Begin with the task of this name.</summary>
    public string? StartAtTask { get; init; }

    /// <summary>Up to this many new jobs with <c>retry_of</c> if it fails. Default 0.</summary>
    public int Retry { get; init; }

    /// <summary>Seconds; null = as before.</summary>
    public int? TaskTimeout { get; init; }
}

/// <summary>What <c>POST /v1/jobs/{id}/forget</c> takes.</summary>
/// <param name="Force">Must be true: what the job's processes do from then on is not known.</param>
public sealed record ForgetJob(bool Force);

/// <summary>What <c>POST /v1/jobs/{id}/cancel</c> may carry.</summary>
public sealed record CancelJob(string? Reason);
