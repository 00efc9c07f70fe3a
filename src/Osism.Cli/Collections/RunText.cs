using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Collections;

/// <summary>Runs of collections in words.</summary>
internal static class RunText
{
    /// <summary>What a command that waited for it ends with: the code of the first node, in the order of the graph, that did not succeed by its own fault.</summary>
    public static int ToExitCode(CollectionRunInfo run)
    {
        foreach (var node in run.Nodes)
        {
            if (node.State is not ("succeeded" or CollectionNodeStates.Skipped))
                return JobText.ToExitCode(JobStates.FromWireName(node.State) ?? JobState.Failed, node.Reason);
        }

        return run.State == CollectionRunStates.Succeeded ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary><c>12 of 39 done, 3 running, 1 failed</c></summary>
    public static string Counts(CollectionRunInfo run)
    {
        var text = $"{run.Nodes.Count(node => node.State == "succeeded")} of {run.Nodes.Count} done";
        foreach (var state in run.Nodes.Where(node => node.State is not ("succeeded" or CollectionNodeStates.Pending)).GroupBy(node => node.State, StringComparer.Ordinal))
            text += $", {state.Count()} {Words(state.Key)}";
        return text;
    }

    /// <summary>The line at its end.</summary>
    public static string Summary(CollectionRunInfo run)
    {
        var took = run.EndedAt - run.StartedAt is { } time ? $" in {Times.Duration(time)}" : "";
        return $"run {run.Id} ({run.Name}) {Words(run.State)}{took}: {Counts(run)}";
    }

    /// <summary>How a node ended, with the way to what it said.</summary>
    public static string NodeEnd(CollectionRunNodeInfo node)
    {
        var took = node.EndedAt - node.StartedAt is { } time ? $" in {Times.Duration(time)}" : "";
        var why = node.Reason is { } reason && node.State != "succeeded" ? $" ({reason.Code}: {reason.Message})" : "";
        var where = node.State is "succeeded" or CollectionNodeStates.Skipped or "cancelled" ? "" : $"; 'osism task output {node.Job}' shows it";
        return JobText.OneLine($"node {node.Name} {Words(node.State)}{took}{why}{where}");
    }

    public static bool IsEnd(CollectionRunNodeInfo node) =>
        node.State == CollectionNodeStates.Skipped || (JobStates.FromWireName(node.State)?.IsTerminal() ?? false);

    public static Colour ColourOf(string state) => state switch
    {
        CollectionNodeStates.Pending => Colour.None,
        CollectionNodeStates.Skipped => Colour.Yellow,
        _ => JobText.Colour(JobStates.FromWireName(state)),
    };

    public static string Words(string state) => state.Replace('_', ' ');
}
