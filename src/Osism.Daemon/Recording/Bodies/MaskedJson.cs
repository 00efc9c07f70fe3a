using System.Buffers;
using System.Text.Json;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Recording.Bodies;

/// <summary>JSON that went through the masker. A secret that was a number, or a part of one, leaves stars where JSON wants a value.</summary>
internal static class MaskedJson
{
    /// <summary>Results nest as deep as a module likes; the callback gives up where Python would.</summary>
    public const int Deepest = 4096;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = Deepest };

    /// <summary>Reads a line of events; where stars stand outside of a string, the value they belong to becomes the string <c>***</c>.</summary>
    /// <returns>Null when it is no JSON in spite of that.</returns>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return JsonDocument.Parse(line, Options);
        }
        catch (JsonException) when (line.Span.IndexOf(StreamingMasker.Replacement) >= 0)
        {
            return TryParse(Repair(line.Span));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether a text is JSON, as strictly as PostgreSQL wants it.</summary>
    public static bool IsValid(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            foreach (var _ in Strings(document.RootElement))
            {
                // Half of a surrogate pair is found only when it is looked at.
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Puts values that hold stars outside of strings into quotes.</summary>
    public static byte[] Repair(ReadOnlySpan<byte> line)
    {
        var output = new ArrayBufferWriter<byte>(line.Length + 16);
        var inString = false;
        for (var at = 0; at < line.Length;)
        {
            var c = line[at];
            if (inString)
            {
                var length = c == (byte)'\\' && at + 1 < line.Length ? 2 : 1;
                inString = c != (byte)'"';
                output.Write(line.Slice(at, length));
                at += length;
            }
            else if (c == (byte)'"')
            {
                inString = true;
                output.Write(line.Slice(at++, 1));
            }
            else if (IsMark(c))
            {
                output.Write(line.Slice(at++, 1));
            }
            else
            {
                // A bare word, up to the next mark: a number, true, false, null, or what the masker left of it.
                var end = at;
                while (end < line.Length && !IsMark(line[end]) && line[end] != (byte)'"')
                {
                    end++;
                }

                var word = line[at..end];
                output.Write(word.IndexOf(StreamingMasker.Replacement) >= 0 ? "\"***\""u8 : word);
                at = end;
            }
        }

        return output.WrittenSpan.ToArray();
    }

    private static IEnumerable<string?> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Strings(property.Value).Prepend(property.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.String => [element.GetString()],
        _ => [],
    };

    private static bool IsMark(byte c) => c is (byte)'{' or (byte)'}' or (byte)'[' or (byte)']' or (byte)',' or (byte)':' or (byte)' ';

    private static JsonDocument? TryParse(byte[] line)
    {
        try
        {
            return JsonDocument.Parse(line, Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
