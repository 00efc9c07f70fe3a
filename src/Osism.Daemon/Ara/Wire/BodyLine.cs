using System.Buffers;
using System.Text.Json;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Ara.Wire;

/// <summary>Bodies of foreign recordings as lines of the form of our own events, so that whoever reads those reads these too.</summary>
internal static class BodyLine
{
    private static readonly string[] Beside = ["deprecations", "diff", "warnings"];

    /// <summary>What a module said. Ansible's diff, warnings and deprecations stand beside it, as in our events.</summary>
    public static byte[] OfContent(JsonElement content)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write("{\"v\":1,\"ev\":\"host\",\"res\":"u8);
        if (content.ValueKind != JsonValueKind.Object)
        {
            output.Write(RawJson.OneLine(content));
            output.Write("}\n"u8);
            return output.WrittenSpan.ToArray();
        }

        output.Write("{"u8);
        var beside = new List<JsonProperty>();
        foreach (var property in content.EnumerateObject())
        {
            if (Beside.Any(name => property.NameEquals(name)))
            {
                beside.Add(property);
            }
            else
            {
                RawJson.Write(output, property);
            }
        }

        output.Write("}"u8);
        beside.ForEach(property => RawJson.Write(output, property));
        output.Write("}\n"u8);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] OfFacts(string host, JsonElement facts)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write("{\"v\":1,\"ev\":\"facts\",\"h\":"u8);
        output.Write(JsonSerializer.SerializeToUtf8Bytes(host, AraJson.Default.String));
        output.Write(",\"facts\":"u8);
        output.Write(RawJson.OneLine(facts));
        output.Write("}\n"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>What ARA calls the content of a result, from the line of it; an empty object when there is none any more.</summary>
    public static byte[] ToContent(byte[] line)
    {
        using var document = MaskedJson.Parse(line);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("res"u8, out var content))
        {
            return "{}"u8.ToArray();
        }

        var beside = root.EnumerateObject().Where(property => Beside.Any(name => property.NameEquals(name))).ToList();
        return content.ValueKind == JsonValueKind.Object && beside.Count > 0 ? RawJson.Merge(content, beside) : RawJson.OneLine(content);
    }

    public static byte[] ToFacts(byte[] line)
    {
        using var document = MaskedJson.Parse(line);
        return document?.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("facts"u8, out var facts)
            ? RawJson.OneLine(facts)
            : "{}"u8.ToArray();
    }
}
