using System.Text.Json;
using Osism.Contracts.Recording;

namespace Osism.Cli.Recording;

/// <summary>The turns of a loop, one by one: what each was about, how it ended and why.</summary>
internal static class ResultItems
{
    private const int Widest = 40;

    /// <summary>Where a turn says why: the first that says something.</summary>
    private static readonly string[] Reasons = ["msg", "stderr", "module_stderr", "skip_reason", "stdout"];

    /// <summary>Whether a field of a result holds the turns of a loop, and not something of the module's own.</summary>
    public static bool Are(JsonElement results) =>
        results.ValueKind == JsonValueKind.Array && results.GetArrayLength() > 0
        && results.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("ansible_loop_var", out _));

    /// <summary>A line for each turn; null for what is no loop.</summary>
    public static string? Text(JsonElement res)
    {
        if (!res.TryGetProperty("results", out var results) || !Are(results))
            return null;
        var items = results.EnumerateArray().Select(item => (Status: Status(item), Label: Label(item), Why: Why(item))).ToList();
        var width = Math.Min(Widest, items.Max(item => item.Label.Length));
        return string.Join('\n', items.Select(item => $"{item.Status,-8} {ResultText.Fit(item.Label, width)}  {item.Why}".TrimEnd()));
    }

    private static string Status(JsonElement item) =>
        Is(item, "failed") ? ResultStatuses.Failed : Is(item, "skipped") ? ResultStatuses.Skipped : Is(item, "unreachable") ? ResultStatuses.Unreachable
        : Is(item, "changed") ? ResultStatuses.Changed : ResultStatuses.Ok;

    private static bool Is(JsonElement item, string name) => item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static string Label(JsonElement item)
    {
        var name = item.GetProperty("ansible_loop_var") is { ValueKind: JsonValueKind.String } variable ? variable.GetString()! : "item";
        return !item.TryGetProperty(name, out var value) ? "" : Line(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
    }

    private static string Why(JsonElement item)
    {
        foreach (var name in Reasons)
        {
            if (item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { } words && !string.IsNullOrWhiteSpace(words))
                return Line(words);
        }

        return "";
    }

    /// <summary>A text of several lines in one.</summary>
    private static string Line(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
