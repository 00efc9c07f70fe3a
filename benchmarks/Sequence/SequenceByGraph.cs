using Osism.Benchmarks.Measuring;
using Osism.Contracts.Collections;
using Osism.Testing.Sequence;

namespace Osism.Benchmarks.Sequence;

/// <summary>The sequence as one graph with a failure, and a run that goes on after it.</summary>
internal sealed class SequenceByGraph(SequenceSite site, Report report)
{
    /// <param name="plan">What is done.</param>
    /// <param name="failing">Name in the journal of the role that fails.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">It did not fail, or not only there, or did not go on to its end, or repeated something.</exception>
    public async Task<IReadOnlyList<SequenceRow>> RunAsync(SequencePlan plan, string failing, CancellationToken cancellationToken)
    {
        var graph = await SequenceGraph.WriteAsync(site, plan, cancellationToken);
        report.Say($"the graph, until {failing} fails ...");
        var stopped = await graph.ApplyAsync(cancellationToken);
        var failed = stopped.Nodes.Where(node => node.State is not ("succeeded" or "skipped")).ToList();
        if (stopped.State != CollectionRunStates.Failed || failed is not [{ State: "failed" }])
        {
            throw new InvalidOperationException($"the run is {stopped.State}: {string.Join(", ", failed.Select(node => $"{node.Name} {node.State} {node.Reason?.Message}"))}");
        }

        await site.LetPassAsync(failing, cancellationToken);
        report.Say($"{failed[0].Name} failed, {stopped.Nodes.Count(node => node.State == "skipped")} were skipped; it goes on ...");
        var done = await graph.ResumeAsync(stopped.Id, cancellationToken);
        if (done.State != CollectionRunStates.Succeeded)
        {
            throw new InvalidOperationException(
                $"the resumed run is {done.State}: {string.Join(", ", done.Nodes.Where(node => node.State != "succeeded").Select(node => $"{node.Name} {node.State} {node.Reason?.Message}"))}");
        }

        var before = stopped.Nodes.Where(node => node.State == "succeeded").ToDictionary(node => node.Name, node => node.Job, StringComparer.Ordinal);
        var repeated = done.Nodes.Where(node => before.TryGetValue(node.Name, out var job) && job != node.Job).Select(node => node.Name).ToList();
        return repeated.Count == 0
            ? [.. done.Nodes.GroupBy(node => graph.PhaseOf(node.Name)).Select(group => Row(group.Key, [.. group], failed[0].Name))]
            : throw new InvalidOperationException($"resume repeated what had succeeded: {string.Join(", ", repeated)}");
    }

    private static SequenceRow Row(SequencePhase phase, IReadOnlyList<CollectionRunNodeInfo> nodes, string failed) => new(
        phase.Phase, phase.Optional, nodes.Count(node => node.Role is not null), phase.Steps.Sum(step => step.Pulls.Count),
        nodes.Max(node => node.EndedAt!.Value) - nodes.Min(node => node.StartedAt!.Value), nodes.Count(node => node.Name == failed));
}
