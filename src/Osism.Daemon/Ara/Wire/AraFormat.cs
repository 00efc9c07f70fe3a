using System.Globalization;
using System.Text.RegularExpressions;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Wire;

/// <summary>How ARA writes times, durations and states, and how it reads times.</summary>
internal static partial class AraFormat
{
    /// <summary>As ARA's API of this version; clients look at it.</summary>
    public const string ApiVersion = "1.7.4";

    /// <summary>States of playbooks, in the order of their numbers.</summary>
    public static readonly string[] RecordStatuses = ["unknown", "expired", "running", "completed", "failed"];

    /// <summary>What modules say, in the order of its numbers.</summary>
    public static readonly string[] ResultStatuses = ["unknown", "ok", "failed", "skipped", "unreachable"];

    public static string Name(RecordStatus status) => RecordStatuses[(int)status];

    public static string Name(ResultStatus status) => ResultStatuses[(int)status];

    /// <summary>Microseconds and Z.</summary>
    public static string Time(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary><c>[D ]HH:MM:SS.ffffff</c>, always with the fraction: ARA's own command line fails without it.</summary>
    public static string? Duration(DateTime started, DateTime? ended)
    {
        if (ended is not { } end)
        {
            return null;
        }

        // As Python does: a negative one is a negative number of days and a positive rest.
        var micros = (end - started).Ticks / TimeSpan.TicksPerMicrosecond;
        var days = (long)Math.Floor(micros / (double)(TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond));
        var rest = TimeSpan.FromTicks(((end - started).Ticks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond) - (days * TimeSpan.TicksPerDay));
        var text = rest.ToString(@"hh\:mm\:ss\.ffffff", CultureInfo.InvariantCulture);
        return days == 0 ? text : $"{days} {text}";
    }

    /// <summary>An ISO 8601 time; without an offset it is one of <paramref name="local"/>.</summary>
    /// <returns>UTC, or null when it is none.</returns>
    public static DateTime? ParseTime(string text, TimeZoneInfo local)
    {
        var match = Iso().Match(text);
        if (!match.Success)
        {
            return null;
        }

        int Number(string group) => match.Groups[group] is { Success: true, Value: var value } ? int.Parse(value, CultureInfo.InvariantCulture) : 0;
        try
        {
            var fraction = match.Groups["fraction"].Value.PadRight(6, '0');
            var clock = new DateTime(Number("year"), Number("month"), Number("day"), Number("hour"), Number("minute"), Number("second"), DateTimeKind.Unspecified)
                .AddMicroseconds(fraction.Length == 0 ? 0 : int.Parse(fraction[..6], CultureInfo.InvariantCulture));
            var offset = match.Groups["zone"].Value switch
            {
                "" => local.GetUtcOffset(clock),
                "Z" or "z" => TimeSpan.Zero,
                var zone => new TimeSpan(Number("zonehour"), Number("zoneminute"), 0) * (zone[0] == '-' ? -1 : 1),
            };
            return DateTime.SpecifyKind(clock - offset, DateTimeKind.Utc);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    [GeneratedRegex(
        @"^(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})([T ](?<hour>\d{1,2}):(?<minute>\d{1,2})(:(?<second>\d{1,2})([.,](?<fraction>\d{1,12}))?)?\s*(?<zone>[Zz]|[+-](?<zonehour>\d{2})(:?(?<zoneminute>\d{2}))?)?)?$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Iso();
}
