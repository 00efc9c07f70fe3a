using System.Buffers;
using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Runtimes;

/// <summary>Makes separate arguments of what operators habitually write as one: <c>-l host</c>, <c>-e key=value</c>.</summary>
/// <remarks>
/// Only an element that starts with <c>-</c> and holds white space is split. Quoting is that of POSIX (Shell Command Language §2.2);
/// nothing is expanded: <c>$</c>, backticks and <c>*</c> are themselves.
/// </remarks>
internal static class ArgumentSplitter
{
    private static readonly SearchValues<char> Blanks = SearchValues.Create(" \t\r\n\v\f");

    /// <exception cref="OsismException"><c>request.invalid</c>: a quote is not closed, the last character is a backslash, or there is a NUL.</exception>
    public static IReadOnlyList<string> Split(IReadOnlyList<string> arguments)
    {
        var result = new List<string>(arguments.Count);
        foreach (var argument in arguments)
        {
            if (argument.Contains('\0', StringComparison.Ordinal))
                throw new OsismException(ErrorCodes.RequestInvalid, "an argument holds a NUL byte, which no program can be given");
            if (argument.StartsWith('-') && argument.AsSpan().ContainsAny(Blanks))
                SplitWords(argument, result);
            else
                result.Add(argument);
        }

        return result;
    }

    /// <summary>All words of a line that somebody typed.</summary>
    /// <exception cref="OsismException"><c>request.invalid</c>: a quote is not closed, or the last character is a backslash.</exception>
    public static IReadOnlyList<string> Words(string line)
    {
        var words = new List<string>();
        SplitWords(line, words);
        return words;
    }

    private static void SplitWords(string text, List<string> words)
    {
        var word = new StringBuilder();
        var inWord = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case '\'':
                    inWord = true;
                    var end = text.IndexOf('\'', i + 1);
                    if (end < 0)
                        throw Invalid(text, "a single quote is not closed");
                    word.Append(text, i + 1, end - i - 1);
                    i = end;
                    break;
                case '"':
                    inWord = true;
                    i = ReadDoubleQuoted(text, i + 1, word);
                    break;
                case '\\':
                    if (++i == text.Length)
                        throw Invalid(text, "it ends with a backslash");
                    // A backslash before a line end joins the lines.
                    if (text[i] == '\n')
                        break;
                    inWord = true;
                    word.Append(text[i]);
                    break;
                case ' ' or '\t' or '\r' or '\n' or '\v' or '\f':
                    if (inWord)
                        words.Add(word.ToString());
                    word.Clear();
                    inWord = false;
                    break;
                default:
                    inWord = true;
                    word.Append(c);
                    break;
            }
        }

        if (inWord)
            words.Add(word.ToString());
    }

    /// <returns>Index of the closing quote.</returns>
    private static int ReadDoubleQuoted(string text, int at, StringBuilder word)
    {
        for (; at < text.Length; at++)
        {
            if (text[at] == '"')
                return at;
            if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '$' or '`' or '"' or '\\' or '\n')
            {
                if (text[++at] != '\n')
                    word.Append(text[at]);
                continue;
            }

            word.Append(text[at]);
        }

        throw Invalid(text, "a double quote is not closed");
    }

    private static OsismException Invalid(string text, string what) =>
        new(ErrorCodes.RequestInvalid, $"the argument {text} cannot be split into words: {what}");
}
