using System.Globalization;
using System.Text;

namespace Osism.Protocols.Yaml;

/// <summary>Anchors, aliases, tags and directives.</summary>
internal static class YamlMarks
{
    /// <summary>The name behind <c>&amp;</c> or <c>*</c>.</summary>
    public static string ReadAnchor(YamlText text)
    {
        text.Skip();
        var name = ReadWord(text);
        if (name.Length == 0 || !(text.IsBlankOrEnd || text.Current is '?' or ':' or ',' or ']' or '}' or '%' or '@' or '`'))
            throw text.Problem("did not find the name of an anchor or alias");
        return name;
    }

    public static (string Handle, string Suffix) ReadTag(YamlText text, bool inFlow)
    {
        var handle = "";
        string suffix;
        if (text.At(1) == '<')
        {
            text.Skip(2);
            suffix = ReadUri(text, "", verbatim: true);
            if (text.Current != '>')
                throw text.Problem("did not find the expected '>'");
            text.Skip();
        }
        else
        {
            handle = ReadHandle(text);
            if (handle.Length > 1 && handle[^1] == '!')
            {
                suffix = ReadUri(text, "", verbatim: false);
            }
            else
            {
                // What was read belongs to the suffix, and the handle is '!' alone; '!' by itself is a tag of its own.
                suffix = ReadUri(text, handle[1..], verbatim: false, mayBeEmpty: true);
                handle = suffix.Length == 0 ? "" : "!";
                suffix = suffix.Length == 0 ? "!" : suffix;
            }
        }

        if (!text.IsBlankOrEnd && !(inFlow && text.Current == ','))
            throw text.Problem("did not find white space behind a tag");
        return (handle, suffix);
    }

    public static YamlToken ReadDirective(YamlText text)
    {
        var (line, column) = (text.Line, text.Column);
        text.Skip();
        var name = ReadWord(text);
        if (!text.IsBlankOrEnd || name is not ("YAML" or "TAG"))
            throw text.Problem("found an unknown directive");
        YamlToken token;
        SkipBlanks(text);
        if (name == "YAML")
        {
            var major = ReadNumber(text);
            if (text.Current != '.')
                throw text.Problem("did not find a version number");
            text.Skip();
            token = new YamlToken(YamlTokenKind.VersionDirective, line, column, $"{major}.{ReadNumber(text)}");
        }
        else
        {
            var handle = ReadHandle(text);
            if (handle.Length > 1 && handle[^1] != '!')
                throw text.Problem("did not find the '!' of a tag directive");
            if (!text.IsBlank)
                throw text.Problem("did not find white space in a tag directive");
            SkipBlanks(text);
            token = new YamlToken(YamlTokenKind.TagDirective, line, column, handle, ReadUri(text, "", verbatim: true));
            if (!text.IsBlankOrEnd)
                throw text.Problem("did not find white space behind a tag directive");
        }

        SkipBlanks(text);
        if (text.Current == '#')
        {
            while (!text.IsLineEnd)
                text.Skip();
        }

        if (!text.IsLineEnd)
            throw text.Problem("did not find the end of the line behind a directive");
        text.SkipLine();
        return token;
    }

    private static void SkipBlanks(YamlText text)
    {
        while (text.IsBlank)
            text.Skip();
    }

    private static string ReadWord(YamlText text)
    {
        var word = new StringBuilder();
        while (char.IsAsciiLetterOrDigit(text.Current) || text.Current is '_' or '-')
            text.Read(word);
        return word.ToString();
    }

    private static int ReadNumber(YamlText text)
    {
        var digits = new StringBuilder();
        while (char.IsAsciiDigit(text.Current) && digits.Length < 9)
            text.Read(digits);
        return digits.Length == 0
            ? throw text.Problem("did not find a version number")
            : int.Parse(digits.ToString(), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static string ReadHandle(YamlText text)
    {
        if (text.Current != '!')
            throw text.Problem("did not find the '!' of a tag");
        text.Skip();
        var handle = "!" + ReadWord(text);
        if (text.Current != '!')
            return handle;
        text.Skip();
        return handle + "!";
    }

    private static string ReadUri(YamlText text, string head, bool verbatim, bool mayBeEmpty = false)
    {
        var bytes = new List<byte>(Encoding.UTF8.GetBytes(head));
        while (char.IsAsciiLetterOrDigit(text.Current) || text.Current is '_' or '-' or ';' or '/' or '?' or ':' or '@' or '&' or '=' or '+' or '$'
            or '.' or '%' or '!' or '~' or '*' or '\'' or '(' or ')' || (verbatim && text.Current is ',' or '[' or ']'))
        {
            if (text.Current != '%')
            {
                bytes.Add((byte)text.Current);
                text.Skip();
                continue;
            }

            if (!char.IsAsciiHexDigit(text.At(1)) || !char.IsAsciiHexDigit(text.At(2)))
                throw text.Problem("did not find hexadecimal digits behind '%'");
            bytes.Add(byte.Parse([text.At(1), text.At(2)], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            text.Skip(3);
        }

        if (bytes.Count == 0 && !mayBeEmpty)
            throw text.Problem("did not find the text of a tag");
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
