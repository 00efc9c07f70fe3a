using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Osism.Daemon.Facts;

/// <summary>Makes of what Python calls JSON what others call so, and of any text one that the database takes.</summary>
internal static class FactText
{
    private const int Deepest = 512;

    public static JsonReaderOptions Reading { get; } = new() { MaxDepth = Deepest, CommentHandling = JsonCommentHandling.Disallow };

    public static JsonDocumentOptions Parsing { get; } = new() { MaxDepth = Deepest };

    /// <summary>PostgreSQL's texts cannot hold the character 0.</summary>
    public static string Storable(string text) => text.Contains('\0', StringComparison.Ordinal) ? text.Replace('\0', '\uFFFD') : text;

    /// <summary>The bytes themselves when they are JSON; else with null for NaN and the infinities, and U+FFFD for what is no UTF-8. Null: not one JSON value even so.</summary>
    public static ReadOnlyMemory<byte>? Repaired(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));
        if (IsJson(json.Span))
            return json;
        var repaired = WithoutNumbersThatAreNone(json.Span);
        return IsJson(repaired) ? (ReadOnlyMemory<byte>?)repaired : null;
    }

    /// <summary>The text of a name or a value; half a surrogate pair, which Python lets pass, does not cost the rest.</summary>
    public static string Of(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Reading);
        try
        {
            while (reader.Read())
            {
                // Only whether it goes through.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Python 3 <c>json</c>: NaN, Infinity and -Infinity stand bare, outside of strings.</summary>
    private static byte[] WithoutNumbersThatAreNone(ReadOnlySpan<byte> json)
    {
        using var repaired = new MemoryStream(json.Length);
        var isText = false;
        for (var i = 0; i < json.Length; i++)
        {
            var rest = json[i..];
            var length = isText ? 0 : rest.StartsWith("NaN"u8) ? 3 : rest.StartsWith("Infinity"u8) ? 8 : rest.StartsWith("-Infinity"u8) ? 9 : 0;
            if (length > 0)
            {
                repaired.Write("null"u8);
                i += length - 1;
                continue;
            }

            repaired.WriteByte(json[i]);
            if (json[i] == '"')
            {
                isText = !isText;
            }
            else if (isText && json[i] == '\\' && i + 1 < json.Length)
            {
                repaired.WriteByte(json[++i]);
            }
        }

        return repaired.ToArray();
    }
}
