namespace Osism.Protocols.Yaml;

/// <summary>Reads YAML 1.1 as libyaml 0.2.5 does, and with it PyYAML and Ansible.</summary>
/// <remarks>Source: YAML 1.1 §4 (productions); the tests compare with PyYAML's <c>CLoader</c>. What YAML 1.2 changed is not in it, which is why a
/// parser of that version would not do.</remarks>
public sealed class YamlReader
{
    // Deeper than anybody writes; the reader calls itself once a level.
    private const int DeepestNesting = 500;

    private readonly YamlScanner _scanner;
    private readonly Dictionary<string, YamlNode> _anchors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _handles = new(StringComparer.Ordinal);
    private int _depth;

    private YamlReader(string text) => _scanner = new YamlScanner(text);

    /// <summary>Reads a text of one document; null when there is none.</summary>
    /// <exception cref="YamlException">It is not YAML, or has several documents.</exception>
    public static YamlNode? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new YamlReader(text).ReadStream();
    }

    private YamlTokenKind Next => _scanner.Peek().Kind;

    private YamlNode? ReadStream()
    {
        if (Next == YamlTokenKind.StreamEnd)
            return null;
        var versions = 0;
        var isExplicit = false;
        while (Next is YamlTokenKind.VersionDirective or YamlTokenKind.TagDirective)
        {
            isExplicit = true;
            var token = _scanner.Take();
            if (token.Kind == YamlTokenKind.TagDirective)
            {
                if (!_handles.TryAdd(token.Value, token.Suffix))
                    throw Problem(token, "a tag handle is given twice");
            }
            else if (token.Value is not ("1.1" or "1.2") || versions++ > 0)
            {
                throw Problem(token, "only one %YAML of version 1.1 or 1.2 is possible");
            }
        }

        _handles.TryAdd("!", "!");
        _handles.TryAdd("!!", "tag:yaml.org,2002:");
        if (Next == YamlTokenKind.DocumentStart)
        {
            isExplicit = true;
            _scanner.Take();
        }
        else if (isExplicit)
        {
            throw Problem("did not find the begin of a document");
        }

        var isEmpty = isExplicit && Next is YamlTokenKind.VersionDirective or YamlTokenKind.TagDirective or YamlTokenKind.DocumentStart
            or YamlTokenKind.DocumentEnd or YamlTokenKind.StreamEnd;
        var root = isEmpty ? Empty() : ReadNode(inBlock: true, indentless: false);
        while (Next == YamlTokenKind.DocumentEnd)
            _scanner.Take();
        return Next == YamlTokenKind.StreamEnd ? root : throw Problem("expected a single document");
    }

    private YamlNode ReadNode(bool inBlock, bool indentless)
    {
        var token = _scanner.Peek();
        if (token.Kind == YamlTokenKind.Alias)
        {
            _scanner.Take();
            return _anchors.TryGetValue(token.Value, out var known) ? known : throw Problem(token, "found an undefined alias");
        }

        var first = token;
        string? anchor = null;
        YamlToken? tag = null;
        while ((token.Kind == YamlTokenKind.Anchor && anchor is null) || (token.Kind == YamlTokenKind.Tag && tag is null))
        {
            _scanner.Take();
            if (token.Kind == YamlTokenKind.Anchor)
                anchor = token.Value;
            else
                tag = token;
            token = _scanner.Peek();
        }

        if (++_depth > DeepestNesting)
            throw Problem("the text is nested too deep");
        var node = ReadContent(first, token, anchor, tag, inBlock, indentless);
        _depth--;
        return node;
    }

    private YamlNode ReadContent(YamlToken first, YamlToken token, string? anchor, YamlToken? tagToken, bool inBlock, bool indentless)
    {
        var tag = Resolve(tagToken);
        // The tag '!' says: guess, or for a collection: nothing.
        var bare = tag == "!";
        if (bare)
            tag = null;
        var (line, column) = (first.Line + 1, first.Column + 1);
        switch (token.Kind)
        {
            case YamlTokenKind.BlockEntry when indentless:
                return ReadIndentless(Register(anchor, new YamlSequence(tag, line, column), first));
            case YamlTokenKind.Scalar:
                _scanner.Take();
                return Register(anchor, new YamlScalar(token.Value, token.IsPlain || bare, tag, line, column), first);
            case YamlTokenKind.FlowSequenceStart:
                return ReadFlowSequence(Register(anchor, new YamlSequence(tag, line, column), first));
            case YamlTokenKind.FlowMappingStart:
                return ReadFlowMapping(Register(anchor, new YamlMapping(tag, line, column), first));
            case YamlTokenKind.BlockSequenceStart when inBlock:
                return ReadBlockSequence(Register(anchor, new YamlSequence(tag, line, column), first));
            case YamlTokenKind.BlockMappingStart when inBlock:
                return ReadBlockMapping(Register(anchor, new YamlMapping(tag, line, column), first));
            default:
                return anchor is not null || tagToken is not null
                    ? Register(anchor, new YamlScalar("", !bare, tag, line, column), first)
                    : throw Problem(token, "did not find the content of a node");
        }
    }

    private YamlSequence ReadIndentless(YamlSequence sequence)
    {
        while (Next == YamlTokenKind.BlockEntry)
        {
            _scanner.Take();
            sequence.Add(Next is YamlTokenKind.BlockEntry or YamlTokenKind.Key or YamlTokenKind.Value or YamlTokenKind.BlockEnd
                ? Empty()
                : ReadNode(inBlock: true, indentless: false));
        }

        return sequence;
    }

    private YamlSequence ReadBlockSequence(YamlSequence sequence)
    {
        _scanner.Take();
        while (Next == YamlTokenKind.BlockEntry)
        {
            _scanner.Take();
            sequence.Add(Next is YamlTokenKind.BlockEntry or YamlTokenKind.BlockEnd ? Empty() : ReadNode(inBlock: true, indentless: false));
        }

        if (Next != YamlTokenKind.BlockEnd)
            throw Problem("did not find the expected '-'");
        _scanner.Take();
        return sequence;
    }

    private YamlMapping ReadBlockMapping(YamlMapping mapping)
    {
        _scanner.Take();
        while (Next == YamlTokenKind.Key)
        {
            _scanner.Take();
            var key = ReadPart();
            if (Next == YamlTokenKind.Value)
            {
                _scanner.Take();
                mapping.Add(key, ReadPart());
            }
            else
            {
                mapping.Add(key, Empty());
            }
        }

        if (Next != YamlTokenKind.BlockEnd)
            throw Problem("did not find the expected key");
        _scanner.Take();
        return mapping;

        YamlNode ReadPart() =>
            Next is YamlTokenKind.Key or YamlTokenKind.Value or YamlTokenKind.BlockEnd ? Empty() : ReadNode(inBlock: true, indentless: true);
    }

    private YamlSequence ReadFlowSequence(YamlSequence sequence)
    {
        _scanner.Take();
        for (var isFirst = true; Next != YamlTokenKind.FlowSequenceEnd; isFirst = false)
        {
            if (!isFirst)
            {
                if (Next != YamlTokenKind.FlowEntry)
                    throw Problem("did not find the expected ',' or ']'");
                _scanner.Take();
            }

            if (Next == YamlTokenKind.Key)
            {
                var token = _scanner.Take();
                var pair = new YamlMapping(null, token.Line + 1, token.Column + 1);
                var key = ReadFlowPart(YamlTokenKind.FlowSequenceEnd);
                pair.Add(key, ReadFlowValue(YamlTokenKind.FlowSequenceEnd));
                sequence.Add(pair);
            }
            else if (Next != YamlTokenKind.FlowSequenceEnd)
            {
                sequence.Add(ReadNode(inBlock: false, indentless: false));
            }
        }

        _scanner.Take();
        return sequence;
    }

    private YamlMapping ReadFlowMapping(YamlMapping mapping)
    {
        _scanner.Take();
        for (var isFirst = true; Next != YamlTokenKind.FlowMappingEnd; isFirst = false)
        {
            if (!isFirst)
            {
                if (Next != YamlTokenKind.FlowEntry)
                    throw Problem("did not find the expected ',' or '}'");
                _scanner.Take();
            }

            if (Next == YamlTokenKind.Key)
            {
                _scanner.Take();
                var key = ReadFlowPart(YamlTokenKind.FlowMappingEnd);
                mapping.Add(key, ReadFlowValue(YamlTokenKind.FlowMappingEnd));
            }
            else if (Next != YamlTokenKind.FlowMappingEnd)
            {
                mapping.Add(ReadNode(inBlock: false, indentless: false), Empty());
            }
        }

        _scanner.Take();
        return mapping;
    }

    private YamlNode ReadFlowPart(YamlTokenKind end) =>
        Next == YamlTokenKind.Value || Next == YamlTokenKind.FlowEntry || Next == end ? Empty() : ReadNode(inBlock: false, indentless: false);

    private YamlNode ReadFlowValue(YamlTokenKind end)
    {
        if (Next != YamlTokenKind.Value)
            return Empty();
        _scanner.Take();
        return Next == YamlTokenKind.FlowEntry || Next == end ? Empty() : ReadNode(inBlock: false, indentless: false);
    }

    private YamlScalar Empty()
    {
        var token = _scanner.Peek();
        return new YamlScalar("", isPlain: true, tag: null, token.Line + 1, token.Column + 1);
    }

    private string? Resolve(YamlToken? tag)
    {
        if (tag is null)
            return null;
        if (tag.Value.Length == 0)
            return tag.Suffix;
        return _handles.TryGetValue(tag.Value, out var prefix) ? prefix + tag.Suffix : throw Problem(tag, "found an undefined tag handle");
    }

    private T Register<T>(string? anchor, T node, YamlToken token)
        where T : YamlNode
    {
        if (anchor is not null && !_anchors.TryAdd(anchor, node))
            throw Problem(token, "found a duplicate anchor");
        return node;
    }

    private YamlException Problem(string what) => Problem(_scanner.Peek(), what);

    private static YamlException Problem(YamlToken token, string what) => new(what, token.Line + 1, token.Column + 1);
}
