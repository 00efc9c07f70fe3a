using System.Text;
using System.Text.Json;

namespace Osism.Daemon.Recording.Events;

/// <summary>Reads single values of events, whatever stands in their place.</summary>
internal static class EventValues
{
    /// <summary>Characters of a message that a row keeps; the whole is in the line.</summary>
    public const int MessageLength = 500;

    private const double LastSecond = 253402300799; // The end of the year 9999.

    /// <summary>Text that PostgreSQL can hold: no NUL, and no half of a surrogate pair.</summary>
    public static string Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return "";
        }

        try
        {
            return reader.GetString()!.Replace('\0', '\uFFFD');
        }
        catch (InvalidOperationException)
        {
            // Invalid UTF-8, or an escape that is half of a character.
            return Encoding.UTF8.GetString(reader.ValueSpan).Replace('\0', '\uFFFD');
        }
    }

    public static double? Number(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    public static int? Whole(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : null;

    public static DateTimeOffset? Moment(ref Utf8JsonReader reader) =>
        Number(ref reader) is { } seconds and >= 0 and < LastSecond
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond) / 10 * 10)
            : null;

    /// <summary>An array or object as it stands there.</summary>
    public static string? Raw(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            reader.Skip();
            return null;
        }

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return Encoding.UTF8.GetString(line[start..(int)reader.BytesConsumed]);
    }

    public static List<string> Texts(ref Utf8JsonReader reader)
    {
        var texts = new List<string>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return texts;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                texts.Add(Text(ref reader));
            }

            reader.Skip();
        }

        return texts;
    }

    public static string Short(string text) =>
        text.Length <= MessageLength ? text : text[..(char.IsHighSurrogate(text[MessageLength - 1]) ? MessageLength - 1 : MessageLength)];
}
