using System.Globalization;
using System.Text;

namespace Osism.Protocols.Yaml;

/// <summary>Scalars in quotes (YAML 1.1 §9.1).</summary>
internal static class YamlQuoted
{
    public static string Read(YamlText text)
    {
        var quote = text.Current;
        var value = new StringBuilder();
        var folding = new YamlFolding();
        text.Skip();
        while (true)
        {
            if (text.IsDocumentMark)
                throw text.Problem("found a document indicator inside of quotes");
            if (text.IsEnd)
                throw text.Problem("the quotes are not closed");
            var escapedBreak = false;
            while (!text.IsBlankOrEnd && !escapedBreak)
            {
                if (text.Current == quote)
                {
                    if (quote != '\'' || text.At(1) != '\'')
                        break;
                    text.Skip();
                    text.Read(value);
                }
                else if (quote == '"' && text.Current == '\\')
                {
                    escapedBreak = text.IsBreakAt(1);
                    text.Skip();
                    if (escapedBreak)
                        text.SkipLine();
                    else
                        ReadEscape(text, value);
                }
                else
                {
                    text.Read(value);
                }
            }

            if (!escapedBreak && text.Current == quote && !text.IsEnd)
                break;
            folding.Begin(escapedBreak);
            while (text.IsBlank || text.IsBreak)
                folding.Take(text);
            folding.Join(value);
        }

        text.Skip();
        return value.ToString();
    }

    private static void ReadEscape(YamlText text, StringBuilder value)
    {
        var digits = text.Current switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            value.Append(Escaped(text));
            text.Skip();
            return;
        }

        text.Skip();
        var number = 0u;
        for (var i = 0; i < digits; i++)
        {
            if (!char.IsAsciiHexDigit(text.At(i)))
                throw text.Problem("there are too few hexadecimal digits behind the backslash");
            number = (number << 4) + uint.Parse([text.At(i)], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        if (!Rune.IsValid(number))
            throw text.Problem("there is no character of this number");
        value.Append(new Rune(number).ToString());
        text.Skip(digits);
    }

    private static char Escaped(YamlText text) => text.Current switch
    {
        '0' => '\0',
        'a' => '\a',
        'b' => '\b',
        't' or '\t' => '\t',
        'n' => '\n',
        'v' => '\v',
        'f' => '\f',
        'r' => '\r',
        'e' => '\x1b',
        ' ' => ' ',
        '"' => '"',
        '/' => '/',
        '\\' => '\\',
        'N' => '\x85',
        '_' => '\xa0',
        'L' => '\u2028',
        'P' => '\u2029',
        _ => throw text.Problem("unknown character behind the backslash"),
    };
}

/// <summary>What becomes of blanks and line ends between the words of a scalar that spans lines (YAML 1.1 §5.4, line folding).</summary>
internal sealed class YamlFolding
{
    private readonly StringBuilder _blanks = new();
    private readonly StringBuilder _first = new();
    private readonly StringBuilder _more = new();

    /// <summary>Whether a line has ended since the last word.</summary>
    public bool LineEnded { get; private set; }

    public bool IsEmpty => !LineEnded && _blanks.Length == 0;

    public void Begin(bool escapedBreak) => LineEnded = escapedBreak;

    /// <summary>Takes a blank or a line end.</summary>
    public void Take(YamlText text)
    {
        if (text.IsBlank && LineEnded)
        {
            text.Skip();
        }
        else if (text.IsBlank)
        {
            text.Read(_blanks);
        }
        else if (LineEnded)
        {
            text.ReadLine(_more);
        }
        else
        {
            _blanks.Clear();
            text.ReadLine(_first);
            LineEnded = true;
        }
    }

    public void Join(StringBuilder value)
    {
        if (!LineEnded)
        {
            value.Append(_blanks);
        }
        else if (_first.Length > 0 && _first[0] == '\n')
        {
            if (_more.Length == 0)
                value.Append(' ');
            else
                value.Append(_more);
        }
        else
        {
            value.Append(_first).Append(_more);
        }

        _blanks.Clear();
        _first.Clear();
        _more.Clear();
        LineEnded = false;
    }
}
