using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Ara;

/// <summary><c>osism log ansible KIND show ID</c></summary>
internal static class AraShow
{
    private static readonly Column[] Columns =
    [
        new("Field", row => Plain(row, "field"), Fixed: true),
        new("Value", row => Plain(row, "value")),
    ];

    public static Command Create(CliContext cli, AraKind kind)
    {
        var id = new Argument<long>("id") { Description = $"Number of the {kind.Name}" };
        var format = AraQuery.FormatOption();
        var command = new Command("show", $"Show a recorded {kind.Name}") { id };
        var whole = kind.Body is { } body ? new Option<bool>(body.Option) { Description = $"With its {body.Field}" } : null;
        if (whole is not null)
            command.Add(whole);
        command.Add(format);
        command.SetAction(parsed =>
        {
            var bytes = cli.Api.GetBytes(AraQuery.Path(kind.Plural, parsed.GetValue(id).ToString()), cli.Interrupts.Leave);
            // Not disposed: its elements live until they are written.
            var item = JsonDocument.Parse(bytes).RootElement;
            if (whole is not null && !parsed.GetValue(whole))
                item = Rewrite([item], (_, property) => property.Name == kind.Body!.Value.Field)[0];
            Write(cli, item, parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>The value of a field in one cell.</summary>
    public static string? Plain(JsonElement item, string field) =>
        !item.TryGetProperty(field, out var value) ? null : value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Object when value.TryGetProperty("id", out var id) => AraKind.NameOf(value) is { Length: > 0 } name ? $"({id.GetRawText()}) {name}" : id.GetRawText(),
            _ => value.GetRawText(),
        };

    /// <summary>Objects with some of their properties written by <paramref name="other"/>, which says whether it did.</summary>
    public static JsonElement[] Rewrite(JsonElement[] items, Func<Utf8JsonWriter, JsonProperty, bool> other)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var item in items)
            {
                json.WriteStartObject();
                foreach (var property in item.EnumerateObject())
                {
                    if (!other(json, property))
                        property.WriteTo(json);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return [.. JsonDocument.Parse(buffer.ToArray()).RootElement.EnumerateArray()];
    }

    private static void Write(CliContext cli, JsonElement item, string format)
    {
        switch (format)
        {
            case "json":
                cli.Write(JsonFormat.Write(item));
                break;
            case "yaml":
                cli.Write(YamlFormat.Write(item));
                break;
            default:
                Listing.Write(cli, Columns, Fields(item), format);
                break;
        }
    }

    private static JsonElement[] Fields(JsonElement item)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var property in item.EnumerateObject())
            {
                json.WriteStartObject();
                json.WriteString("field", property.Name);
                json.WriteString("value", Plain(item, property.Name));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return [.. JsonDocument.Parse(buffer.ToArray()).RootElement.EnumerateArray()];
    }
}
