namespace Osism.Protocols.Vault;

/// <summary>A vault text is damaged, cut short or of a kind this codec does not read.</summary>
/// <param name="what">What is wrong.</param>
/// <param name="line">Line of the vault text, from 1; the header is line 1.</param>
/// <param name="column">Column in that line, from 1; 0 when the line as a whole is meant.</param>
public sealed class VaultFormatException(string what, int line, int column)
    : Exception(column > 0 ? $"{what} (line {line}, column {column})" : $"{what} (line {line})")
{
    /// <summary>Line of the vault text, from 1; the header is line 1.</summary>
    public int Line { get; } = line;

    /// <summary>Column in <see cref="Line"/>, from 1; 0 when the line as a whole is meant.</summary>
    public int Column { get; } = column;
}
