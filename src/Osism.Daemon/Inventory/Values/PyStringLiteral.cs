using System.Globalization;
using System.Text;

namespace Osism.Daemon.Inventory.Values;

/// <summary>Python's string and bytes literals (language reference §2.4.1).</summary>
/// <param name="Value">Characters; of bytes one character a byte.</param>
internal sealed record PyStringLiteral(string Value, bool IsBytes)
{
    private const int LongestPrefix = 2;

    /// <summary>Whether a literal begins here.</summary>
    public static bool IsAt(string text, int at)
    {
        var prefix = PrefixAt(text, at);
        return at + prefix.Length < text.Length && text[at + prefix.Length] is '"' or '\'' && prefix is "" or "r" or "b" or "u" or "f" or "br" or "rb" or "fr" or "rf";
    }

    /// <summary>Null when it is broken, or a format string.</summary>
    public static PyStringLiteral? Read(string text, ref int at)
    {
        var prefix = PrefixAt(text, at);
        if (prefix.Contains('f', StringComparison.Ordinal))
            return null;
        var (raw, isBytes) = (prefix.Contains('r', StringComparison.Ordinal), prefix.Contains('b', StringComparison.Ordinal));
        at += prefix.Length;
        var quote = text[at];
        var end = string.CompareOrdinal(text, at, new string(quote, 3), 0, 3) == 0 ? new string(quote, 3) : quote.ToString();
        at += end.Length;
        var value = new StringBuilder();
        while (at < text.Length)
        {
            if (string.CompareOrdinal(text, at, end, 0, end.Length) == 0)
            {
                at += end.Length;
                return new PyStringLiteral(value.ToString(), isBytes);
            }

            var letter = text[at];
            if (letter is '\n' or '\r' || (isBytes && letter > '\x7f'))
                return null;
            if (letter != '\\')
            {
                value.Append(letter);
                at++;
            }
            else if (at + 1 >= text.Length)
            {
                return null;
            }
            else if (raw)
            {
                value.Append(letter).Append(text[at + 1]);
                at += 2;
            }
            else if (!ReadEscape(text, ref at, isBytes, value))
            {
                return null;
            }
        }

        return null;
    }

    private static string PrefixAt(string text, int at)
    {
        var length = 0;
        while (length < LongestPrefix && at + length < text.Length && text[at + length] is 'r' or 'R' or 'b' or 'B' or 'u' or 'U' or 'f' or 'F')
            length++;
        return text.Substring(at, length).ToLowerInvariant();
    }

    private static bool ReadEscape(string text, ref int at, bool isBytes, StringBuilder value)
    {
        var letter = text[at + 1];
        at += 2;
        var simple = letter switch
        {
            '\\' or '\'' or '"' => letter,
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\v',
            _ => '\0',
        };
        if (simple != '\0')
        {
            value.Append(simple);
            return true;
        }

        if (letter is >= '0' and <= '7')
        {
            var number = letter - '0';
            for (var i = 0; i < 2 && at < text.Length && text[at] is >= '0' and <= '7'; i++)
                number = (number * 8) + (text[at++] - '0');
            value.Append((char)(isBytes ? number & 0xff : number));
            return true;
        }

        var digits = letter switch { 'x' => 2, 'u' when !isBytes => 4, 'U' when !isBytes => 8, _ => 0 };
        if (digits == 0)
        {
            // An unknown escape stays what it is. Names of characters (\N{...}) are not known here.
            value.Append('\\').Append(letter);
            return letter != 'N' || isBytes;
        }

        if (at + digits > text.Length || !uint.TryParse(text.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code > 0x10ffff)
            return false;
        at += digits;
        if (code > 0xffff)
            value.Append(char.ConvertFromUtf32((int)code));
        else
            value.Append((char)code);
        return true;
    }
}
