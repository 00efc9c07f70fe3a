using System.Text;

namespace Osism.Protocols.Resp;

/// <summary>What a Redis server answers to one command (RESP 2).</summary>
/// <param name="Kind">Which of the fields holds it.</param>
/// <param name="Bytes">Of a string or an error; null otherwise.</param>
/// <param name="Integer">Of an integer.</param>
/// <param name="Items">Of an array.</param>
public readonly record struct RespValue(RespKind Kind, byte[]? Bytes, long Integer, IReadOnlyList<RespValue> Items)
{
    public static RespValue Nil { get; } = new(RespKind.Nil, null, 0, []);

    public bool IsNil => Kind == RespKind.Nil;

    /// <summary>A string or an error as UTF-8; null for all else.</summary>
    public string? Text => Bytes is null ? null : Encoding.UTF8.GetString(Bytes);
}

/// <summary>Types of RESP 2.</summary>
public enum RespKind
{
    Nil,
    Text,
    Error,
    Integer,
    Array,
}
