using System.Text.Json.Serialization;
using Osism.Contracts.Jobs;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Collections;

/// <summary>One run of a collection as it is stored: what was asked for. Everything that moves is in its jobs.</summary>
/// <remarks>Whoever deletes jobs of a run deletes all of them and the run: a node without a job is taken for one that waits.</remarks>
internal sealed record CollectionRun
{
    public Guid Id { get; init; }

    public long Seq { get; init; }

    public string Name { get; init; } = "";

    public bool DryRun { get; init; }

    public string SubmittedBy { get; init; } = "";

    public DateTimeOffset SubmittedAt { get; init; }

    /// <summary>JSON array of <see cref="RunNode"/>.</summary>
    public string Nodes { get; init; } = "[]";
}

/// <summary>A node as it was submitted; resuming composes it again from this. Kept as JSON: names are frozen.</summary>
internal sealed record RunNode
{
    public required string Name { get; init; }

    public IReadOnlyList<string> After { get => field ?? []; init; }

    /// <summary>What is submitted; of kind command only retry, limit and dry run count.</summary>
    public required SubmitJob Job { get; init; }

    public CommandRequest? Command { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<RunNode>))]
internal sealed partial class CollectionsJson : JsonSerializerContext;
