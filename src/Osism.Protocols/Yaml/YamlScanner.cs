namespace Osism.Protocols.Yaml;

/// <summary>Cuts a text into tokens, and makes begin and end of blocks out of indentation.</summary>
/// <remarks>Source: YAML 1.1 §4 to §9 and the behaviour of libyaml 0.2.5, with which the tests compare. A key without <c>?</c> is known for one only at its
/// colon: until then the place where it began is remembered, and the tokens KEY and BLOCK-MAPPING-START are put there afterwards.</remarks>
internal sealed class YamlScanner(string content)
{
    // YAML 1.1 §9.3: a key without '?' is at most this long, and ends in its line.
    private const int LongestKey = 1024;

    private readonly YamlText _text = new(content);
    private readonly LinkedList<YamlToken> _tokens = [];
    private readonly Stack<int> _indents = new();
    private readonly List<PossibleKey?> _keys = [null];
    private int _indent = -1;
    private int _taken;
    private bool _keyAllowed = true;
    private bool _ended;

    private bool InFlow => _keys.Count > 1;

    /// <summary>The next token, which stays.</summary>
    public YamlToken Peek()
    {
        while (NeedsMore())
            Fetch();
        return _tokens.First!.Value;
    }

    public YamlToken Take()
    {
        var token = Peek();
        _tokens.RemoveFirst();
        _taken++;
        return token;
    }

    private bool NeedsMore()
    {
        if (_ended)
            return false;
        if (_tokens.Count == 0)
            return true;
        DropStaleKeys();
        foreach (var key in _keys)
        {
            if (key is { } possible && possible.Number == _taken)
                return true;
        }

        return false;
    }

    private void Fetch()
    {
        SkipToToken();
        DropStaleKeys();
        Unroll(_text.Column);
        if (_text.IsEnd)
        {
            _text.EndLastLine();
            Unroll(-1);
            RemoveKey();
            _ended = true;
            Add(YamlTokenKind.StreamEnd);
            return;
        }

        var letter = _text.Current;
        if (_text.Column == 0 && letter == '%')
        {
            Unroll(-1);
            RemoveKey();
            _keyAllowed = false;
            _tokens.AddLast(YamlMarks.ReadDirective(_text));
        }
        else if (_text.IsDocumentMark)
        {
            Unroll(-1);
            RemoveKey();
            _keyAllowed = false;
            AddAndSkip(letter == '-' ? YamlTokenKind.DocumentStart : YamlTokenKind.DocumentEnd, 3);
        }
        else if (!FetchIndicator(letter))
        {
            FetchScalar(letter);
        }
    }

    private bool FetchIndicator(char letter)
    {
        switch (letter)
        {
            case '[' or '{':
                SaveKey();
                _keys.Add(null);
                _keyAllowed = true;
                AddAndSkip(letter == '[' ? YamlTokenKind.FlowSequenceStart : YamlTokenKind.FlowMappingStart);
                return true;
            case ']' or '}':
                RemoveKey();
                if (InFlow)
                    _keys.RemoveAt(_keys.Count - 1);
                _keyAllowed = false;
                AddAndSkip(letter == ']' ? YamlTokenKind.FlowSequenceEnd : YamlTokenKind.FlowMappingEnd);
                return true;
            case ',':
                RemoveKey();
                _keyAllowed = true;
                AddAndSkip(YamlTokenKind.FlowEntry);
                return true;
            case '-' when _text.IsBlankOrEndAt(1):
                if (!InFlow)
                    Roll(_text.Column, YamlTokenKind.BlockSequenceStart, "block sequence entries are not allowed here");
                RemoveKey();
                _keyAllowed = true;
                AddAndSkip(YamlTokenKind.BlockEntry);
                return true;
            case '?' when InFlow || _text.IsBlankOrEndAt(1):
                if (!InFlow)
                    Roll(_text.Column, YamlTokenKind.BlockMappingStart, "mapping keys are not allowed here");
                RemoveKey();
                _keyAllowed = !InFlow;
                AddAndSkip(YamlTokenKind.Key);
                return true;
            case ':' when InFlow || _text.IsBlankOrEndAt(1):
                FetchValue();
                return true;
            case '*' or '&':
                SaveKey();
                _keyAllowed = false;
                var (line, column) = (_text.Line, _text.Column);
                _tokens.AddLast(new YamlToken(letter == '*' ? YamlTokenKind.Alias : YamlTokenKind.Anchor, line, column, YamlMarks.ReadAnchor(_text)));
                return true;
            case '!':
                SaveKey();
                _keyAllowed = false;
                (line, column) = (_text.Line, _text.Column);
                var (handle, suffix) = YamlMarks.ReadTag(_text, InFlow);
                _tokens.AddLast(new YamlToken(YamlTokenKind.Tag, line, column, handle, suffix));
                return true;
            default:
                return false;
        }
    }

    private void FetchValue()
    {
        if (_keys[^1] is { } key)
        {
            var node = _tokens.First!;
            for (var i = _taken; i < key.Number; i++)
                node = node.Next!;
            if (!InFlow && _indent < key.Column)
            {
                _indents.Push(_indent);
                _indent = key.Column;
                _tokens.AddBefore(node, new YamlToken(YamlTokenKind.BlockMappingStart, key.Line, key.Column));
            }

            _tokens.AddBefore(node, new YamlToken(YamlTokenKind.Key, key.Line, key.Column));
            _keys[^1] = null;
            _keyAllowed = false;
        }
        else
        {
            if (!InFlow)
                Roll(_text.Column, YamlTokenKind.BlockMappingStart, "mapping values are not allowed here");
            _keyAllowed = !InFlow;
        }

        AddAndSkip(YamlTokenKind.Value);
    }

    private void FetchScalar(char letter)
    {
        var (line, column) = (_text.Line, _text.Column);
        var isPlain = false;
        string value;
        switch (letter)
        {
            case '|' or '>' when !InFlow:
                RemoveKey();
                _keyAllowed = true;
                value = YamlBlock.Read(_text, _indent);
                break;
            case '\'' or '"':
                SaveKey();
                _keyAllowed = false;
                value = YamlQuoted.Read(_text);
                break;
            case '#' or '|' or '>' or '%' or '@' or '`' or '\t':
                throw _text.Problem("found a character that cannot start a token");
            default:
                SaveKey();
                _keyAllowed = false;
                value = YamlPlain.Read(_text, _indent, InFlow, out var lineEnded);
                _keyAllowed = lineEnded;
                isPlain = true;
                break;
        }

        _tokens.AddLast(new YamlToken(YamlTokenKind.Scalar, line, column, value) { IsPlain = isPlain });
    }

    private void SkipToToken()
    {
        while (true)
        {
            if (_text.Index == 0 && _text.Current == '\uFEFF')
                _text.Skip();
            // A tab is no indentation: it may only stand where no key can begin.
            while (_text.Current == ' ' || (_text.Current == '\t' && (InFlow || !_keyAllowed)))
                _text.Skip();
            if (_text.Current == '#')
            {
                while (!_text.IsLineEnd)
                    _text.Skip();
            }

            if (!_text.IsBreak)
                return;
            _text.SkipLine();
            if (!InFlow)
                _keyAllowed = true;
        }
    }

    private void SaveKey()
    {
        if (!_keyAllowed)
            return;
        RemoveKey();
        _keys[^1] = new PossibleKey(_taken + _tokens.Count, _text.Index, _text.Line, _text.Column, !InFlow && _indent == _text.Column);
    }

    private void RemoveKey()
    {
        if (_keys[^1] is { IsRequired: true } key)
            throw KeyWithoutColon(key);
        _keys[^1] = null;
    }

    private void DropStaleKeys()
    {
        for (var i = 0; i < _keys.Count; i++)
        {
            if (_keys[i] is not { } key || (key.Line == _text.Line && _text.Index - key.Index <= LongestKey))
                continue;
            if (key.IsRequired)
                throw KeyWithoutColon(key);
            _keys[i] = null;
        }
    }

    private static YamlException KeyWithoutColon(PossibleKey key) => new("could not find the ':' of a key", key.Line + 1, key.Column + 1);

    private void Roll(int column, YamlTokenKind kind, string otherwise)
    {
        if (!_keyAllowed)
            throw _text.Problem(otherwise);
        if (_indent >= column)
            return;
        _indents.Push(_indent);
        _indent = column;
        Add(kind);
    }

    private void Unroll(int column)
    {
        if (InFlow)
            return;
        while (_indent > column)
        {
            Add(YamlTokenKind.BlockEnd);
            _indent = _indents.Pop();
        }
    }

    private void Add(YamlTokenKind kind) => _tokens.AddLast(new YamlToken(kind, _text.Line, _text.Column));

    private void AddAndSkip(YamlTokenKind kind, int letters = 1)
    {
        Add(kind);
        _text.Skip(letters);
    }

    /// <param name="Number">Number of the token that it begins with.</param>
    /// <param name="IsRequired">It stands where the block demands a key.</param>
    private readonly record struct PossibleKey(int Number, int Index, int Line, int Column, bool IsRequired);
}
