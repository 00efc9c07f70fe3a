using System.Globalization;
using System.Text;

namespace Osism.Daemon.Inventory.Values;

/// <summary>Python's <c>str</c> and <c>repr</c>.</summary>
internal static class PyRepr
{
    /// <summary>A value as <c>'%s' % value</c> shows it.</summary>
    /// <param name="open">Opens an encrypted text.</param>
    public static string Str(PyValue value, Func<PyVault, string> open) => value switch
    {
        PyText text => text.Value,
        PyVault vault => open(vault),
        PyTime time => time.Iso(' '),
        _ => Repr(value, open),
    };

    public static string Repr(PyValue value, Func<PyVault, string> open)
    {
        var text = new StringBuilder();
        Write(text, value, open);
        return text.ToString();
    }

    /// <summary>Shortest digits that give the number back; an exponent below 1e-4 and from 1e16.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        var shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        var round = value.ToString("R", CultureInfo.InvariantCulture);
        var digits = new string([.. round.AsSpan().ToArray().TakeWhile(letter => letter != 'E').Where(char.IsAsciiDigit)]).TrimStart('0').TrimEnd('0');
        if (digits.Length == 0)
            return value == 0 && double.IsNegative(value) ? "-0.0" : "0.0";
        // Exponent of the first digit.
        var exponent = int.Parse(shortest.AsSpan(shortest.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        // Rounded to 17 digits it may have become the next power of ten, as 9.999...e22 does; the digits that are written decide.
        if (round.Contains('E', StringComparison.Ordinal))
            exponent = int.Parse(round.AsSpan(round.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        if (exponent < 0)
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        return digits.Length <= exponent + 1
            ? $"{sign}{digits}{new string('0', exponent + 1 - digits.Length)}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static void Write(StringBuilder text, PyValue value, Func<PyVault, string> open)
    {
        switch (value)
        {
            case PyNone:
                text.Append("None");
                break;
            case PyBool flag:
                text.Append(flag.Value ? "True" : "False");
                break;
            case PyInt number:
                text.Append(number.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case PyFloat number:
                text.Append(Float(number.Value));
                break;
            case PyText plain:
                Quote(text, plain.Value);
                break;
            case PyVault vault:
                Quote(text, open(vault));
                break;
            case PyTime time:
                text.Append(time.Repr());
                break;
            case PyBytes bytes:
                text.Append('b');
                Quote(text, Encoding.Latin1.GetString(bytes.Value), ascii: true);
                break;
            case PySequence sequence:
                text.Append(sequence.IsTuple ? '(' : '[');
                Join(text, sequence.Items, open);
                text.Append(sequence.IsTuple ? sequence.Items.Length == 1 ? ",)" : ")" : "]");
                break;
            case PySet set when set.Items.Length == 0:
                text.Append("set()");
                break;
            case PySet set:
                text.Append('{');
                Join(text, set.Items, open);
                text.Append('}');
                break;
            case PyMapping mapping:
                text.Append('{');
                var first = true;
                foreach (var pair in mapping.Pairs)
                {
                    text.Append(first ? "" : ", ");
                    first = false;
                    Write(text, pair.Key, open);
                    text.Append(": ");
                    Write(text, pair.Value, open);
                }

                text.Append('}');
                break;
            default:
                text.Append(((PyOpaque)value).Text);
                break;
        }
    }

    private static void Join(StringBuilder text, PyValue[] items, Func<PyVault, string> open)
    {
        for (var i = 0; i < items.Length; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Write(text, items[i], open);
        }
    }

    private static void Quote(StringBuilder text, string value, bool ascii = false)
    {
        var quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        for (var i = 0; i < value.Length; i++)
        {
            var letter = value[i];
            if (letter == quote || letter == '\\')
            {
                text.Append('\\').Append(letter);
            }
            else if (letter is '\n' or '\r' or '\t')
            {
                text.Append(letter switch { '\n' => "\\n", '\r' => "\\r", _ => "\\t" });
            }
            else if (letter is >= ' ' and <= '~')
            {
                text.Append(letter);
            }
            else if (letter < 0x80 || (ascii && letter <= 0xff))
            {
                text.Append($"\\x{(int)letter:x2}");
            }
            else
            {
                Rune.DecodeFromUtf16(value.AsSpan(i), out var rune, out var used);
                if (used == 2)
                    text.Append(IsPrintable(Rune.GetUnicodeCategory(rune)) ? rune.ToString() : $"\\U{rune.Value:x8}");
                else if (!char.IsSurrogate(letter) && IsPrintable(char.GetUnicodeCategory(letter)))
                    text.Append(letter);
                else
                    text.Append(letter <= 0xff ? $"\\x{(int)letter:x2}" : $"\\u{(int)letter:x4}");
                i += used - 1;
            }
        }

        text.Append(quote);
    }

    private static bool IsPrintable(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
