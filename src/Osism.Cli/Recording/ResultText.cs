using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts.Recording;

namespace Osism.Cli.Recording;

/// <summary>Results in words.</summary>
internal static class ResultText
{
    public static Colour Colour(string status) => status switch
    {
        ResultStatuses.Ok => Formats.Colour.Green,
        ResultStatuses.Changed or ResultStatuses.Ignored => Formats.Colour.Yellow,
        ResultStatuses.Failed or ResultStatuses.Unreachable => Formats.Colour.Red,
        ResultStatuses.Skipped => Formats.Colour.Cyan,
        _ => Formats.Colour.None,
    };

    /// <summary>A task with its role, once.</summary>
    public static string Task(JsonElement item)
    {
        var task = item.TextOrNull("task") ?? "";
        return item.TextOrNull("role") is { } role && !task.StartsWith($"{role} : ", StringComparison.Ordinal) ? $"{role} : {task}" : task;
    }

    public static string Took(long? milliseconds) => milliseconds is { } some ? Times.Duration(TimeSpan.FromMilliseconds(some)) : "";

    /// <summary>Paints a word where colours are shown.</summary>
    public static string Paint(string text, Colour colour, bool colours) => colours && colour != Formats.Colour.None ? $"\e[{(int)colour}m{text}\e[0m" : text;

    public static string Paint(string status, bool colours) => Paint(status, Colour(status), colours);

    public static string Percent(JsonElement item) => $"{item.GetProperty("share").GetDouble() * 100:0.0} %";

    /// <summary>Text for a column: cut where it is too long, filled up where it is too short.</summary>
    public static string Fit(string text, int width) => text.Length > width ? text[..Math.Max(0, width - 1)] + "…" : text.PadRight(width);

    /// <summary>Adds a parameter to a path.</summary>
    public static void Add(StringBuilder path, string name, string? value)
    {
        if (value is not null)
            path.Append(path.ToString().Contains('?', StringComparison.Ordinal) ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }
}
