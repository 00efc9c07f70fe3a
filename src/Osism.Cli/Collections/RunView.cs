using Osism.Cli.Formats;
using Osism.Contracts.Collections;

namespace Osism.Cli.Collections;

/// <summary>Draws a run in place on the terminal of a person who watches.</summary>
internal sealed class RunView(CliContext cli)
{
    private const int HeightOfNobody = 24;

    public void Draw(CollectionRunInfo run)
    {
        var rows = GraphTree.Rows([.. run.Nodes.Select(node => (node.Name, node.After))]);
        var room = (cli.Screen.Height ?? HeightOfNobody) - 2;
        var shown = rows.Count <= room ? rows : Choose(rows, run, room - 1);
        List<string> lines = [$"{run.Name} {run.Id}: {RunText.Words(run.State)}, {RunText.Counts(run)}"];
        var width = rows.Count == 0 ? 0 : rows.Max(row => row.Depth * 2 + run.Nodes[row.Index].Name.Length);
        lines.AddRange(shown.Select(row => Line(row, run.Nodes[row.Index], width)));
        if (shown.Count < rows.Count)
            lines.Add($"  ... {rows.Count - shown.Count} more: 'osism collection status {run.Id}' shows all");
        cli.Talk.Draw(lines);
    }

    /// <summary>A screen that is too small shows what matters: what failed, what runs, what comes next.</summary>
    private static List<TreeRow> Choose(List<TreeRow> rows, CollectionRunInfo run, int room)
    {
        var kept = rows.OrderBy(row => Rank(run.Nodes[row.Index])).Take(Math.Max(room, 1)).ToHashSet();
        return rows.FindAll(kept.Contains);
    }

    private static int Rank(CollectionRunNodeInfo node) => node.State switch
    {
        "failed" or "unreachable" or "timed_out" or "lost" or "rejected" or "disconnected" or "cancel_failed" => 0,
        "running" or "starting" => 1,
        "queued" => 2,
        CollectionNodeStates.Pending => 3,
        "succeeded" => 5,
        _ => 4,
    };

    private string Line(TreeRow row, CollectionRunNodeInfo node, int width)
    {
        var name = $"  {new string(' ', row.Depth * 2)}{node.Name}".PadRight(width + 4);
        var state = RunText.Words(node.State);
        var took = node.StartedAt is not { } started ? ""
            : node.EndedAt is { } ended ? $" {Times.Duration(ended - started)}"
            : node.State == "running" ? $" {Times.Duration(cli.Time.GetUtcNow() - started)}"
            : "";
        var tries = node.Tries > 1 ? $", try {node.Tries}" : "";
        var colour = cli.Screen.Colours ? RunText.ColourOf(node.State) : Colour.None;

        // A line that has to be cut goes without colour: its end would be cut off too.
        return colour == Colour.None || name.Length + state.Length + took.Length + tries.Length >= cli.Talk.Width
            ? name + state + took + tries
            : $"{name}\e[{(int)colour}m{state}\e[0m{took}{tries}";
    }
}
