using System.Text;
using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Ansible;

/// <summary>One value of an ansible.cfg.</summary>
/// <param name="Value">Lines are separated by LF.</param>
/// <param name="File">File it comes from; null for a default of ours.</param>
internal sealed record IniValue(string Value, string? File);

/// <summary>Reads ansible.cfg as Python's configparser does for Ansible: inline comments with <c>;</c>, values over several lines, no interpolation.</summary>
/// <remarks>Source: Python 3.11 documentation, "configparser"; ansible-core 2.14 reads with <c>inline_comment_prefixes=(';',)</c> and <c>raw=True</c>.</remarks>
internal static partial class IniFile
{
    private const string DefaultSection = "DEFAULT";

    /// <param name="file">Absolute path, kept with each value.</param>
    /// <param name="name">How the file is named to people.</param>
    /// <param name="text">Content.</param>
    /// <exception cref="OsismException"><c>configuration.broken</c> with file and line.</exception>
    public static Dictionary<(string Section, string Key), IniValue> Read(string file, string name, string text)
    {
        var sections = new Dictionary<string, Dictionary<string, StringBuilder>>(StringComparer.Ordinal) { [DefaultSection] = new(StringComparer.Ordinal) };
        Dictionary<string, StringBuilder>? section = null;
        StringBuilder? value = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var indent = 0;
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var (content, commented) = WithoutComment(line);
            if (content.Length == 0)
            {
                // An empty line belongs to a value that goes on after it; a comment does not.
                if (!commented)
                    value?.Append('\n');
                continue;
            }

            var at = line.Length - line.TrimStart().Length;
            if (section is not null && value is not null && at > indent)
            {
                value.Append('\n').Append(content);
                continue;
            }

            indent = at;
            if (SectionHeader().Match(content) is { Success: true } header)
            {
                var title = header.Groups["name"].Value;
                if (title != DefaultSection && !seen.Add(title))
                    throw Broken(name, number, $"the section [{title}] is there twice");
                if (!sections.TryGetValue(title, out section))
                    sections[title] = section = new(StringComparer.Ordinal);
                value = null;
                continue;
            }

            if (section is null)
                throw Broken(name, number, "a section such as [defaults] must come before the first setting");
            var option = Option().Match(content);
            if (!option.Success || option.Groups["key"].Length == 0)
                throw Broken(name, number, $"'{content}' is neither a section nor 'key = value'");
            var key = option.Groups["key"].Value.TrimEnd().ToLowerInvariant();
            value = new StringBuilder(option.Groups["value"].Value.Trim());
            if (!section.TryAdd(key, value))
                throw Broken(name, number, $"'{key}' is there twice in its section");
        }

        return Flatten(file, sections);
    }

    /// <summary>What <see cref="Read"/> gives back as it was.</summary>
    public static string Write(IEnumerable<KeyValuePair<(string Section, string Key), IniValue>> values)
    {
        var text = new StringBuilder("# Merged by osismd from its defaults and the configuration repository; 'osism apply --explain ROLE' names the files.\n");
        foreach (var section in values.GroupBy(value => value.Key.Section, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            text.Append("\n[").Append(section.Key).Append("]\n");
            foreach (var (key, value) in section.OrderBy(value => value.Key.Key, StringComparer.Ordinal))
                text.Append(key.Key).Append(" = ").Append(value.Value.Replace("\n", "\n\t", StringComparison.Ordinal)).Append('\n');
        }

        return text.ToString();
    }

    private static Dictionary<(string Section, string Key), IniValue> Flatten(string file, Dictionary<string, Dictionary<string, StringBuilder>> sections)
    {
        var result = new Dictionary<(string, string), IniValue>();
        foreach (var (name, options) in sections.Where(pair => pair.Key != DefaultSection))
        {
            // [DEFAULT] is seen in every section that exists and does not say otherwise.
            foreach (var (key, value) in sections[DefaultSection].Concat(options))
                result[(name, key)] = new IniValue(value.ToString().TrimEnd(), file);
        }

        return result;
    }

    private static (string Content, bool Commented) WithoutComment(string line)
    {
        if (line.AsSpan().TrimStart() is ['#' or ';', ..])
            return ("", true);
        for (var at = line.IndexOf(';', StringComparison.Ordinal); at >= 0; at = line.IndexOf(';', at + 1))
        {
            // Inside a word a semicolon is a character like others.
            if (at == 0 || char.IsWhiteSpace(line[at - 1]))
                return (line[..at].Trim(), true);
        }

        return (line.Trim(), false);
    }

    private static OsismException Broken(string file, int line, string what) =>
        new(ErrorCodes.ConfigurationBroken, $"{file}, line {line}: {what}") { File = file, Line = line };

    [GeneratedRegex(@"^\[(?<name>.+)\]", RegexOptions.CultureInvariant)]
    private static partial Regex SectionHeader();

    [GeneratedRegex(@"^(?<key>.*?)\s*[=:]\s*(?<value>.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Option();
}
