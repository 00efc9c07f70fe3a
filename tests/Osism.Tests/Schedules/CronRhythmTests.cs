using System.Globalization;
using Osism.Daemon.Schedules.Times;

namespace Osism.Tests.Schedules;

/// <summary>Cron lines on the clocks of time zones.</summary>
public sealed class CronRhythmTests
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(300);

    [Theory]
    [InlineData("0 4 * * *", "UTC", "2026-11-20T14:00:00Z", "2026-11-21T04:00:00Z", "2026-11-22T04:00:00Z")]
    [InlineData("*/15 * * * *", "UTC", "2026-11-20T14:07:00Z", "2026-11-20T14:15:00Z", "2026-11-20T14:30:00Z")]
    [InlineData("*/20 * * * * *", "UTC", "2026-11-20T14:00:00.5Z", "2026-11-20T14:00:20Z", "2026-11-20T14:00:40Z")]
    [InlineData("30 22-1 * * 5", "UTC", "2026-11-20T23:00:00Z", "2026-11-20T23:30:00Z", "2026-11-27T00:30:00Z")]
    [InlineData("0 6 * * 0", "UTC", "2026-11-20T00:00:00Z", "2026-11-22T06:00:00Z", "2026-11-29T06:00:00Z")]
    [InlineData("0 6 * * 7", "UTC", "2026-11-20T00:00:00Z", "2026-11-22T06:00:00Z", "2026-11-29T06:00:00Z")]
    [InlineData("0 0 6 * * 7", "UTC", "2026-11-20T00:00:00Z", "2026-11-22T06:00:00Z", "2026-11-29T06:00:00Z")]
    [InlineData("0 6 * * mon-fri", "UTC", "2026-11-20T07:00:00Z", "2026-11-23T06:00:00Z", "2026-11-24T06:00:00Z")]
    [InlineData("0 0 13 * 5", "UTC", "2026-11-12T07:00:00Z", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z")]
    [InlineData("0 0 29 2 *", "UTC", "2026-11-20T00:00:00Z", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z")]
    [InlineData("0 0 L * *", "UTC", "2026-11-20T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z")]
    [InlineData("0 0 * * 1#1", "UTC", "2026-11-20T00:00:00Z", "2026-12-07T00:00:00Z", "2027-01-04T00:00:00Z")]
    [InlineData("@daily", "Europe/Berlin", "2026-11-20T14:00:00Z", "2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z")]
    [InlineData("@hourly", "Asia/Kolkata", "2026-11-20T14:00:00Z", "2026-11-20T14:30:00Z", "2026-11-20T15:30:00Z")]
    // Clocks go forward at 01:00 UTC on 2027-03-28: 02:30 does not exist, so it is due at 03:00 summer time, once.
    [InlineData("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z")]
    // Four times are skipped together; they are due together, once.
    [InlineData("*/15 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z")]
    // An hour that never was is not made up for where every hour counts.
    [InlineData("30 * * * *", "Europe/Berlin", "2027-03-28T00:00:00Z", "2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z")]
    // Clocks go back at 01:00 UTC on 2026-10-25: 02:30 comes at 00:30 UTC and again at 01:30 UTC. It is due the first time.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z")]
    [InlineData("45 1-2 * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T00:45:00Z", "2026-10-26T00:45:00Z")]
    // Where every hour counts both are due.
    [InlineData("30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")]
    // Half an hour is skipped on Lord Howe; a whole day was on Samoa.
    [InlineData("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z")]
    [InlineData("0 12 * * *", "Pacific/Apia", "2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z")]
    public void It_is_due_when_the_clock_on_the_wall_says_so(string line, string zone, string after, string first, string second)
    {
        var rhythm = CronRhythm.Parse(line, TimeZoneInfo.FindSystemTimeZoneById(zone));

        Assert.Equal(Time(first), rhythm.Next(Time(after)));
        Assert.Equal(Time(second), rhythm.Next(Time(first)));
        Assert.Equal(Time(first), rhythm.Latest(Time(second).AddTicks(-1)));
        Assert.Equal(Time(second), rhythm.Latest(Time(second)));
    }

    [Theory]
    [InlineData("0 0 30 2 *", "never due")]
    [InlineData("0 0 31 4,6,9,11 *", "never due")]
    [InlineData("0 0 0 30 2 *", "never due")]
    [InlineData("* * * *", "4 fields")]
    [InlineData("", "0 fields")]
    [InlineData("0 0 0 1 1 * 2030", "7 fields")]
    [InlineData("60 * * * *", "60")]
    [InlineData("99 * * * *", "99")]
    [InlineData("0 98 * * *", "98")]
    [InlineData("* 24 * * *", "23")]
    [InlineData("*/0 * * * *", "step of 0")]
    [InlineData("a b c d e", "no cron line")]
    [InlineData("0 0 * * 8", "no cron line")]
    [InlineData("0 0 0 * *", "no cron line")]
    [InlineData("@reboot", "@reboot")]
    [InlineData("@every", "@EVERY")]
    public void What_can_never_be_due_is_refused_with_the_reason(string line, string word) =>
        Assert.Contains(word, Assert.Throws<FormatException>(() => CronRhythm.Parse(line, TimeZoneInfo.Utc)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_time_that_clocks_skip_is_due_once_at_the_change_and_a_doubled_one_once_at_first_in_every_zone()
    {
        var changes = await Transitions.ReadAsync(Transitions.Zones, 2005, 2037, TestContext.Current.CancellationToken);
        var (skipped, doubled) = (0, 0);
        foreach (var change in changes)
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById(change.Zone);
            var wall = change.At.Add((change.Before + change.After) / 2).DateTime;
            var line = string.Create(CultureInfo.InvariantCulture, $"{wall.Second} {wall.Minute} {wall.Hour}");
            var expected = change.After > change.Before ? change.At : new DateTimeOffset(wall, TimeSpan.Zero) - change.Before;
            var what = $"{change} {line}";

            // The day itself, once in all its year.
            var yearly = CronRhythm.Parse($"{line} {wall.Day} {wall.Month} *", zone);
            Assert.True(yearly.Next(change.At.AddDays(-2)) == expected, what);
            Assert.True(yearly.Next(expected) > expected + Long, what);
            Assert.True(yearly.Latest(expected.AddDays(2)) == expected, what);

            // Every day, once a day.
            var daily = CronRhythm.Parse($"{line} * * *", zone);
            var due = Between(daily, change.At.AddDays(-3), change.At.AddDays(3));
            Assert.True(due.Count(at => at == expected) == 1, what);
            var days = due.Select(at => change.After > change.Before && at == change.At ? wall.Date : TimeZoneInfo.ConvertTime(at, zone).Date).ToList();
            Assert.True(days.Distinct().Count() == days.Count, $"{what}: {string.Join(' ', due)}");
            Assert.True(days.Zip(days.Skip(1)).All(pair => pair.Second - pair.First == TimeSpan.FromDays(1)), $"{what}: {string.Join(' ', due)}");
            if (change.After > change.Before)
            {
                skipped++;
            }
            else
            {
                doubled++;
            }
        }

        Assert.True(skipped > 2000 && doubled > 2000, $"{skipped} skipped, {doubled} doubled: the tz database was not walked");
        TestContext.Current.SendDiagnosticMessage($"{Transitions.Zones.Count} zones, {skipped} skipped and {doubled} doubled times");
    }

    [Fact]
    public async Task A_line_for_every_hour_goes_on_evenly_over_every_change_in_every_zone()
    {
        var changes = await Transitions.ReadAsync(Transitions.Zones, 2020, 2030, TestContext.Current.CancellationToken);
        Assert.All(changes.Where(change => change.Before.Minutes % 10 == 0 && change.After.Minutes % 10 == 0), change =>
        {
            var due = Between(CronRhythm.Parse("*/10 * * * *", TimeZoneInfo.FindSystemTimeZoneById(change.Zone)), change.At.AddHours(-3), change.At.AddHours(3));
            Assert.Equal(36, due.Count);
            Assert.All(due.Zip(due.Skip(1)), pair => Assert.Equal(TimeSpan.FromMinutes(10), pair.Second - pair.First));
        });
    }

    [Theory]
    [InlineData("00:10:00", "2026-11-20T14:07:00Z", "2026-11-20T14:10:00Z")]
    [InlineData("12:00:00", "2026-11-20T14:07:00Z", "2026-11-21T00:00:00Z")]
    [InlineData("12:00:00", "2026-11-21T00:00:00Z", "2026-11-21T12:00:00Z")]
    [InlineData("00:00:01", "1969-12-31T23:59:58.5Z", "1969-12-31T23:59:59Z")]
    public void An_interval_is_counted_from_1970_whoever_asks_and_whenever_it_began(string every, string after, string next)
    {
        var rhythm = new IntervalRhythm(TimeSpan.Parse(every, CultureInfo.InvariantCulture));

        Assert.Equal(Time(next), rhythm.Next(Time(after)));
        Assert.Equal(Time(next), rhythm.Latest(Time(next)));
        Assert.Equal(Time(next), rhythm.Latest(Time(next).AddMilliseconds(500)));
    }

    private static List<DateTimeOffset> Between(CronRhythm rhythm, DateTimeOffset from, DateTimeOffset to)
    {
        var due = new List<DateTimeOffset>();
        for (var at = rhythm.Next(from); at <= to; at = rhythm.Next(at.Value))
        {
            due.Add(at.Value);
        }

        return due;
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
