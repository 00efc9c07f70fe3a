using System.Text;
using System.Text.Json;

namespace Osism.Cli.Formats;

/// <summary>Comma separated values (RFC 4180): a line of names, CRLF, quotes where they are needed.</summary>
internal static class CsvFormat
{
    public static string Write(Column[] columns, JsonElement[] rows)
    {
        var text = new StringBuilder();
        Record(text, columns.Select(column => column.Title.ToLowerInvariant().Replace(' ', '_')));
        foreach (var row in rows)
            Record(text, columns.Select(column => column.Text(row) ?? ""));
        return text.ToString();
    }

    private static void Record(StringBuilder text, IEnumerable<string> fields)
    {
        var first = true;
        foreach (var field in fields)
        {
            if (!first)
                text.Append(',');
            first = false;
            if (field.AsSpan().ContainsAny(",\"\r\n"))
                text.Append('"').Append(field.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
            else
                text.Append(field);
        }

        text.Append("\r\n");
    }
}
