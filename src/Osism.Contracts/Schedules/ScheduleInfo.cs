namespace Osism.Contracts.Schedules;

/// <summary>One schedule as <c>/v1/schedules</c> gives it. Field names are fixed.</summary>
public sealed record ScheduleInfo
{
    public required string Name { get; init; }

    /// <summary><c>active</c>, <c>paused</c>, or <c>unavailable</c> with a <see cref="Reason"/>.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not active, where there is something to say.</summary>
    public string? Reason { get; init; }

    /// <summary>The cron line; null for an interval.</summary>
    public string? Cron { get; init; }

    /// <summary>The interval, such as <c>12h</c>; null for a cron line.</summary>
    public string? Every { get; init; }

    /// <summary>Name in the tz database.</summary>
    public required string Timezone { get; init; }

    public string? Role { get; init; }

    public string? Collection { get; init; }

    public string? Environment { get; init; }

    public string? Sub { get; init; }

    public string? Action { get; init; }

    public IReadOnlyList<string> Arguments { get => field ?? []; init; }

    public bool DryRun { get; init; }

    /// <summary><c>skip</c> or <c>once</c>.</summary>
    public required string Misfire { get; init; }

    /// <summary><c>skip</c> or <c>queue</c>.</summary>
    public required string Overlap { get; init; }

    /// <summary>A duration such as <c>5m</c>.</summary>
    public required string Jitter { get; init; }

    public bool Paused { get; init; }

    /// <summary>Who paused or resumed it last by hand.</summary>
    public string? PausedBy { get; init; }

    public DateTimeOffset? PausedAt { get; init; }

    /// <summary><c>built-in</c>, or the file.</summary>
    public required string Source { get; init; }

    /// <summary>Line in the file, from 1.</summary>
    public int? Line { get; init; }

    /// <summary>Its next occurrence; null when it is not active.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>What was decided last.</summary>
    public ScheduleOccurrenceInfo? Last { get; init; }
}

/// <summary>One decided occurrence.</summary>
/// <param name="At">Its time as the schedule gives it; for a run by hand, when that was asked for.</param>
/// <param name="Cause"><c>timer</c> or <c>operator</c>.</param>
/// <param name="Outcome"><c>submitted</c>, <c>waiting</c>, <c>overlap</c>, <c>missed</c> or <c>refused</c>; of what makes no job <c>done</c> or <c>failed</c>.</param>
/// <param name="Job">Its job.</param>
/// <param name="State">State of that job; null when it was removed since.</param>
/// <param name="Detail">One line for people.</param>
/// <param name="DecidedAt">When it was decided.</param>
/// <param name="By">Who decided: a process, or for a run by hand a person.</param>
public sealed record ScheduleOccurrenceInfo(
    DateTimeOffset At, string Cause, string Outcome, Guid? Job, string? State, string? Detail, DateTimeOffset DecidedAt, string By);

/// <summary>An occurrence to come.</summary>
/// <param name="At">Its time, with the offset of the schedule's time zone.</param>
/// <param name="Starts">The same with its jitter.</param>
public sealed record ScheduleTimeInfo(DateTimeOffset At, DateTimeOffset Starts);

/// <summary>The schedules, and why the file of now is not in force.</summary>
/// <param name="Items">By name.</param>
/// <param name="Next">Always null: they come on one page.</param>
/// <param name="Problems">Empty when the file is sound.</param>
public sealed record SchedulePage(IReadOnlyList<ScheduleInfo> Items, string? Next, IReadOnlyList<ScheduleProblemInfo> Problems);

/// <param name="File">Relative to the configuration repository.</param>
/// <param name="Line">From 1; null for the file as a whole.</param>
/// <param name="Message">One line for people.</param>
public sealed record ScheduleProblemInfo(string File, int? Line, string Message);

/// <summary>What <c>POST /v1/schedules/{name}/pause</c> may carry.</summary>
public sealed record PauseSchedule(string? Reason);
