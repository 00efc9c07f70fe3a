namespace Osism.Protocols.Yaml;

internal enum YamlTokenKind
{
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    StreamEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// <param name="Line">From 0.</param>
/// <param name="Column">From 0.</param>
/// <param name="Value">Text of a scalar, name of an anchor, handle of a tag, version.</param>
/// <param name="Suffix">Suffix of a tag, prefix of a tag directive.</param>
internal sealed record YamlToken(YamlTokenKind Kind, int Line, int Column, string Value = "", string Suffix = "")
{
    /// <summary>A scalar without quotes that is no block scalar.</summary>
    public bool IsPlain { get; init; }
}
