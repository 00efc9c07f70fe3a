namespace Osism.Protocols.Yaml;

/// <summary>A text that is not YAML 1.1 as libyaml reads it.</summary>
/// <param name="what">What is wrong.</param>
/// <param name="line">Line, from 1.</param>
/// <param name="column">Column, from 1.</param>
public sealed class YamlException(string what, int line, int column) : Exception(what)
{
    /// <summary>Line of the text, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Column of the line, from 1.</summary>
    public int Column { get; } = column;
}
