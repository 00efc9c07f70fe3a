using System.Text;

namespace Osism.Protocols.Yaml;

/// <summary>Scalars behind <c>|</c> and <c>&gt;</c> (YAML 1.1 §9.2).</summary>
internal static class YamlBlock
{
    /// <param name="parentIndent">Indentation of the block around it.</param>
    public static string Read(YamlText text, int parentIndent)
    {
        var literal = text.Current == '|';
        text.Skip();
        var (chomping, increment) = ReadHeader(text);
        var indent = increment == 0 ? 0 : parentIndent >= 0 ? parentIndent + increment : increment;
        var value = new StringBuilder();
        var lineBreak = new StringBuilder();
        var emptyLines = new StringBuilder();
        indent = ReadBreaks(text, indent, parentIndent, emptyLines);
        var blankBefore = false;
        while (text.Column == indent && !text.IsEnd)
        {
            var blank = text.IsBlank;
            if (!literal && lineBreak.Length > 0 && lineBreak[0] == '\n' && !blankBefore && !blank)
            {
                if (emptyLines.Length == 0)
                    value.Append(' ');
            }
            else
            {
                value.Append(lineBreak);
            }

            lineBreak.Clear();
            value.Append(emptyLines);
            emptyLines.Clear();
            blankBefore = blank;
            while (!text.IsLineEnd)
                text.Read(value);
            text.ReadLine(lineBreak);
            indent = ReadBreaks(text, indent, parentIndent, emptyLines);
        }

        if (chomping != '-')
            value.Append(lineBreak);
        if (chomping == '+')
            value.Append(emptyLines);
        return value.ToString();
    }

    private static (char Chomping, int Increment) ReadHeader(YamlText text)
    {
        var chomping = '\0';
        var increment = 0;
        for (var i = 0; i < 2; i++)
        {
            if (chomping == '\0' && text.Current is '+' or '-')
            {
                chomping = text.Current;
                text.Skip();
            }
            else if (increment == 0 && char.IsAsciiDigit(text.Current))
            {
                if (text.Current == '0')
                    throw text.Problem("an indentation of 0 is not possible");
                increment = text.Current - '0';
                text.Skip();
            }
        }

        while (text.IsBlank)
            text.Skip();
        if (text.Current == '#')
        {
            while (!text.IsLineEnd)
                text.Skip();
        }

        if (!text.IsLineEnd)
            throw text.Problem("did not find a comment or the end of the line");
        text.SkipLine();
        return (chomping, increment);
    }

    /// <summary>Reads indentation and empty lines. An indentation of 0 is found out here.</summary>
    private static int ReadBreaks(YamlText text, int indent, int parentIndent, StringBuilder breaks)
    {
        var deepest = 0;
        while (true)
        {
            while ((indent == 0 || text.Column < indent) && text.Current == ' ')
                text.Skip();
            deepest = Math.Max(deepest, text.Column);
            if ((indent == 0 || text.Column < indent) && text.Current == '\t')
                throw text.Problem("found a tab character where an indentation space is expected");
            if (!text.IsBreak)
                break;
            text.ReadLine(breaks);
        }

        return indent != 0 ? indent : Math.Max(1, Math.Max(deepest, parentIndent + 1));
    }
}
