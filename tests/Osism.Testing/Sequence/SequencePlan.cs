using System.Text.Json;
using System.Text.Json.Serialization;

namespace Osism.Testing.Sequence;

/// <summary>The deployment of a testbed, call by call: <c>tests/sequence/sequence.json</c>.</summary>
/// <param name="Source">Where the facts are from.</param>
/// <param name="Phases">In order.</param>
public sealed record SequencePlan(string Source, IReadOnlyList<SequencePhase> Phases)
{
    /// <summary>All steps in order.</summary>
    [JsonIgnore]
    public IEnumerable<SequenceStep> Steps => Phases.SelectMany(phase => phase.Steps);

    /// <summary>Runs of roles that the plan asks for itself.</summary>
    [JsonIgnore]
    public int Applies => Steps.Count(step => step.Role is not null);

    /// <summary>Runs that its runs ask for.</summary>
    [JsonIgnore]
    public int Pulls => Steps.Sum(step => step.Pulls.Count);

    public static SequencePlan Load() => JsonSerializer.Deserialize(
        File.ReadAllText(Checkout.PathOf("tests", "sequence", "sequence.json")), SequenceJson.Default.SequencePlan)!;

    /// <summary>The same with fewer pulls.</summary>
    public SequencePlan WithPulls(params IReadOnlyList<string> pulls) => this with
    {
        Phases = [.. Phases.Select(phase => phase with { Steps = [.. phase.Steps.Select(step => step.Pulls.Count > 0 ? step with { Pulls = pulls } : step)] })],
    };

    /// <summary>The same with the steps that are wanted and nothing else.</summary>
    public SequencePlan Where(Func<SequenceStep, bool> wanted) =>
        this with { Phases = [.. Phases.Select(phase => phase with { Steps = [.. phase.Steps.Where(wanted)] }).Where(phase => phase.Steps.Count > 0)] };
}

/// <summary>What one script of the testbed does.</summary>
/// <param name="Phase">Its name.</param>
/// <param name="Optional">Whether the testbed does without it unless asked.</param>
/// <param name="Steps">In order.</param>
public sealed record SequencePhase(string Phase, bool Optional, IReadOnlyList<SequenceStep> Steps);

/// <summary>One step: exactly one of <see cref="Role"/>, <see cref="Command"/>, <see cref="Host"/> and <see cref="Outside"/> is set.</summary>
public sealed record SequenceStep
{
    /// <summary>Applied by <c>osism apply</c>.</summary>
    public string? Role { get; init; }

    /// <summary>Null: the one the manager finds.</summary>
    public string? Environment { get; init; }

    /// <summary>What stands behind the role.</summary>
    public IReadOnlyList<string> Arguments { get => field ?? []; init; }

    /// <summary>Further jobs when it fails. The testbed sets <c>OSISM_APPLY_RETRY</c> to 1.</summary>
    public int Retry { get => field == 0 ? 1 : field; init; }

    /// <summary>Nobody waits for it.</summary>
    public bool Background { get; init; }

    /// <summary>Roles whose images the play has the manager pull: runs of their own.</summary>
    public IReadOnlyList<string> Pulls { get => field ?? []; init; }

    /// <summary>Words of another call of <c>osism</c>.</summary>
    public IReadOnlyList<string> Command { get => field ?? []; init; }

    /// <summary>A program of the repository that the caller runs by himself.</summary>
    public string? Host { get; init; }

    /// <summary>What the testbed does here without the manager, or with a cloud there is none of: not done.</summary>
    public string? Outside { get; init; }

    /// <summary>What it leaves and where, as a pattern of hosts: the path of a file, or the words of a line in the journal (role, action, environment, variable).</summary>
    public IReadOnlyDictionary<string, string> Leaves { get => field ?? new Dictionary<string, string>(StringComparer.Ordinal); init; }

    /// <summary>The lines of <see cref="Leaves"/>.</summary>
    [JsonIgnore]
    public IEnumerable<(string Line, string Hosts)> Lines => Leaves.Where(mark => !mark.Key.StartsWith('/')).Select(mark => (mark.Key, mark.Value));

    /// <summary>The files of <see cref="Leaves"/>.</summary>
    [JsonIgnore]
    public IEnumerable<(string Path, string Hosts)> Files => Leaves.Where(mark => mark.Key.StartsWith('/')).Select(mark => (mark.Key, mark.Value));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SequencePlan))]
internal sealed partial class SequenceJson : JsonSerializerContext;
