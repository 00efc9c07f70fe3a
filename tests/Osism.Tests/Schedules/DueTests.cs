using System.Globalization;
using Osism.Daemon.Schedules;
using Osism.Daemon.Schedules.Times;

namespace Osism.Tests.Schedules;

/// <summary>Which occurrences are decided when, and which were missed.</summary>
public sealed class DueTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    [Fact]
    public void What_is_due_runs_and_what_is_to_come_does_not()
    {
        Assert.Empty(Due.Find(Every("00:10:00"), Time("14:00"), Time("14:09:59"), Grace));
        Assert.Equal([new DueOccurrence(Time("14:10"), true, null)], Due.Find(Every("00:10:00"), Time("14:00"), Time("14:10"), Grace));
        Assert.Equal([new DueOccurrence(Time("14:10"), true, null)], Due.Find(Every("00:10:00"), Time("14:00"), Time("14:10:59"), Grace));
    }

    [Fact]
    public void What_was_missed_is_left_out_and_what_is_due_now_runs()
    {
        var due = Due.Find(Every("00:10:00"), Time("14:00"), Time("16:00"), Grace);

        Assert.Equal([Time("15:50"), Time("16:00")], due.Select(occurrence => occurrence.At));
        Assert.Equal([false, true], due.Select(occurrence => occurrence.Fire));
        Assert.Equal("nobody was there to start 11 since 2026-11-20 14:10:00 UTC", due[0].Detail);
    }

    [Fact]
    public void One_run_makes_up_for_all_that_was_missed()
    {
        var due = Assert.Single(Due.Find(Every("00:10:00") with { Misfire = MisfirePolicy.Once }, Time("14:00"), Time("15:55"), Grace));

        Assert.Equal((Time("15:50"), true), (due.At, due.Fire));
        Assert.Equal("nobody was there to start 11 since 2026-11-20 14:10:00 UTC; one run for all", due.Detail);
    }

    [Fact]
    public void Years_of_silence_cost_nothing()
    {
        var definition = Every("00:00:01");
        var due = Due.Find(definition, Time("14:00").AddYears(-20), Time("14:00"), Grace);
        Assert.Equal((60, false), (due.Count, due[0].Fire));
        Assert.StartsWith("nobody was there to start 1000 or more since 2006", due[0].Detail, StringComparison.Ordinal);

        var cron = definition with { Rhythm = CronRhythm.Parse("* * 1 1 *", TimeZoneInfo.Utc) };
        Assert.Equal(DateTimeOffset.Parse("2026-01-01T23:59Z", CultureInfo.InvariantCulture), Assert.Single(Due.Find(cron, Time("14:00").AddYears(-20), Time("14:00"), Grace)).At);
    }

    [Fact]
    public void Jitter_delays_each_occurrence_by_its_own_share_the_same_for_whoever_asks()
    {
        var definition = Every("00:10:00") with { Jitter = TimeSpan.FromMinutes(5) };
        var delays = Enumerable.Range(1, 200).Select(i => Due.Delay(definition, Time("14:00").AddMinutes(10 * i))).ToList();

        Assert.All(delays, delay => Assert.InRange(delay, TimeSpan.Zero, TimeSpan.FromMinutes(5)));
        Assert.True(delays.Distinct().Count() > 190);
        Assert.InRange(delays.Average(delay => delay.TotalSeconds), 120, 180);
        Assert.NotEqual(delays[0], Due.Delay(definition with { Name = "other" }, Time("14:10")));

        var starts = Time("14:10") + delays[0];
        Assert.Empty(Due.Find(definition, Time("14:00"), starts.AddTicks(-1), Grace));
        Assert.Equal(Time("14:10"), Assert.Single(Due.Find(definition, Time("14:00"), starts, Grace)).At);
        Assert.Equal(starts, Due.Next(definition, Time("14:00")));
        // It may be as late as its jitter and is not missed.
        Assert.True(Assert.Single(Due.Find(definition, Time("14:00"), Time("14:15:59"), Grace)).Fire);
    }

    private static ScheduleDefinition Every(string every) => new("often")
    {
        Every = TimeSpan.Parse(every, CultureInfo.InvariantCulture),
        Rhythm = new IntervalRhythm(TimeSpan.Parse(every, CultureInfo.InvariantCulture)),
        Work = new ScheduledWork("ping"),
    };

    private static DateTimeOffset Time(string time) => DateTimeOffset.Parse($"2026-11-20T{time}Z", CultureInfo.InvariantCulture);
}
