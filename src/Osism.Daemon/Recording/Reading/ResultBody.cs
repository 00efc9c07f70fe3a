using System.Text.Json;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Recording.Reading;

/// <summary>The event behind a result, as far as it can be read.</summary>
internal sealed record ResultBody
{
    /// <summary>Nothing is stored of it.</summary>
    public static ResultBody None { get; } = new();

    public JsonElement? Res { get; private init; }

    public JsonElement? Diff { get; private init; }

    public IReadOnlyList<string> Warnings { get; private init; } = [];

    public IReadOnlyList<string> Deprecations { get; private init; } = [];

    public IReadOnlyList<string> DelegatedTo { get; private init; } = [];

    /// <summary>Length of the result before it was cut; null when it is whole.</summary>
    public long? CutBytes { get; private init; }

    public static ResultBody Of(byte[] line)
    {
        if (line.Length == 0 || MaskedJson.Parse(line) is not { } document)
        {
            return None;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return None;
            }

            var res = Element(root, "res");
            return new ResultBody
            {
                Res = res?.Clone(),
                Diff = Element(root, "diff")?.Clone(),
                Warnings = Texts(root, "warnings"),
                Deprecations = Texts(root, "deprecations"),
                DelegatedTo = Texts(root, "delegated_to"),
                CutBytes = res is { ValueKind: JsonValueKind.Object } && Element(res.Value, "_cut") is { ValueKind: JsonValueKind.Object } cut
                    && Element(cut, "bytes") is { ValueKind: JsonValueKind.Number } bytes && bytes.TryGetInt64(out var length) ? length : null,
            };
        }
    }

    /// <summary>A text of the result, such as <c>stderr</c>; null when it has none.</summary>
    public string? Text(string name) => Res is { ValueKind: JsonValueKind.Object } res && Element(res, name) is { } value
        ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()
        : null;

    private static JsonElement? Element(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static IReadOnlyList<string> Texts(JsonElement json, string name) => Element(json, name) switch
    {
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(Words)],
        { } one => [Words(one)],
        null => [],
    };

    /// <summary>Deprecations come as texts or as objects with a <c>msg</c>, depending on Ansible's version.</summary>
    private static string Words(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Object when Element(value, "msg") is { ValueKind: JsonValueKind.String } message => message.GetString()!,
        _ => value.GetRawText(),
    };
}
