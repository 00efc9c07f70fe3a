using System.Globalization;
using System.Numerics;

namespace Osism.Daemon.Inventory.Values;

/// <summary>What Python's methods on texts do otherwise than .NET's.</summary>
internal static class PyStrings
{
    /// <summary><c>str.isspace</c>: with the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char letter) => char.IsWhiteSpace(letter) || letter is >= '\x1c' and <= '\x1f';

    public static string Strip(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsSpace(text[start]))
            start++;
        while (end > start && IsSpace(text[end - 1]))
            end--;
        return start == 0 && end == text.Length ? text : text[start..end];
    }

    /// <summary><c>str.splitlines</c>, which knows more line ends than LF and CR.</summary>
    public static IEnumerable<string> SplitLines(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029'))
                continue;
            yield return text[start..i];
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
                i++;
            start = i + 1;
        }

        if (start < text.Length)
            yield return text[start..];
    }

    /// <summary><c>int(text)</c>: blanks around it, a sign and single underscores between digits are fine. Null when it is none.</summary>
    public static BigInteger? ToInteger(string text)
    {
        text = Strip(text);
        var digits = text.StartsWith('-') || text.StartsWith('+') ? text[1..] : text;
        if (digits.Length == 0 || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal))
            return null;
        return BigInteger.TryParse(digits.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? text[0] == '-' ? -number : number
            : null;
    }
}
