using System.Net.Http.Json;
using System.Text;
using Osism.Contracts;
using Osism.Contracts.Collections;

namespace Osism.Testing.Sequence;

/// <summary>The sequence as one graph: what waits for each other makes a line, and what nobody waits for stands beside it.</summary>
public sealed class SequenceGraph
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "sequence";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(40);
    private readonly SequenceSite _site;
    private readonly Dictionary<string, SequencePhase> _phases;

    private SequenceGraph(SequenceSite site, Dictionary<string, SequencePhase> phases)
    {
        _site = site;
        _phases = phases;
    }

    /// <summary>Writes <c>environments/collections.yml</c> of the site.</summary>
    public static async Task<SequenceGraph> WriteAsync(SequenceSite site, SequencePlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(plan);
        var text = new StringBuilder($"collections:\n  {Name}:\n    description: The deployment of a testbed\n    nodes:\n");
        var phases = new Dictionary<string, SequencePhase>(StringComparer.Ordinal);
        string? last = null;
        foreach (var (phase, step) in plan.Phases.SelectMany(phase => phase.Steps.Where(step => step.Outside is null).Select(step => (phase, step))))
        {
            var name = step.Role ?? step.Host ?? string.Join('-', step.Command);
            for (var number = 2; phases.ContainsKey(name); number++)
            {
                name = $"{step.Role}-{number}";
            }

            text.Append($"      {name}: {{{string.Join(", ", Fields(site, step, last))}}}\n");
            phases.Add(name, phase);
            last = step.Background ? last : name;
        }

        await site.Pod.WriteAsync("environments/collections.yml", text.ToString(), cancellationToken);
        await site.Pod.CommitAsync("The deployment as one graph", cancellationToken);
        return new SequenceGraph(site, phases);
    }

    /// <summary>The phase a node belongs to.</summary>
    public SequencePhase PhaseOf(string node) => _phases[node];

    /// <summary>Runs all of it and waits for its end.</summary>
    public async Task<CollectionRunInfo> ApplyAsync(CancellationToken cancellationToken)
    {
        var id = Guid.Parse((await _site.Cli.MustAsync(cancellationToken, "apply", "--no-wait", "--format", "script", Name)).Text.Trim());
        await (_site.Cli.Command("wait", "--format", "script", $"{id}") with { Timeout = Longest }).RunAsync(cancellationToken);
        return await LookAsync(id, cancellationToken);
    }

    /// <summary>Goes on with a run and waits for its end.</summary>
    public async Task<CollectionRunInfo> ResumeAsync(Guid run, CancellationToken cancellationToken)
    {
        await (_site.Cli.Command("collection", "resume", $"{run}") with { Timeout = Longest }).RunAsync(cancellationToken);
        return await LookAsync(run, cancellationToken);
    }

    private async Task<CollectionRunInfo> LookAsync(Guid run, CancellationToken cancellationToken) =>
        (await _site.Daemon.Http.GetFromJsonAsync(new Uri(ApiRoutes.CollectionRun(run), UriKind.Relative), OsismJson.Default.CollectionRunInfo, cancellationToken))!;

    private static IEnumerable<string> Fields(SequenceSite site, SequenceStep step, string? last)
    {
        if (step.Role is { } role)
        {
            yield return $"role: {role}";
            yield return $"retry: {step.Retry}";
            yield return $"arguments: {List(step.Arguments)}";
        }
        else
        {
            yield return $"command: {List(step.Host is { } program ? [$"./{program}", site.Volumes, site.ExtraHostVars] : ["osism", .. step.Command])}";
        }

        if (step.Environment is { } environment)
        {
            yield return $"environment: {environment}";
        }

        if (last is not null)
        {
            yield return $"after: [{last}]";
        }
    }

    private static string List(IReadOnlyList<string> words) => $"[{string.Join(", ", words.Select(word => $"\"{word}\""))}]";
}
