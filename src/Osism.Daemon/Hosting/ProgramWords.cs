using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Hosting;

/// <summary>The command line of those programs of osismd that end: join, manager, init, release.</summary>
internal sealed class ProgramWords
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);
    private readonly List<(string Option, string Value)> _every = [];

    /// <summary>The value of an option; null when it was not given.</summary>
    public string? this[string option] => _given.GetValueOrDefault(option);

    /// <summary>What is no option.</summary>
    public List<string> Others { get; } = [];

    /// <summary>All values of an option that may be given several times.</summary>
    public List<string> Every(string option) => [.. _every.Where(given => given.Option == option).Select(given => given.Value)];

    public bool Has(string flag) => _given.ContainsKey(flag);

    /// <param name="program">For messages.</param>
    /// <param name="words">What stands behind it.</param>
    /// <param name="options">Options with a value, as <c>--option VALUE</c> or <c>--option=VALUE</c>.</param>
    /// <param name="flags">Options without one.</param>
    /// <param name="most">How many words may stand beside them.</param>
    /// <exception cref="OsismException"><see cref="ErrorCodes.RequestInvalid"/></exception>
    public static ProgramWords Parse(string program, IReadOnlyList<string> words, string[] options, string[] flags, int most = 0)
    {
        var parsed = new ProgramWords();
        for (var i = 0; i < words.Count; i++)
        {
            var (word, value) = words[i].Split('=', 2) is [var left, var right] && left.StartsWith("--", StringComparison.Ordinal) ? (left, right) : (words[i], null);
            if (Array.IndexOf(flags, word) >= 0 && value is null)
            {
                parsed._given[word] = "";
            }
            else if (Array.IndexOf(options, word) >= 0)
            {
                parsed._given[word] = value ?? (++i < words.Count ? words[i] : throw new OsismException(ErrorCodes.RequestInvalid, $"{word} wants a value"));
                parsed._every.Add((word, parsed._given[word]));
            }
            else if (!word.StartsWith('-') && parsed.Others.Count < most)
            {
                parsed.Others.Add(words[i]);
            }
            else
            {
                throw new OsismException(
                    ErrorCodes.RequestInvalid, $"{program} has no {(word.StartsWith('-') ? "option" : "use for")} '{word}': see {program} --help");
            }
        }

        return parsed;
    }

    /// <summary>The text of a file, without the white space around it; null for null.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.RequestInvalid"/></exception>
    public static string? ReadFile(string? path)
    {
        try
        {
            return path is null ? null : File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"{path} cannot be read: {e.Message}", e) { File = path };
        }
    }

    /// <summary>All of stdin, or a line that is typed on the terminal without being shown.</summary>
    public static string Ask(string prompt)
    {
        if (Console.IsInputRedirected)
        {
            return Console.In.ReadToEnd().Trim();
        }

        Console.Error.Write(prompt);
        var typed = new StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(typed.Length - 1, 0);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return typed.ToString().Trim();
    }
}
