using System.Text.Json.Serialization;

namespace Osism.Contracts;

/// <summary>An error on the wire: problem details (RFC 9457) with a stable <see cref="Code"/> and, where they are known, the facts of the case.</summary>
public sealed record ProblemInfo(int Status, string Code, string Detail)
{
    public string Type => $"urn:osism:error:{Code}";

    public string Title => ErrorCodes.All.TryGetValue(Code, out var code) ? code.Meaning : Code;

    /// <summary>Nearest known names, best first, when a name was not found.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Nearest { get; init; }

    /// <summary>The file at fault, relative to the configuration repository where it lies in it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? File { get; init; }

    /// <summary>Line in <see cref="File"/>, from 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Line { get; init; }

    /// <summary>Who holds the lock that stands in the way.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Holder { get; init; }

    /// <summary>Since when it is held.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Since { get; init; }
}

/// <summary>One page of a list.</summary>
/// <param name="Items">The rows.</param>
/// <param name="Next">Opaque cursor for the next page, null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
