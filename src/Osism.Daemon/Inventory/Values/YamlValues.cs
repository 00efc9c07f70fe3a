using Osism.Protocols.Yaml;

namespace Osism.Daemon.Inventory.Values;

/// <summary>Makes values out of YAML as Ansible's loader does: the safe types of PyYAML, <c>!vault</c> and <c>!unsafe</c>.</summary>
internal sealed class YamlValues
{
    private const string Prefix = "tag:yaml.org,2002:";

    private readonly Dictionary<YamlNode, PyValue?> _done = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<YamlMapping, List<KeyValuePair<YamlNode, YamlNode>>> _flat = new(ReferenceEqualityComparer.Instance);
    private readonly Action<PyValue, int> _onDuplicate;

    private YamlValues(Action<PyValue, int> onDuplicate) => _onDuplicate = onDuplicate;

    /// <param name="onDuplicate">Told of a key that occurs twice in a mapping, and of the mapping's line; the last one counts.</param>
    /// <exception cref="SourceException">It is not YAML, or holds what the loader does not make.</exception>
    public static PyValue Read(string text, Action<PyValue, int> onDuplicate)
    {
        try
        {
            return YamlReader.Read(text) is { } root ? new YamlValues(onDuplicate).Make(root) : PyNone.Value;
        }
        catch (YamlException e)
        {
            throw new SourceException($"{e.Message} (column {e.Column})", e.Line);
        }
    }

    private PyValue Make(YamlNode node)
    {
        if (_done.TryGetValue(node, out var known))
            return known ?? throw new SourceException("a value holds itself", node.Line);
        _done[node] = null;
        var value = node switch
        {
            YamlScalar scalar => MakeScalar(scalar),
            YamlSequence sequence => MakeSequence(sequence),
            YamlMapping mapping when DefaultOf(mapping) is { } scalar => MakeScalar(scalar),
            _ => MakeMapping((YamlMapping)node),
        };
        _done[node] = value;
        return value;
    }

    private static PyValue MakeScalar(YamlScalar scalar)
    {
        var (value, line) = (scalar.Value, scalar.Line);
        return TagOf(scalar) switch
        {
            YamlScalarTypes.Null => PyNone.Value,
            YamlScalarTypes.Bool => YamlScalarTypes.ReadBool(value, line),
            YamlScalarTypes.Int => YamlScalarTypes.ReadInt(value, line),
            YamlScalarTypes.Float => YamlScalarTypes.ReadFloat(value, line),
            YamlScalarTypes.Timestamp => YamlScalarTypes.ReadTimestamp(value, line),
            YamlScalarTypes.Text or Prefix + "python/unicode" => new PyText(value),
            Prefix + "binary" => MakeBytes(value, line),
            "!vault" or "!vault-encrypted" => new PyVault(value),
            "!unsafe" => new PyText(value, isUnsafe: true),
            var tag => throw Unknown(tag, line),
        };
    }

    private PySequence MakeSequence(YamlSequence sequence)
    {
        switch (sequence.Tag)
        {
            case null or Prefix + "seq":
                return new PySequence([.. sequence.Items.Select(Make)]);
            case "!unsafe":
                return new PySequence([.. sequence.Items.Select(item => Unsafe(item))]);
            case Prefix + "omap" or Prefix + "pairs":
                return new PySequence([.. sequence.Items.Select(MakePair)]);
            default:
                throw Unknown(sequence.Tag, sequence.Line);
        }
    }

    private PyValue MakeMapping(YamlMapping mapping) => mapping.Tag switch
    {
        null or Prefix + "map" or Prefix + "python/dict" => PyMapping.Of(MakePairs(mapping, Make)),
        "!unsafe" => PyMapping.Of([.. MakePairs(mapping, Unsafe).Select(pair => pair with { Key = Unsafe(pair.Key) })]),
        Prefix + "set" => new PySet([.. PyMapping.Of(MakePairs(mapping, Make)).Pairs.Select(pair => pair.Key)]),
        _ => throw Unknown(mapping.Tag, mapping.Line),
    };

    private List<PyPair> MakePairs(YamlMapping mapping, Func<YamlNode, PyValue> make)
    {
        var pairs = new List<PyPair>(mapping.Pairs.Count);
        var seen = new HashSet<PyValue>(mapping.Pairs.Count);
        foreach (var (keyNode, valueNode) in Flatten(mapping))
        {
            var key = keyNode is YamlScalar scalar && TagOf(scalar) == YamlScalarTypes.DefaultValue ? new PyText(scalar.Value) : Make(keyNode);
            if (!key.IsHashable)
                throw new SourceException($"a {key.TypeName} cannot be a key", keyNode.Line);
            if (!seen.Add(key))
                _onDuplicate(key, mapping.Line);
            pairs.Add(new PyPair(key, make(valueNode), keyNode.Line));
        }

        return pairs;
    }

    /// <summary>The pairs with those of <c>&lt;&lt;</c> before them. Of several mappings the first named wins, so the last comes first.</summary>
    private List<KeyValuePair<YamlNode, YamlNode>> Flatten(YamlMapping mapping)
    {
        if (_flat.TryGetValue(mapping, out var known))
            return known ?? throw new SourceException("a mapping is merged into itself", mapping.Line);
        _flat[mapping] = null!;
        var merged = new List<KeyValuePair<YamlNode, YamlNode>>();
        var own = new List<KeyValuePair<YamlNode, YamlNode>>(mapping.Pairs.Count);
        foreach (var pair in mapping.Pairs)
        {
            if (pair.Key is not YamlScalar key || TagOf(key) != YamlScalarTypes.Merge)
            {
                own.Add(pair);
                continue;
            }

            switch (pair.Value)
            {
                case YamlMapping other:
                    merged.AddRange(Flatten(other));
                    break;
                case YamlSequence several:
                    foreach (var item in several.Items.Reverse())
                        merged.AddRange(Flatten(item as YamlMapping ?? throw new SourceException("only mappings can be merged", item.Line)));
                    break;
                default:
                    throw new SourceException("only a mapping or a list of mappings can be merged", pair.Value.Line);
            }
        }

        merged.AddRange(own);
        return _flat[mapping] = merged;
    }

    private PyValue MakePair(YamlNode node)
    {
        if (node is not YamlMapping { Pairs: [var pair] })
            throw new SourceException("an entry of an ordered map is not one pair", node.Line);
        return new PySequence([Make(pair.Key), Make(pair.Value)], isTuple: true);
    }

    /// <summary>Ansible marks what it has at this moment, and collections get their content only later: those are lost.</summary>
    private PyValue Unsafe(YamlNode node) => node switch
    {
        YamlSequence { Tag: null } => new PySequence([]),
        YamlMapping { Tag: null } => PyMapping.Empty,
        _ => Unsafe(Make(node)),
    };

    private static PyValue Unsafe(PyValue value) => value is PyText text ? new PyText(text.Value, isUnsafe: true) : value;

    /// <summary>The value of the key <c>=</c>, which stands for the mapping where its tag asks for a scalar (yaml.org/type/value); else null.</summary>
    private static YamlScalar? DefaultOf(YamlMapping mapping) =>
        mapping.Tag is YamlScalarTypes.Null or YamlScalarTypes.Bool or YamlScalarTypes.Int or YamlScalarTypes.Float or YamlScalarTypes.Timestamp or YamlScalarTypes.Text
            && mapping.Pairs.FirstOrDefault(pair => pair.Key is YamlScalar key && TagOf(key) == YamlScalarTypes.DefaultValue).Value is YamlScalar value
            ? new YamlScalar(value.Value, value.IsPlain, mapping.Tag, mapping.Line, mapping.Column)
            : null;

    private static PyBytes MakeBytes(string value, int line)
    {
        try
        {
            return new PyBytes(Convert.FromBase64String(value));
        }
        catch (FormatException)
        {
            throw new SourceException("the text is not base64", line);
        }
    }

    private static string TagOf(YamlScalar scalar) =>
        scalar.Tag ?? (scalar.IsPlain ? YamlScalarTypes.Guess(scalar.Value) : YamlScalarTypes.Text);

    private static SourceException Unknown(string tag, int line) => new($"there is no type for the tag {tag} here", line);
}
