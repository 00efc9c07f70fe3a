namespace Osism.Protocols.Yaml;

/// <summary>A node of a document. An alias is the very node it names, so that a node may occur more than once, even inside itself.</summary>
/// <param name="tag">Full tag as it was written; null where none was, or only <c>!</c>.</param>
/// <param name="line">Line, from 1.</param>
/// <param name="column">Column, from 1.</param>
public abstract class YamlNode(string? tag, int line, int column)
{
    /// <summary>Full tag as it was written; null where the node says nothing about its type.</summary>
    public string? Tag { get; } = tag;

    /// <summary>Line of the text, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Column of the line, from 1.</summary>
    public int Column { get; } = column;
}

/// <summary>Text. Its type is to be guessed from its form when it has no tag and is plain.</summary>
public sealed class YamlScalar(string value, bool isPlain, string? tag, int line, int column) : YamlNode(tag, line, column)
{
    public string Value { get; } = value;

    /// <summary>Without quotes and not a block scalar; also anything after the tag <c>!</c>, as libyaml has it.</summary>
    public bool IsPlain { get; } = isPlain;
}

/// <summary>A list of nodes.</summary>
public sealed class YamlSequence(string? tag, int line, int column) : YamlNode(tag, line, column)
{
    private readonly List<YamlNode> _items = [];

    public IReadOnlyList<YamlNode> Items => _items;

    internal void Add(YamlNode item) => _items.Add(item);
}

/// <summary>Pairs in the order of the text; a key may occur more than once.</summary>
public sealed class YamlMapping(string? tag, int line, int column) : YamlNode(tag, line, column)
{
    private readonly List<KeyValuePair<YamlNode, YamlNode>> _pairs = [];

    public IReadOnlyList<KeyValuePair<YamlNode, YamlNode>> Pairs => _pairs;

    internal void Add(YamlNode key, YamlNode value) => _pairs.Add(new(key, value));
}
