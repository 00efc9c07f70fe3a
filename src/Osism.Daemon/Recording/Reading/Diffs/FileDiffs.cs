using System.Text.Encodings.Web;
using System.Text.Json;
using Osism.Contracts.Recording;

namespace Osism.Daemon.Recording.Reading.Diffs;

/// <summary>What Ansible says a task changed, by file. The forms are those of modules: before and after as texts or objects, or a diff that is ready.</summary>
internal static class FileDiffs
{
    public static IEnumerable<FileDiffInfo> Of(long result, string host, string task, ResultBody body)
    {
        if (body.Diff is not { } diff)
        {
            yield break;
        }

        var parts = diff.ValueKind == JsonValueKind.Array ? diff.EnumerateArray().ToList() : [diff];
        foreach (var part in parts.Where(part => part.ValueKind == JsonValueKind.Object))
        {
            var file = Name(part, "after_header") ?? Name(part, "before_header") ?? body.Text("dest") ?? body.Text("path") ?? "";
            if (Text(part, "prepared") is { } prepared)
            {
                yield return new FileDiffInfo(result, host, task, file, prepared.EndsWith('\n') ? prepared : prepared + "\n", null);
                continue;
            }

            var note = Note(part);
            var text = UnifiedDiff.Of(
                Text(part, "before") ?? "", Text(part, "after") ?? "", Name(part, "before_header") ?? $"before: {file}", Name(part, "after_header") ?? $"after: {file}");
            if (text.Length > 0 || note is not null)
            {
                yield return new FileDiffInfo(result, host, task, file, text, note);
            }
        }
    }

    /// <summary>What modules set instead of a content that they do not show.</summary>
    private static string? Note(JsonElement part)
    {
        foreach (var property in part.EnumerateObject())
        {
            switch (property.Name)
            {
                case "src_binary" or "dst_binary":
                    return "a binary file";
                case "src_larger" or "dst_larger":
                    return $"a file larger than {property.Value} bytes";
                default:
                    continue;
            }
        }

        return null;
    }

    private static string? Name(JsonElement part, string name)
    {
        const string Content = " (content)";
        var text = Text(part, name);
        return text?.EndsWith(Content, StringComparison.Ordinal) == true ? text[..^Content.Length] : text;
    }

    private static string? Text(JsonElement part, string name) => !part.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Object or JsonValueKind.Array => Pretty(value),
        _ => value.GetRawText() + "\n",
    };

    private static string Pretty(JsonElement value)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            value.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }
}
