using System.Collections.Frozen;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Locks;

namespace Osism.Daemon.Jobs;

/// <summary>One queued unit of work, from submission to its end. Immutable: each move returns a new value.</summary>
/// <remarks>
/// <code>
/// queued ──► starting ──► running ──► succeeded | failed | unreachable | cancelled | timed_out | lost
///   │  ▲        │  │         ├──► disconnected ──► starting | running | any end
///   │  └────────┘  │         └──► cancel_failed ──► cancelled | timed_out | succeeded | lost
///   └──► cancelled └──► rejected | any end of a running one
/// </code>
/// A job, disconnected ones included, goes back to queued only when it is proven that nothing of it was begun. Whether a half-run playbook may run
/// again is the operator's decision, so a job whose processes vanished becomes lost and stays there.
/// </remarks>
internal sealed record Job
{
    private static readonly FrozenDictionary<JobState, JobState[]> Moves = new Dictionary<JobState, JobState[]>
    {
        [JobState.Queued] = [JobState.Starting, JobState.Cancelled],
        [JobState.Starting] =
        [
            JobState.Queued, JobState.Running, JobState.Rejected, JobState.Succeeded, JobState.Failed, JobState.Unreachable,
            JobState.Cancelled, JobState.TimedOut, JobState.Lost, JobState.Disconnected, JobState.CancelFailed,
        ],
        [JobState.Running] =
        [
            JobState.Succeeded, JobState.Failed, JobState.Unreachable, JobState.Cancelled, JobState.TimedOut,
            JobState.Lost, JobState.Disconnected, JobState.CancelFailed,
        ],
        [JobState.Disconnected] =
        [
            JobState.Queued, JobState.Starting, JobState.Running, JobState.Succeeded, JobState.Failed, JobState.Unreachable,
            JobState.Cancelled, JobState.TimedOut, JobState.Lost, JobState.CancelFailed, JobState.Rejected,
        ],
        // Succeeded: what would not die may still have come to a good end by itself.
        [JobState.CancelFailed] = [JobState.Cancelled, JobState.TimedOut, JobState.Succeeded, JobState.Lost],
    }.ToFrozenDictionary();

    public Guid Id { get; init; }

    public long Seq { get; init; }

    public JobState State { get; init; }

    /// <summary>Fencing number: every write of a worker names it.</summary>
    public int Attempt { get; init; }

    /// <summary>How many things other than a slot it waits for.</summary>
    public int Blocked { get; init; }

    public string Queue { get; init; } = "";

    public string Kind { get; init; } = "";

    public string? Role { get; init; }

    public string? Environment { get; init; }

    public string? Sub { get; init; }

    public string? Action { get; init; }

    public string? Runtime { get; init; }

    public string[] Arguments { get; init; } = [];

    /// <summary>What was asked for, as JSON of <see cref="Runtimes.RunRequest"/>.</summary>
    public string Request { get; init; } = "{}";

    public bool Idempotent { get; init; }

    public bool DryRun { get; init; }

    /// <summary>Runs inside the worker and takes no time: it needs no slot.</summary>
    public bool Tiny { get; init; }

    public string SubmittedBy { get; init; } = "";

    public DateTimeOffset SubmittedAt { get; init; }

    public DateTimeOffset? ClaimedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Instance of the worker that holds it.</summary>
    public Guid? Worker { get; init; }

    public string? WorkerName { get; init; }

    public int? ExitCode { get; init; }

    public string? ReasonCode { get; init; }

    public string? ReasonMessage { get; init; }

    public int? HostsOk { get; init; }

    public int? HostsChanged { get; init; }

    public int? HostsFailed { get; init; }

    public int? HostsUnreachable { get; init; }

    public int? HostsSkipped { get; init; }

    public long? InventoryRevision { get; init; }

    public string? ConfigurationCommit { get; init; }

    public bool? ConfigurationDirty { get; init; }

    public string? ConfigurationHash { get; init; }

    /// <summary>Bytes of the spool's output that are stored; the follower goes on here.</summary>
    public long OutputRaw { get; init; }

    public long OutputBytes { get; init; }

    public long EventsRaw { get; init; }

    public long EventsBytes { get; init; }

    public string? OutputSha256 { get; init; }

    public string? SpoolSha256 { get; init; }

    /// <summary>The first of its parents.</summary>
    public Guid? After { get; init; }

    /// <summary>Jobs that must succeed before this one may start. Given with a draft; of a stored job they are rows of <c>job_parent</c>.</summary>
    public IReadOnlyList<Guid> Parents { get; init; } = [];

    public bool HasParents => After is not null || Parents.Count > 0;

    public Guid? RetryOf { get; init; }

    /// <summary>The job that an operator ran again as this one.</summary>
    public Guid? RerunOf { get; init; }

    /// <summary>Last sign of life of its run.</summary>
    public DateTimeOffset? OutputAt { get; init; }

    public int RetriesLeft { get; init; }

    public Guid? Collection { get; init; }

    public string? CollectionName { get; init; }

    /// <summary>The node of that run it stands for; repetitions keep it.</summary>
    public string? Node { get; init; }

    /// <summary>Single plays of the role, as locks name them.</summary>
    public string[] Plays { get; init; } = [];

    /// <summary>Hosts it may change; null = any.</summary>
    /// <remarks>No default but null: what reads rows leaves a property alone where the column is null.</remarks>
    public string[]? Touches { get; init; }

    /// <summary>Lock keys it has places before while it lives.</summary>
    public string[] LockKeys { get; init; } = [];

    /// <summary>The same with what they mean. Given with a draft.</summary>
    public IReadOnlyList<LockWish> LockWishes { get; init; } = [];

    /// <summary>Seconds.</summary>
    public int? TaskTimeout { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    public string? CancelledBy { get; init; }

    /// <summary>JSON array of <see cref="ReasonInfo"/>.</summary>
    public string Warnings { get; init; } = "[]";

    public bool IsTerminal => State.IsTerminal();

    /// <summary>Whether a repetition may follow: one was asked for, nobody wanted the job to end, and the end is of a kind that may be repeated.</summary>
    public bool MayRetry => RetriesLeft > 0 && CancelRequestedAt is null && State switch
    {
        JobState.Failed or JobState.Unreachable or JobState.TimedOut => true,
        JobState.Lost => Idempotent,
        _ => false,
    };

    /// <summary>Its process was seen.</summary>
    /// <exception cref="JobStateException">The job was not claimed, or is over.</exception>
    public Job Run(DateTimeOffset at) => Move(JobState.Running) with
    {
        StartedAt = StartedAt ?? at,
        ReasonCode = null,
        ReasonMessage = null,
    };

    /// <summary>Nothing of it was begun: it takes its old place in the queue.</summary>
    /// <exception cref="JobStateException">The job is not claimed.</exception>
    public Job Requeue() => Move(JobState.Queued) with
    {
        Worker = null,
        WorkerName = null,
        ClaimedAt = null,
        ReasonCode = null,
        ReasonMessage = null,
    };

    /// <summary>The worker that was taken for gone is back and still keeps it.</summary>
    /// <exception cref="JobStateException">The job is not disconnected.</exception>
    public Job Reconnect() => State == JobState.Disconnected
        ? Move(StartedAt is null ? JobState.Starting : JobState.Running) with { ReasonCode = null, ReasonMessage = null }
        : throw new JobStateException(Id, State, JobState.Running);

    /// <summary>Its worker's lease ran out.</summary>
    /// <exception cref="JobStateException">The job is not claimed, or is over.</exception>
    public Job Disconnect(string reason) => Move(JobState.Disconnected) with
    {
        ReasonCode = ErrorCodes.JobDisconnected.Code,
        ReasonMessage = reason,
    };

    /// <summary>An operator's wish: a queued job is over at once, a claimed one when its worker has ended it.</summary>
    /// <exception cref="JobStateException">The job is already over.</exception>
    public Job Cancel(string by, DateTimeOffset at)
    {
        if (IsTerminal)
        {
            throw new JobStateException(Id, State, JobState.Cancelled);
        }

        var wished = this with { CancelRequestedAt = CancelRequestedAt ?? at, CancelledBy = CancelledBy ?? by };
        return State == JobState.Queued
            ? wished.End(JobState.Cancelled, new ReasonInfo(ErrorCodes.JobCancelled.Code, $"cancelled by {by} before it started"), at)
            : wished;
    }

    /// <summary>An operator's word that what is left of it does not matter any more. Whoever still has it is fenced.</summary>
    /// <exception cref="JobStateException">It is neither disconnected nor would it not die.</exception>
    public Job Forget(string by, DateTimeOffset at) => State is JobState.Disconnected or JobState.CancelFailed
        ? End(JobState.Lost, new ReasonInfo(ErrorCodes.JobLost.Code, $"forgotten by {by} while {State.ToWireName()}: {ReasonMessage}"), at) with { Attempt = Attempt + 1 }
        : throw new JobStateException(Id, State, JobState.Lost);

    /// <summary>The same work as a new draft.</summary>
    public Job Again(Guid id, string by) => new()
    {
        Id = id,
        Kind = Kind,
        Queue = Queue,
        Role = Role,
        Environment = Environment,
        Sub = Sub,
        Action = Action,
        Runtime = Runtime,
        Arguments = Arguments,
        Request = Request,
        Idempotent = Idempotent,
        DryRun = DryRun,
        Tiny = Tiny,
        TaskTimeout = TaskTimeout,
        SubmittedBy = by,
        Plays = Plays,
        Touches = Touches,
        RerunOf = Id,
    };

    /// <summary>An end, or a state that is not one but says why.</summary>
    /// <exception cref="JobStateException">The move is not allowed from where the job stands.</exception>
    public Job End(JobState state, ReasonInfo? reason, DateTimeOffset at) => Move(state) with
    {
        ReasonCode = reason?.Code,
        ReasonMessage = reason?.Message,
        EndedAt = state.IsTerminal() ? at : null,
    };

    private Job Move(JobState next) =>
        Moves.TryGetValue(State, out var allowed) && allowed.Contains(next)
            ? this with { State = next }
            : throw new JobStateException(Id, State, next);
}

/// <summary>A move that the state of a job does not allow.</summary>
internal sealed class JobStateException(Guid id, JobState from, JobState to)
    : Exception($"Job {id} is {from.ToWireName()}: it cannot become {to.ToWireName()}.")
{
    public JobState From { get; } = from;
}
