using Osism.Daemon.Schedules.Times;

namespace Osism.Daemon.Schedules;

/// <summary>What becomes of occurrences that nobody decided in time. Default skip.</summary>
internal enum MisfirePolicy
{
    /// <summary>They are left out, and the history says so.</summary>
    Skip,

    /// <summary>One run makes up for all of them.</summary>
    Once,
}

/// <summary>What becomes of an occurrence while the run before it has not ended. Default skip.</summary>
internal enum OverlapPolicy
{
    /// <summary>It is left out, and the history says so.</summary>
    Skip,

    /// <summary>It waits for the end of that run.</summary>
    Queue,
}

/// <summary>One schedule as its author wrote it.</summary>
internal sealed record ScheduleDefinition(string Name)
{
    /// <summary>Source of those that need no file.</summary>
    public const string BuiltIn = "built-in";

    /// <summary>The cron line; null for an interval.</summary>
    public string? Cron { get; init; }

    public TimeSpan? Every { get; init; }

    /// <summary>Name in the tz database. Default UTC.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    public required IRhythm Rhythm { get; init; }

    public required ScheduledWork Work { get; init; }

    public MisfirePolicy Misfire { get; init; }

    public OverlapPolicy Overlap { get; init; }

    /// <summary>Each occurrence starts up to so much later; how much follows from its name and time, the same in every process. Default 0.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>What the file says; an operator's word goes before it.</summary>
    public bool Paused { get; init; }

    /// <summary><see cref="BuiltIn"/>, or the file relative to the repository.</summary>
    public string Source { get; init; } = BuiltIn;

    public int? Line { get; init; }

    /// <summary>Why it cannot run anything; null when it can.</summary>
    public string? Unavailable { get; init; }

    /// <summary>What its times are made from: while this stays, counting goes on where it was.</summary>
    public string RhythmKey => Cron is not null ? $"cron {Cron} {Zone.Id}" : $"every {Every!.Value.Ticks}";
}

/// <summary>What a schedule starts: a role or a collection as <c>osism apply</c> takes it, a look at the sources of the inventory, or a backup of the manager.</summary>
internal sealed record ScheduledWork(string? Role)
{
    /// <summary>The role that is no play: the manager looks at the sources of the inventory, and there is no job.</summary>
    public const string Reconcile = "reconcile";

    /// <summary>The role that is no play either: a backup of the manager, as a job of its own kind.</summary>
    public const string Backup = "backup";

    public bool IsBackup => Role == Backup && Collection is null && Environment is null;

    public bool IsReconcile => Role == Reconcile && Collection is null && Environment is null;

    /// <summary>A collection instead of a role.</summary>
    public string? Collection { get; init; }

    public string? Environment { get; init; }

    public string? Sub { get; init; }

    public string? Action { get; init; }

    public IReadOnlyList<string> Arguments { get => field ?? []; init; }

    public int Retry { get; init; }

    /// <summary>Seconds; null = no limit.</summary>
    public int? TaskTimeout { get; init; }

    public bool DryRun { get; init; }
}

/// <summary>All schedules there are, and what is wrong with the file.</summary>
/// <param name="Definitions">By name, sorted.</param>
/// <param name="Problems">Why the file of now is not used; empty when it is.</param>
/// <param name="Text">The sound file the definitions come from; null when there is none.</param>
internal sealed record ScheduleSet(IReadOnlyList<ScheduleDefinition> Definitions, IReadOnlyList<ScheduleProblem> Problems, string? Text)
{
    public ScheduleDefinition? Find(string name) => Definitions.FirstOrDefault(definition => definition.Name == name);
}

/// <param name="File">Relative to the repository.</param>
/// <param name="Line">From 1; null for the file as a whole.</param>
internal sealed record ScheduleProblem(string File, int? Line, string Message);
