using System.Globalization;

namespace Osism.Daemon.Inventory.Values;

/// <summary>A date, or a date and time with or without an offset, as YAML's timestamps make them.</summary>
/// <param name="moment">As written, whatever the offset.</param>
/// <param name="isDate">Without time of day.</param>
/// <param name="offset">From UTC; null where none was written.</param>
internal sealed class PyTime(DateTime moment, bool isDate, TimeSpan? offset) : PyValue
{
    public override string TypeName => isDate ? "date" : "datetime";

    /// <summary>Python's <c>isoformat</c>.</summary>
    public string Iso(char separator = 'T')
    {
        var day = moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (isDate)
            return day;
        var time = moment.ToString(Microseconds == 0 ? "HH:mm:ss" : "HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        return $"{day}{separator}{time}{(offset is { } away ? Offset(away) : "")}";
    }

    /// <summary>Python's <c>repr</c>.</summary>
    public string Repr()
    {
        if (isDate)
            return $"datetime.date({moment.Year}, {moment.Month}, {moment.Day})";
        var parts = $"{moment.Year}, {moment.Month}, {moment.Day}, {moment.Hour}, {moment.Minute}";
        if (moment.Second != 0 || Microseconds != 0)
            parts += $", {moment.Second}";
        if (Microseconds != 0)
            parts += $", {Microseconds}";
        return $"datetime.datetime({parts}{Zone()})";
    }

    public override bool Equals(object? obj) => obj is PyTime other && Repr() == other.Repr();

    public override int GetHashCode() => moment.GetHashCode();

    private long Microseconds => moment.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;

    private static string Offset(TimeSpan away) =>
        $"{(away < TimeSpan.Zero ? '-' : '+')}{away.Duration().ToString(@"hh\:mm", CultureInfo.InvariantCulture)}";

    private string Zone()
    {
        if (offset is not { } away)
            return "";
        if (away == TimeSpan.Zero)
            return ", tzinfo=datetime.timezone.utc";
        // Python keeps days and seconds, of which only the days may be negative.
        var days = away < TimeSpan.Zero ? -1 : 0;
        var seconds = (int)(away.TotalSeconds - (days * 86400));
        var parts = days == 0 ? $"seconds={seconds}" : seconds == 0 ? $"days={days}" : $"days={days}, seconds={seconds}";
        return $", tzinfo=datetime.timezone(datetime.timedelta({parts}))";
    }
}
