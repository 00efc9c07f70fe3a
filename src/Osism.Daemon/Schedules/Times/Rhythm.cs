namespace Osism.Daemon.Schedules.Times;

/// <summary>When a schedule is due. Every process computes the same instants from it, whenever it was started.</summary>
internal interface IRhythm
{
    /// <summary>The first instant after <paramref name="after"/>; null when there is none any more.</summary>
    DateTimeOffset? Next(DateTimeOffset after);

    /// <summary>The last instant that is not after <paramref name="until"/>; null when there was none.</summary>
    DateTimeOffset? Latest(DateTimeOffset until);
}

/// <summary>Every so often, counted from 1970-01-01 00:00 UTC: <c>12h</c> is due at 00:00 and 12:00 UTC, whatever clocks on the wall do.</summary>
internal sealed class IntervalRhythm(TimeSpan every) : IRhythm
{
    public DateTimeOffset? Next(DateTimeOffset after) => At(Count(after) + 1);

    public DateTimeOffset? Latest(DateTimeOffset until) => At(Count(until));

    private long Count(DateTimeOffset time) =>
        (long)Math.Floor((decimal)(time - DateTimeOffset.UnixEpoch).Ticks / every.Ticks);

    private DateTimeOffset? At(long count) =>
        count <= (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / every.Ticks ? DateTimeOffset.UnixEpoch + (count * every) : null;
}
