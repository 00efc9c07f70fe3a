using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Osism.Daemon.Inventory.Current;

namespace Osism.Daemon.Facts;

/// <summary>Values of facts as the API shows them, and parts of them.</summary>
internal static class FactValues
{
    private const string VaultHead = "$ANSIBLE_VAULT;";
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000 };

    /// <param name="name">Of the fact: it may be that of a secret.</param>
    /// <param name="value">JSON.</param>
    /// <param name="isMasked">Whether secrets are hidden.</param>
    public static JsonElement Shown(string name, ReadOnlyMemory<byte> value, bool isMasked)
    {
        var bytes = new ArrayBufferWriter<byte>(value.Length + 16);
        using (var json = new Utf8JsonWriter(bytes, Writing))
            Write(json, name, value.Span, isMasked);
        using var document = JsonDocument.Parse(bytes.WrittenMemory, FactText.Parsing);
        return document.RootElement.Clone();
    }

    /// <summary>One object of many facts.</summary>
    public static JsonElement Shown(IEnumerable<Fact> facts, bool isMasked)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Writing))
        {
            json.WriteStartObject();
            foreach (var fact in facts)
            {
                json.WritePropertyName(fact.Name);
                Write(json, fact.Name, fact.Value.Span, isMasked);
            }

            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(bytes.WrittenMemory, FactText.Parsing);
        return document.RootElement.Clone();
    }

    /// <summary>An object with one value.</summary>
    public static JsonElement Single(string name, JsonElement value)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Writing))
        {
            json.WriteStartObject();
            json.WritePropertyName(name);
            value.WriteTo(json);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(bytes.WrittenMemory, FactText.Parsing);
        return document.RootElement.Clone();
    }

    /// <summary>What a path leads to. Keys may hold dots themselves: the longest that fits is taken.</summary>
    public static JsonElement? Part(JsonElement value, string path)
    {
        if (path.Length == 0)
            return value;
        if (value.ValueKind == JsonValueKind.Array)
        {
            var (index, rest) = Split(path, path.IndexOf('.', StringComparison.Ordinal));
            return int.TryParse(index, out var at) && at >= 0 && at < value.GetArrayLength() ? Part(value[at], rest) : null;
        }

        if (value.ValueKind != JsonValueKind.Object)
            return null;
        for (var end = path.Length; end > 0; end = path.LastIndexOf('.', end - 1))
        {
            if (value.TryGetProperty(path[..end], out var inner) && Part(inner, end == path.Length ? "" : path[(end + 1)..]) is { } found)
                return found;
        }

        return null;
    }

    /// <summary>The names a path may begin with, the longest first, each with the rest.</summary>
    public static IEnumerable<(string Name, string Tail)> Heads(string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('.', end - 1))
            yield return (path[..end], end == path.Length ? "" : path[(end + 1)..]);
    }

    /// <summary>As people write it: a text is itself.</summary>
    public static string TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static (string Head, string Tail) Split(string path, int at) => at < 0 ? (path, "") : (path[..at], path[(at + 1)..]);

    private static void Write(Utf8JsonWriter json, string name, ReadOnlySpan<byte> value, bool isMasked)
    {
        var reader = new Utf8JsonReader(value, FactText.Reading);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = FactText.Of(ref reader);
                    json.WritePropertyName(name);
                    continue;
                case JsonTokenType.EndObject:
                    json.WriteEndObject();
                    continue;
                case JsonTokenType.EndArray:
                    json.WriteEndArray();
                    continue;
            }

            if (isMasked && ShownValues.IsSecretName(name))
            {
                reader.Skip();
                json.WriteStringValue(ShownValues.Mask);
                continue;
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    json.WriteStartObject();
                    break;
                case JsonTokenType.StartArray:
                    json.WriteStartArray();
                    break;
                case JsonTokenType.String:
                    var text = FactText.Of(ref reader);
                    json.WriteStringValue(isMasked && text.StartsWith(VaultHead, StringComparison.Ordinal) ? ShownValues.Mask : text);
                    break;
                default:
                    json.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                    break;
            }
        }
    }
}
