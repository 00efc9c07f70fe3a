using System.Text;

namespace Osism.Protocols.Yaml;

/// <summary>A text and a place in it. Beyond its end there are NUL letters, which no text may hold.</summary>
internal sealed class YamlText
{
    private readonly string _text;

    /// <exception cref="YamlException">It holds a letter that YAML 1.1 §5.1 does not allow.</exception>
    public YamlText(string text)
    {
        _text = text.StartsWith('\uFEFF') ? text[1..] : text;
        Check();
    }

    public int Index { get; private set; }

    /// <summary>From 0.</summary>
    public int Line { get; private set; }

    /// <summary>In letters, from 0.</summary>
    public int Column { get; private set; }

    public char Current => At(0);

    public bool IsEnd => Index >= _text.Length;

    public bool IsBlank => IsBlankAt(0);

    public bool IsBreak => IsBreakAt(0);

    /// <summary>A blank, the end of a line or of the text.</summary>
    public bool IsBlankOrEnd => IsBlankOrEndAt(0);

    /// <summary>The end of a line or of the text.</summary>
    public bool IsLineEnd => IsEnd || IsBreak;

    public char At(int offset) => Index + offset < _text.Length ? _text[Index + offset] : '\0';

    public bool IsBlankAt(int offset) => At(offset) is ' ' or '\t';

    public bool IsBreakAt(int offset) => At(offset) is '\n' or '\r' or '\x85' or '\u2028' or '\u2029';

    public bool IsBlankOrEndAt(int offset) => Index + offset >= _text.Length || IsBlankAt(offset) || IsBreakAt(offset);

    /// <summary>Whether <c>---</c> or <c>...</c> stands here, alone at the begin of a line.</summary>
    public bool IsDocumentMark => Column == 0 && (Current == '-' || Current == '.') && At(1) == Current && At(2) == Current && IsBlankOrEndAt(3);

    public void Skip(int letters = 1)
    {
        for (; letters > 0; letters--)
        {
            if (!char.IsLowSurrogate(Current))
                Column++;
            Index++;
        }
    }

    /// <summary>Skips the end of a line.</summary>
    public void SkipLine()
    {
        if (!IsBreak)
            return;
        Index += Current == '\r' && At(1) == '\n' ? 2 : 1;
        Line++;
        Column = 0;
    }

    public void Read(StringBuilder target)
    {
        target.Append(Current);
        Skip();
    }

    /// <summary>Reads the end of a line: LF for all of them but the Unicode separators, which stay what they are.</summary>
    public void ReadLine(StringBuilder target)
    {
        if (!IsBreak)
            return;
        target.Append(Current is '\u2028' or '\u2029' ? Current : '\n');
        SkipLine();
    }

    /// <summary>The end of a text counts as the begin of a new line.</summary>
    public void EndLastLine()
    {
        if (Column == 0)
            return;
        Column = 0;
        Line++;
    }

    public YamlException Problem(string what) => new(what, Line + 1, Column + 1);

    private void Check()
    {
        for (var i = 0; i < _text.Length; i++)
        {
            var letter = _text[i];
            var fine = letter is >= ' ' and <= '~' or '\n' or '\t' or '\r' or '\x85' or >= '\xa0' and <= '\ud7ff' or >= '\ue000' and <= '\ufffd'
                || (char.IsHighSurrogate(letter) && i + 1 < _text.Length && char.IsLowSurrogate(_text[i + 1]))
                || (char.IsLowSurrogate(letter) && i > 0 && char.IsHighSurrogate(_text[i - 1]));
            if (!fine)
            {
                var before = _text.AsSpan(0, i);
                throw new YamlException($"character #x{(int)letter:x4} is not allowed", before.Count('\n') + 1, i - before.LastIndexOf('\n'));
            }
        }
    }
}
