using System.Text.Json.Serialization;

namespace Osism.Contracts.Jobs;

/// <summary>Where a job stands. Names reach users and scripts, numbers reach the database: both may grow, never change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobState>))]
public enum JobState
{
    /// <summary>Waits for a slot, a parent or a lock.</summary>
    [JsonStringEnumMemberName("queued")] Queued = 0,

    /// <summary>Claimed by a worker; the process has not been seen yet.</summary>
    [JsonStringEnumMemberName("starting")] Starting = 1,

    /// <summary>Its process runs.</summary>
    [JsonStringEnumMemberName("running")] Running = 2,

    [JsonStringEnumMemberName("succeeded")] Succeeded = 3,

    [JsonStringEnumMemberName("failed")] Failed = 4,

    /// <summary>Hosts were unreachable and none failed.</summary>
    [JsonStringEnumMemberName("unreachable")] Unreachable = 5,

    [JsonStringEnumMemberName("cancelled")] Cancelled = 6,

    [JsonStringEnumMemberName("timed_out")] TimedOut = 7,

    /// <summary>Its processes are gone and left no exit record; what it did is not known. Never re-run by itself.</summary>
    [JsonStringEnumMemberName("lost")] Lost = 8,

    /// <summary>A lock found when it was claimed refused it; nothing was started.</summary>
    [JsonStringEnumMemberName("rejected")] Rejected = 9,

    /// <summary>Its worker cannot be reached. Not an end: its locks are kept and it may still run.</summary>
    [JsonStringEnumMemberName("disconnected")] Disconnected = 10,

    /// <summary>It was to be ended and processes of it would not die. Not an end: its locks are kept.</summary>
    [JsonStringEnumMemberName("cancel_failed")] CancelFailed = 11,
}

/// <summary>What every reader of a <see cref="JobState"/> wants to know about it.</summary>
public static class JobStates
{
    /// <summary>True when nothing of the job will change any more.</summary>
    public static bool IsTerminal(this JobState state) => state switch
    {
        JobState.Succeeded or JobState.Failed or JobState.Unreachable or JobState.Cancelled
            or JobState.TimedOut or JobState.Lost or JobState.Rejected => true,
        _ => false,
    };

    /// <summary>The name used on the wire, in tables and by <c>--state</c>.</summary>
    public static string ToWireName(this JobState state) => state switch
    {
        JobState.Queued => "queued",
        JobState.Starting => "starting",
        JobState.Running => "running",
        JobState.Succeeded => "succeeded",
        JobState.Failed => "failed",
        JobState.Unreachable => "unreachable",
        JobState.Cancelled => "cancelled",
        JobState.TimedOut => "timed_out",
        JobState.Lost => "lost",
        JobState.Rejected => "rejected",
        JobState.Disconnected => "disconnected",
        JobState.CancelFailed => "cancel_failed",
        _ => "unknown",
    };

    /// <summary>The state a wire name stands for, or null when there is none of that name.</summary>
    public static JobState? FromWireName(string name) => name switch
    {
        "queued" => JobState.Queued,
        "starting" => JobState.Starting,
        "running" => JobState.Running,
        "succeeded" => JobState.Succeeded,
        "failed" => JobState.Failed,
        "unreachable" => JobState.Unreachable,
        "cancelled" => JobState.Cancelled,
        "timed_out" => JobState.TimedOut,
        "lost" => JobState.Lost,
        "rejected" => JobState.Rejected,
        "disconnected" => JobState.Disconnected,
        "cancel_failed" => JobState.CancelFailed,
        _ => null,
    };

    /// <summary>The exit code of a command that waited for a job which ended in <paramref name="state"/>.</summary>
    public static int ToExitCode(this JobState state) => state switch
    {
        JobState.Succeeded => ExitCode.Success,
        JobState.Failed => ExitCode.Failed,
        JobState.Unreachable => ExitCode.Unreachable,
        JobState.Cancelled or JobState.CancelFailed => ExitCode.Cancelled,
        JobState.TimedOut => ExitCode.TimedOut,
        JobState.Lost or JobState.Disconnected => ExitCode.Lost,
        JobState.Rejected => ExitCode.Locked,
        _ => ExitCode.Failed,
    };
}
