using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Ara.Wire;

/// <summary>Foreign JSON as bytes. Ansible's output may hold halves of surrogate pairs and NULs, which .NET's strings or the database refuse.</summary>
internal static class RawJson
{
    private const int EscapeLength = 6;

    /// <summary>The text of a value on one line: line ends can stand only between its parts.</summary>
    public static byte[] OneLine(JsonElement value)
    {
        var line = JsonMarshal.GetRawUtf8Value(value).ToArray();
        for (var at = 0; at < line.Length; at++)
        {
            if (line[at] is (byte)'\n' or (byte)'\r')
            {
                line[at] = (byte)' ';
            }
        }

        return line;
    }

    /// <summary>The value of a string, with U+FFFD for what no column can hold.</summary>
    public static string Text(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (raw.IndexOf((byte)'\\') < 0)
        {
            return Encoding.UTF8.GetString(raw[1..^1]);
        }

        using var clean = JsonDocument.Parse(Clean(raw), new JsonDocumentOptions { MaxDepth = MaskedJson.Deepest });
        return clean.RootElement.GetString()!;
    }

    /// <summary>Puts <c>\ufffd</c> for escapes of NUL and of lone halves of surrogate pairs.</summary>
    public static byte[] Clean(ReadOnlySpan<byte> json)
    {
        var output = json.ToArray();
        for (var at = 0; at < output.Length - 1;)
        {
            if (output[at] != (byte)'\\')
            {
                at++;
                continue;
            }

            if (output[at + 1] != (byte)'u')
            {
                at += 2;
                continue;
            }

            var code = Code(output, at);
            if (char.IsHighSurrogate((char)code) && at + EscapeLength + 1 < output.Length
                && output[at + EscapeLength] == (byte)'\\' && output[at + EscapeLength + 1] == (byte)'u' && char.IsLowSurrogate((char)Code(output, at + EscapeLength)))
            {
                at += 2 * EscapeLength;
                continue;
            }

            if (code == 0 || char.IsSurrogate((char)code))
            {
                "fffd"u8.CopyTo(output.AsSpan(at + 2));
            }

            at += EscapeLength;
        }

        return output;
    }

    /// <summary>Writes the properties of an object as they are, and others among them where their names belong if the names are sorted.</summary>
    public static byte[] Merge(JsonElement value, IReadOnlyList<JsonProperty> others)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write("{"u8);
        var rest = others.OrderBy(other => other.Name, StringComparer.Ordinal).ToList();
        foreach (var property in value.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(property);
            while (rest.Count > 0 && name.SequenceCompareTo(JsonMarshal.GetRawUtf8PropertyName(rest[0])) > 0)
            {
                Write(output, rest[0]);
                rest.RemoveAt(0);
            }

            Write(output, property);
        }

        rest.ForEach(property => Write(output, property));
        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes a property and, before it, the comma it may need.</summary>
    public static void Write(ArrayBufferWriter<byte> output, JsonProperty property)
    {
        if (output.WrittenSpan[^1] != (byte)'{')
        {
            output.Write(","u8);
        }

        output.Write("\""u8);
        output.Write(JsonMarshal.GetRawUtf8PropertyName(property));
        output.Write("\":"u8);
        output.Write(OneLine(property.Value));
    }

    private static int Code(byte[] json, int at) =>
        at + EscapeLength <= json.Length && int.TryParse(json.AsSpan(at + 2, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code) ? code : -1;
}
