using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Contracts;

namespace Osism.Cli.Formats;

/// <summary>Lists of the API as table, JSON, YAML or CSV.</summary>
internal static class Listing
{
    /// <summary>The option <c>--format</c> of a listing.</summary>
    public static Option<string> FormatOption() => FormatOption("table", "json", "yaml", "csv");

    /// <summary>The option <c>--format</c>, of which the first value is the default.</summary>
    public static Option<string> FormatOption(params string[] formats)
    {
        var option = new Option<string>("--format")
        {
            Description = $"{string.Join(", ", formats[..^1])} or {formats[^1]}. Default: {formats[0]}",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => formats[0],
        };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }

    /// <summary>As <see cref="FormatOption(string[])"/>, where the option may stand without a value and then means the default.</summary>
    public static Option<string> LogFormatOption()
    {
        var option = FormatOption("log", "script");
        option.Arity = ArgumentArity.ZeroOrOne;
        return option;
    }

    /// <summary>Reads a list and writes it.</summary>
    /// <param name="limit">Rows to stop at; null = all there are; 0 = what the manager gives when asked once.</param>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public static void Write(CliContext cli, string path, Column[] columns, string format, int? limit, CancellationToken cancellationToken)
    {
        JsonElement[] items = [];
        string? next = null;
        do
        {
            // Not disposed: its elements live until they are written.
            var page = JsonDocument.Parse(cli.Api.GetBytes(WithCursor(path, next), cancellationToken)).RootElement;
            items = [.. items, .. Items(page)];
            next = page.TextOrNull("next");
        }
        while (next is not null && (limit is null || items.Length < limit));

        Write(cli, columns, limit is > 0 and { } most && items.Length > most ? items[..most] : items, format);
    }

    /// <summary>Writes rows that were read.</summary>
    public static void Write(CliContext cli, Column[] columns, JsonElement[] rows, string format) =>
        cli.Write(format switch
        {
            "json" => JsonFormat.Write(rows),
            "yaml" => YamlFormat.Write(rows),
            "csv" => CsvFormat.Write(columns, rows),
            _ => TableFormat.Write(columns, rows, cli.Screen.Width, cli.Screen.Colours),
        });

    /// <summary>The rows of a list.</summary>
    public static JsonElement[] Items(JsonElement page, string name = "items")
    {
        var list = page.GetProperty(name);
        var items = new JsonElement[list.GetArrayLength()];
        var count = 0;
        foreach (var item in list.EnumerateArray())
            items[count++] = item;
        return items;
    }

    /// <summary>Writes one object as it came.</summary>
    public static void WriteObject(CliContext cli, byte[] body, string format)
    {
        using var document = JsonDocument.Parse(body);
        cli.Write(format == "json" ? JsonFormat.Write(document.RootElement) : YamlFormat.Write(document.RootElement));
    }

    private static string WithCursor(string path, string? next) =>
        next is null ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{ApiRoutes.CursorParameter}={Uri.EscapeDataString(next)}";
}
