using System.Globalization;

namespace Osism.Cli.Formats;

/// <summary>Times and durations for people.</summary>
internal static class Times
{
    /// <summary>Local time, to the second; empty for none.</summary>
    public static string Local(DateTimeOffset? time) =>
        time?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    /// <summary><c>0.42 s</c>, <c>12.3 s</c>, <c>3 m 05 s</c>, <c>2 h 07 m</c>.</summary>
    public static string Duration(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero)
            duration = TimeSpan.Zero;
        if (duration.TotalSeconds < 1)
            return duration.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) + " s";
        if (duration.TotalSeconds < 60)
            return duration.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
        return duration.TotalHours < 1
            ? $"{(int)duration.TotalMinutes} m {duration.Seconds:00} s"
            : $"{(int)duration.TotalHours} h {duration.Minutes:00} m";
    }
}
