namespace Osism.Daemon.Schedules;

/// <summary>What the store remembers of a schedule.</summary>
internal sealed record ScheduleState
{
    public string Name { get; init; } = "";

    public string Rhythm { get; init; } = "";

    /// <summary>Whatever was due up to here is decided.</summary>
    public DateTimeOffset DecidedUntil { get; init; }

    public bool Active { get; init; }

    /// <summary>An operator's word; null = what the file says.</summary>
    public bool? Paused { get; init; }

    public string? PausedBy { get; init; }

    public DateTimeOffset? PausedAt { get; init; }

    public string? PauseReason { get; init; }

    public static bool IsPaused(ScheduleDefinition definition, ScheduleState? state) => state?.Paused ?? definition.Paused;

    /// <summary>Whether its occurrences count.</summary>
    public static bool IsActive(ScheduleDefinition definition, ScheduleState? state) => definition.Unavailable is null && !IsPaused(definition, state);
}

/// <summary>A decided occurrence with what became of its job.</summary>
internal sealed record OccurrenceRow
{
    public string Schedule { get; init; } = "";

    public DateTimeOffset At { get; init; }

    public string Cause { get; init; } = "";

    public string Outcome { get; init; } = "";

    public Guid? JobId { get; init; }

    public short? JobState { get; init; }

    public string? Detail { get; init; }

    public string DecidedBy { get; init; } = "";

    public DateTimeOffset DecidedAt { get; init; }
}

/// <summary>Names of outcomes and causes in the store and on the wire. Frozen.</summary>
internal static class Outcomes
{
    /// <summary>A job was stored with it.</summary>
    public const string Submitted = "submitted";

    /// <summary>It waits for the end of the run before it.</summary>
    public const string Waiting = "waiting";

    /// <summary>Left out: the run before it had not ended.</summary>
    public const string Overlap = "overlap";

    /// <summary>Left out: nobody decided it in time.</summary>
    public const string Missed = "missed";

    /// <summary>Its job could not be submitted.</summary>
    public const string Refused = "refused";

    /// <summary>It was done at once and well, without a job.</summary>
    public const string Done = "done";

    /// <summary>It was done at once, without a job, and failed.</summary>
    public const string Failed = "failed";

    public const string ByTimer = "timer";
    public const string ByOperator = "operator";
}
