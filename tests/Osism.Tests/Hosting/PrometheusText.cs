using System.Globalization;
using System.Text.RegularExpressions;

namespace Osism.Tests.Hosting;

/// <summary>A strict reader of the Prometheus text format 0.0.4, as far as a manager writes it.</summary>
internal static partial class PrometheusText
{
    /// <summary>Samples by name and labels. Fails on whatever Prometheus would refuse.</summary>
    public static Dictionary<string, double> Parse(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var samples = new Dictionary<string, double>(StringComparer.Ordinal);
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        var current = "";
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            if (Meta().Match(line) is { Success: true } meta)
            {
                current = meta.Groups["name"].Value;
                if (meta.Groups["kind"].Value == "TYPE")
                {
                    Assert.Contains(meta.Groups["rest"].Value, new[] { "counter", "gauge", "histogram" });
                    Assert.True(types.TryAdd(current, meta.Groups["rest"].Value), $"{current} is described twice");
                }

                continue;
            }

            var sample = Sample().Match(line);
            Assert.True(sample.Success, $"not a sample: {line}");
            var name = sample.Groups["name"].Value;
            Assert.True(
                name == current || (types[current] == "histogram" && name.StartsWith(current, StringComparison.Ordinal)
                    && name[current.Length..] is "_bucket" or "_sum" or "_count"),
                $"{name} stands below {current}");
            Assert.True(
                samples.TryAdd(name + sample.Groups["labels"].Value, double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture)),
                $"given twice: {line}");
        }

        return samples;
    }

    [GeneratedRegex(@"^# (?<kind>HELP|TYPE) (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<rest>.+)$")]
    private static partial Regex Meta();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{([a-z_]+="([^"\\]|\\.)*"(,|(?=\})))+\})? (?<value>[-+0-9.eE]+)$""")]
    private static partial Regex Sample();
}
