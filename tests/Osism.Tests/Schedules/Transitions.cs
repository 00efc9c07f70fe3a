using System.Globalization;
using System.Text.RegularExpressions;
using Osism.Testing;

namespace Osism.Tests.Schedules;

/// <summary>A moment at which the clocks of a zone change.</summary>
/// <param name="At">The first second of the new offset.</param>
internal sealed record Transition(string Zone, DateTimeOffset At, TimeSpan Before, TimeSpan After);

/// <summary>Changes of clocks as the C library's own reader of the tz database, zdump(8), tells them.</summary>
internal static partial class Transitions
{
    private static readonly string Table = "/usr/share/zoneinfo/zone1970.tab";

    /// <summary>Every zone that stands for a region of its own, UTC offsets in whole minutes.</summary>
    public static IReadOnlyList<string> Zones { get; } =
        [.. File.ReadLines(Table).Where(line => !line.StartsWith('#')).Select(line => line.Split('\t')[2]).Order(StringComparer.Ordinal)];

    public static async Task<IReadOnlyList<Transition>> ReadAsync(IReadOnlyList<string> zones, int firstYear, int lastYear, CancellationToken cancellationToken)
    {
        var dump = await new Command("zdump") { Arguments = ["-v", "-c", $"{firstYear},{lastYear}", .. zones] }.MustAsync(cancellationToken);
        var changes = new List<Transition>();
        (string Zone, DateTimeOffset At, TimeSpan Offset)? last = null;
        foreach (var match in dump.Text.Split('\n').Select(line => Line().Match(line)).Where(match => match.Success))
        {
            var at = DateTimeOffset.ParseExact(
                NoBlanks().Replace(match.Groups["at"].Value, " "), "MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            var now = (Zone: match.Groups["zone"].Value, At: at, Offset: TimeSpan.FromSeconds(int.Parse(match.Groups["offset"].Value, CultureInfo.InvariantCulture)));
            if (last is { } before && before.Zone == now.Zone && now.At - before.At == TimeSpan.FromSeconds(1) && before.Offset != now.Offset)
            {
                changes.Add(new Transition(now.Zone, now.At, before.Offset, now.Offset));
            }

            last = now;
        }

        return changes;
    }

    [GeneratedRegex(@"^(?<zone>\S+)\s+\w{3} (?<at>\w{3}\s+\d+ \d\d:\d\d:\d\d \d+) UTC? = .* gmtoff=(?<offset>-?\d+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();

    [GeneratedRegex(" +")]
    private static partial Regex NoBlanks();
}
