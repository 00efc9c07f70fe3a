using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Osism.Daemon.Platform;

/// <summary>Durations as operators write them in files: <c>90s</c>, <c>10m</c>, <c>1h30m</c>, <c>7d</c>, <c>2w</c>; a bare number is seconds.</summary>
internal static partial class Durations
{
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("w", TimeSpan.FromDays(7)), ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)), ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Null for what is no duration, or longer than 1000 years.</summary>
    public static TimeSpan? Parse(string? text)
    {
        var match = Form().Match(text?.Trim() ?? "");
        if (!match.Success)
        {
            return null;
        }

        var seconds = 0.0;
        if (match.Groups["bare"] is { Success: true } bare)
        {
            seconds = double.Parse(bare.ValueSpan, CultureInfo.InvariantCulture);
        }
        else
        {
            var (numbers, units) = (match.Groups["number"].Captures, match.Groups["unit"].Captures);
            for (var i = 0; i < numbers.Count; i++)
            {
                seconds += double.Parse(numbers[i].ValueSpan, CultureInfo.InvariantCulture)
                    * Units.First(unit => unit.Unit == units[i].Value).Length.TotalSeconds;
            }
        }

        return seconds <= TimeSpan.FromDays(365_250).TotalSeconds ? TimeSpan.FromMilliseconds(Math.Round(seconds * 1000)) : null;
    }

    /// <summary>The shortest form that <see cref="Parse"/> reads back: <c>1h30m</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        var text = new StringBuilder();
        var left = duration;
        foreach (var (unit, length) in Units.Where(unit => unit.Unit != "w"))
        {
            var count = (long)(left / length);
            if (count > 0)
            {
                text.Append(count.ToString(CultureInfo.InvariantCulture)).Append(unit);
                left -= count * length;
            }
        }

        return text.Length == 0 ? "0s" : text.ToString();
    }

    [GeneratedRegex(@"\A(?:(?<bare>\d{1,12}(?:\.\d{1,3})?)|(?:(?<number>\d{1,12}(?:\.\d{1,3})?)(?<unit>ms|[wdhms]))+)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
