using System.Text.RegularExpressions;

namespace Osism.Daemon.Setup;

/// <summary>Reads and changes variables at the left edge of a YAML file, each in its own line: comments, order and everything else stay as they are.</summary>
internal static partial class VariableLines
{
    /// <summary>Variables with their lines, counted from 1. What goes on in further lines is left out.</summary>
    public static IEnumerable<(string Name, string Value, int Line)> Read(string text)
    {
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (Form().Match(line.TrimEnd('\r')) is { Success: true } match)
                yield return (match.Groups["name"].Value, match.Groups["value"].Value.Trim('\'', '"'), number);
        }
    }

    /// <summary>The text in which a variable has this value. One that is not there yet is added at the end, if that is wished.</summary>
    public static string Set(string text, string name, string value, bool add)
    {
        var lines = text.Split('\n');
        var found = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (Form().Match(lines[i].TrimEnd('\r')) is not { Success: true } match || match.Groups["name"].Value != name)
                continue;
            found = true;
            var old = match.Groups["value"];
            if (old.Value.Trim('\'', '"') != value)
                lines[i] = lines[i][..old.Index] + Write(value, old.Value is ['"' or '\'', ..] ? old.Value[0] : null) + lines[i][(old.Index + old.Length)..];
        }

        return found || !add ? string.Join('\n', lines) : $"{text}{(text is "" or [.., '\n'] ? "" : "\n")}{name}: {Write(value, null)}\n";
    }

    // A plain 2.91 would be a number.
    private static string Write(string value, char? quote) =>
        quote is not null ? $"{quote}{value}{quote}" : Plain().IsMatch(value) ? value : $"'{value}'";

    [GeneratedRegex("""^(?<name>[A-Za-z_][A-Za-z0-9_]*):[ \t]+(?<value>"[^"\\]*"|'[^']*'|[^\s#'"\[{&*!|>][^#]*?)[ \t]*([ \t]#.*)?$""", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();

    [GeneratedRegex("^([0-9]+[.][0-9]+[.][0-9]+|v[0-9][0-9A-Za-z.+-]*|[a-z]{4,})$", RegexOptions.ExplicitCapture)]
    private static partial Regex Plain();
}
