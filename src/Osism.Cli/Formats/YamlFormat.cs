using System.Text;
using System.Text.Json;

namespace Osism.Cli.Formats;

/// <summary>JSON values as YAML 1.2 in block style. Every text that a reader could take for something else is quoted.</summary>
internal static class YamlFormat
{
    public static string Write(JsonElement value)
    {
        var text = new StringBuilder();
        Value(text, value, 0, inSequence: false);
        return text.ToString();
    }

    public static string Write(JsonElement[] items)
    {
        var text = new StringBuilder();
        if (items.Length == 0)
            return "[]\n";
        foreach (var item in items)
        {
            text.Append("- ");
            Value(text, item, 1, inSequence: true);
        }

        return text.ToString();
    }

    /// <param name="inSequence">The first entry stands behind a <c>- </c> that is already written.</param>
    private static void Value(StringBuilder text, JsonElement value, int depth, bool inSequence)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().MoveNext():
                var first = true;
                foreach (var property in value.EnumerateObject())
                {
                    Indent(text, inSequence && first ? 0 : depth);
                    first = false;
                    text.Append(Scalar(property.Name)).Append(':');
                    Nested(text, property.Value, depth);
                }

                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                first = true;
                foreach (var item in value.EnumerateArray())
                {
                    Indent(text, inSequence && first ? 0 : depth);
                    first = false;
                    text.Append("- ");
                    Value(text, item, depth + 1, inSequence: true);
                }

                break;
            default:
                text.Append(Leaf(value)).Append('\n');
                break;
        }
    }

    private static void Nested(StringBuilder text, JsonElement value, int depth)
    {
        var block = value.ValueKind is JsonValueKind.Object && value.EnumerateObject().MoveNext()
            || value.ValueKind is JsonValueKind.Array && value.GetArrayLength() > 0;
        text.Append(block ? '\n' : ' ');
        Value(text, value, block ? depth + 1 : depth, inSequence: false);
    }

    private static void Indent(StringBuilder text, int depth) => text.Append(' ', 2 * depth);

    private static string Leaf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Scalar(value.GetString()!),
        JsonValueKind.Object => "{}",
        JsonValueKind.Array => "[]",
        JsonValueKind.Null => "null",
        _ => value.GetRawText(),
    };

    /// <summary>Plain where only letters, digits and harmless marks make it, and it is neither a number nor a word of the language.</summary>
    private static string Scalar(string text)
    {
        var plain = text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_') && text[^1] != ':'
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is ' ' or '-' or '_' or '.' or '/' or ':' or '+' or '=' or '@' or '(' or ')')
            && text[^1] != ' ' && !text.Contains(": ", StringComparison.Ordinal)
            && text.ToLowerInvariant() is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n");
        return plain ? text : Quoted(text);
    }

    // A JSON string is a YAML double-quoted scalar (YAML 1.2 §1.3).
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var letter in text)
        {
            quoted.Append(letter switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\x85' or '\xa0' or '\u2028' or '\u2029' or '\ufeff' => $"\\u{(int)letter:x4}",
                _ when char.IsControl(letter) => $"\\u{(int)letter:x4}",
                _ => letter.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
