using Osism.Daemon.Schedules.Times;

namespace Osism.Daemon.Schedules;

/// <summary>Those that are there without a file. A schedule of the same name in the file replaces one.</summary>
internal static class BuiltInSchedules
{
    public const string Facts = "facts";
    public const string Backup = ScheduledWork.Backup;
    public const string Reconcile = ScheduledWork.Reconcile;

    public static IEnumerable<ScheduleDefinition> Of(ScheduleOptions options)
    {
        // One run makes up for a night in which the manager was down: facts must not stay old for another half day.
        if (Every(options.GatherFacts) is { } facts)
        {
            yield return new ScheduleDefinition(Facts)
            {
                Every = facts,
                Rhythm = new IntervalRhythm(facts),
                Work = new ScheduledWork("facts"),
                Misfire = MisfirePolicy.Once,
            };
        }

        // One missed at night is made in the morning.
        if (Every(options.Backup) is { } backup)
        {
            yield return new ScheduleDefinition(Backup)
            {
                Every = backup,
                Rhythm = new IntervalRhythm(backup),
                Work = new ScheduledWork(ScheduledWork.Backup),
                Misfire = MisfirePolicy.Once,
            };
        }

        if (Every(options.Reconcile) is { } reconcile)
        {
            yield return new ScheduleDefinition(Reconcile)
            {
                Every = reconcile,
                Rhythm = new IntervalRhythm(reconcile),
                Work = new ScheduledWork(Reconcile),
                Misfire = MisfirePolicy.Once,
            };
        }
    }

    private static TimeSpan? Every(double seconds) =>
        seconds > 0 ? TimeSpan.FromMilliseconds(Math.Max(1000, Math.Round(seconds * 1000))) : null;
}
