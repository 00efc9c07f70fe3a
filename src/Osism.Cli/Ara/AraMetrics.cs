using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Ara;

/// <summary><c>osism log ansible playbook|task|host metrics</c>: sums over what a listing finds.</summary>
internal static class AraMetrics
{
    private const int Limit = 1000;
    private static readonly string[] Statuses = ["completed", "expired", "failed", "running"];
    private static readonly string[] Counts = ["changed", "failed", "ok", "skipped", "unreachable"];

    public static Command Create(CliContext cli, AraKind kind)
    {
        var command = new Command("metrics", $"Sum up recorded {kind.Plural}");
        var aggregate = new Option<string>("--aggregate")
        {
            Description = $"{string.Join(", ", kind.Groups)}. Default: {kind.Groups[0]}",
            HelpName = "FIELD",
            DefaultValueFactory = _ => kind.Groups[0],
        };
        aggregate.AcceptOnlyFromAmong(kind.Groups);
        if (kind.Groups.Length > 1)
            command.Add(aggregate);
        var query = new AraQuery(command, kind, kind.Order, Limit);
        var format = AraQuery.FormatOption();
        command.Add(format);
        command.SetAction(parsed =>
        {
            var field = kind.Groups.Length > 1 ? parsed.GetValue(aggregate)! : kind.Groups[0];
            var rows = Sum(query.Read(cli, parsed), field, kind);
            Column[] columns = rows.Length == 0
                ? [new Column(field, _ => null)]
                : [.. rows[0].EnumerateObject().Select(property => property.Name).Select(name => new Column(name.Replace('_', ' '), row => AraShow.Plain(row, name)))];
            Listing.Write(cli, columns, rows, parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>A duration as ARA writes it: <c>[D ]HH:MM:SS.ffffff</c>.</summary>
    public static TimeSpan Span(string text)
    {
        var parts = text.Split(' ');
        return TimeSpan.FromDays(parts.Length > 1 ? int.Parse(parts[0], CultureInfo.InvariantCulture) : 0) + TimeSpan.Parse(parts[^1], CultureInfo.InvariantCulture);
    }

    private static JsonElement[] Sum(JsonElement[] items, string field, AraKind kind)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var group in items.GroupBy(item => AraShow.Plain(item, field) ?? "", StringComparer.Ordinal).OrderByDescending(group => group.Count()))
            {
                json.WriteStartObject();
                json.WriteString(field, group.Key);
                json.WriteNumber("count", group.Count());
                if (kind.Name == "host")
                {
                    foreach (var count in Counts)
                        json.WriteNumber(count, group.Sum(item => item.Long(count)));
                }
                else
                {
                    Times(json, [.. group]);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return [.. JsonDocument.Parse(buffer.ToArray()).RootElement.EnumerateArray()];
    }

    private static void Times(Utf8JsonWriter json, JsonElement[] group)
    {
        json.WriteNumber("results", group.Sum(item => item.TryGetProperty("items", out var items) ? items.LongOrNull("results") ?? 0 : 0));
        var spans = group.Select(item => item.TextOrNull("duration")).OfType<string>().Select(Span).ToList();
        var total = TimeSpan.FromTicks(spans.Sum(span => span.Ticks));
        json.WriteNumber("duration_total_seconds", Math.Round(total.TotalSeconds, 3));
        json.WriteNumber("duration_average_seconds", spans.Count == 0 ? 0 : Math.Round(total.TotalSeconds / spans.Count, 3));
        foreach (var status in Statuses)
            json.WriteNumber(status, group.Count(item => item.TextOrNull("status") == status));
    }
}
