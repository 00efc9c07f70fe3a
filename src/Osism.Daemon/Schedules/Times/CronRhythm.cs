using System.Globalization;
using System.Text.RegularExpressions;
using Quartz;

namespace Osism.Daemon.Schedules.Times;

/// <summary>A cron line on the clock of a time zone.</summary>
/// <remarks>
/// Quartz does the calendar on a clock without a zone; what the zone makes of it is decided here, the same for every line:
/// a time of day that is skipped when clocks go forward is due once, at the first moment after the skipped time; a time of day that comes twice
/// when clocks go back is due once, the first time. A line for every hour (<c>*</c> in the field of hours) means each hour that passes: it is due
/// in both of two equal hours, and nothing is made up for an hour that never was.
/// </remarks>
internal sealed partial class CronRhythm : IRhythm
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Longer than any clock was ever set back by (24 h, at the date line), shorter than the time between two such changes.</summary>
    private static readonly TimeSpan LongestOverlap = TimeSpan.FromHours(26);

    private readonly CronExpression _walls;
    private readonly TimeZoneInfo _zone;
    private readonly bool _everyHour;

    private CronRhythm(CronExpression walls, TimeZoneInfo zone, bool everyHour) => (_walls, _zone, _everyHour) = (walls, zone, everyHour);

    /// <param name="line">Five fields (minute, hour, day of month, month, day of week), six with seconds in front, or a macro such as <c>@daily</c>.</param>
    /// <param name="zone">Whose clock it is.</param>
    /// <exception cref="FormatException">It is no cron line, or one that is never due; says why.</exception>
    public static CronRhythm Parse(string line, TimeZoneInfo zone)
    {
        var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var hours = fields switch
        {
            ["@hourly"] => "*",
            [['@', ..]] => "0",
            [_, var hour, _, _, _] => hour,
            [_, _, var hour, _, _, _] => hour,
            _ => throw new FormatException(
                $"'{line}' has {fields.Length} fields: a cron line has 5 (minute, hour, day of month, month, day of week), or 6 with seconds in front"),
        };
        var rhythm = new CronRhythm(Read(line, fields), zone, hours is "*" or "*/1" or "0-23");
        // Quartz looks ahead for as long as a calendar takes to repeat itself.
        return rhythm._walls.GetNextValidTimeAfter(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)) is null
            ? throw new FormatException($"'{line}' is never due: there is no such day")
            : rhythm;
    }

    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var offset = Offset(after);
        // Of walls that are skipped none comes before the end of the gap, so that this one turns at most twice in practice.
        while (NextWall(after, offset) is { } wall)
        {
            var at = wall.Subtract(offset);
            if (Offset(at) == offset)
            {
                if (_everyHour || !IsSecondPass(wall, at, offset))
                {
                    return at;
                }

                after = at;
                continue;
            }

            var change = Change(after, at, offset);
            var changed = Offset(change);
            if (changed > offset && !_everyHour && at < change + (changed - offset))
            {
                return change;
            }

            (after, offset) = (change - TimeSpan.FromTicks(1), changed);
        }

        return null;
    }

    public DateTimeOffset? Latest(DateTimeOffset until)
    {
        // Back in steps that double, then forward to the last one: a line that is due often costs a short walk, a rare one few of them.
        for (var back = TimeSpan.FromMinutes(1); back < TimeSpan.FromDays(365 * 60); back *= 2)
        {
            if (Next(until - back) is not { } at || at > until)
            {
                continue;
            }

            while (Next(at) is { } later && later <= until)
            {
                at = later;
            }

            return at;
        }

        return null;
    }

    /// <summary>The clock on the wall as if it were UTC: without a zone Quartz has nothing to decide about one.</summary>
    private DateTimeOffset? NextWall(DateTimeOffset after, TimeSpan offset) =>
        _walls.GetNextValidTimeAfter(after.ToUniversalTime().Add(offset));

    private TimeSpan Offset(DateTimeOffset at) => _zone.GetUtcOffset(at.ToUniversalTime());

    private bool IsSecondPass(DateTimeOffset wall, DateTimeOffset at, TimeSpan offset)
    {
        var before = Offset(at - LongestOverlap);
        return before > offset && Offset(wall.Subtract(before)) == before;
    }

    /// <summary>The first moment between two at which the zone has another offset than at the first of them.</summary>
    private DateTimeOffset Change(DateTimeOffset from, DateTimeOffset to, TimeSpan offset)
    {
        var (low, high) = (from.ToUnixTimeSeconds(), to.ToUnixTimeSeconds());
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (Offset(DateTimeOffset.FromUnixTimeSeconds(middle)) == offset)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return DateTimeOffset.FromUnixTimeSeconds(high);
    }

    private static CronExpression Read(string line, string[] fields)
    {
        // Quartz 4.7 takes 98 and 99 for signs of its own.
        if (Numbers().Matches(string.Join(' ', fields)).FirstOrDefault(number => number.Length > 2 || int.Parse(number.ValueSpan, CultureInfo.InvariantCulture) > 59) is { } large)
        {
            throw new FormatException($"'{line}' is no cron line: no field goes up to {large.Value}");
        }

        try
        {
            var minutes = CronExpression.Parse(string.Join(' ', fields is [_, .. { Length: 5 } five] ? five : fields), CronFormat.Unix);
            // What Quartz makes of five fields begins with its field of seconds, '0': days of the week keep the numbers of cron this way.
            return (fields.Length == 6 ? CronExpression.Parse($"{fields[0]} {minutes.CronExpressionString.Split(' ', 2)[1]}") : minutes)
                .WithTimeZone(TimeZoneInfo.Utc);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new FormatException($"'{line}' is no cron line: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();
}
