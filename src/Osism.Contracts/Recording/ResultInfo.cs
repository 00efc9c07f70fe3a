using System.Text.Json;

namespace Osism.Contracts.Recording;

/// <summary>What one task did on one host, as the API and <c>osism results --format json</c> give it. Field names are fixed.</summary>
public record ResultInfo
{
    /// <summary>Of the result; rises with time within a job.</summary>
    public required long Id { get; init; }

    /// <summary>The job; null for what a foreign client recorded.</summary>
    public Guid? Job { get; init; }

    public required string Play { get; init; }

    public required string Task { get; init; }

    public required string Host { get; init; }

    /// <summary><c>ok</c>, <c>changed</c>, <c>failed</c>, <c>ignored</c>, <c>unreachable</c> or <c>skipped</c>; <c>unknown</c> when nobody said.</summary>
    public required string Status { get; init; }

    public required bool Changed { get; init; }

    /// <summary>It failed, and the play said that this does not matter.</summary>
    public required bool Ignored { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Null when its end is not known.</summary>
    public long? DurationMs { get; init; }

    /// <summary>The module's message, its beginning.</summary>
    public string? Msg { get; init; }

    /// <summary>Null outside of roles.</summary>
    public string? Role { get; init; }

    /// <summary>The module.</summary>
    public required string Action { get; init; }

    /// <summary>Where the task is written: <c>file:line</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Turns of a loop; null without one.</summary>
    public int? Items { get; init; }

    /// <summary>Further attempts it took; null when the first was enough.</summary>
    public int? Retries { get; init; }

    public required long Playbook { get; init; }

    public required long PlayId { get; init; }

    public required long TaskId { get; init; }

    public required long HostId { get; init; }
}

/// <summary>One result in full, for <c>GET /v1/results/{id}</c>.</summary>
public sealed record ResultDetailInfo : ResultInfo
{
    /// <summary>What the module returned; null when it is not stored (any more).</summary>
    public JsonElement? Res { get; init; }

    /// <summary>What it changed, as Ansible gives it; null without.</summary>
    public JsonElement? Diff { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<string> Deprecations { get; init; }

    /// <summary>Hosts that did the work instead.</summary>
    public required IReadOnlyList<string> DelegatedTo { get; init; }

    /// <summary>Bytes of the result as the module returned it, when it was too long to be kept and <see cref="Res"/> holds parts of it only; else null.</summary>
    public long? CutBytes { get; init; }
}
