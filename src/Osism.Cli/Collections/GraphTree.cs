namespace Osism.Cli.Collections;

/// <summary>A graph as a tree for people: each node stands once, below the deepest of those it comes after.</summary>
internal static class GraphTree
{
    /// <param name="nodes">Names and what each comes after, in the order of the definition.</param>
    /// <returns>Rows from top to bottom. Nodes of a circle, which only a broken collection has, are left out.</returns>
    public static List<TreeRow> Rows(IReadOnlyList<(string Name, IReadOnlyList<string> After)> nodes)
    {
        var depths = Depths(nodes);
        var below = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        var roots = new List<int>();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (!depths.ContainsKey(nodes[i].Name))
                continue;
            if (Deepest(nodes[i].After, depths) is not { } parent)
                roots.Add(i);
            else if (below.TryGetValue(parent, out var children))
                children.Add(i);
            else
                below[parent] = [i];
        }

        var rows = new List<TreeRow>(nodes.Count);
        foreach (var root in roots)
            Add(root);
        return rows;

        void Add(int index)
        {
            var (name, after) = nodes[index];
            var parent = Deepest(after, depths);
            rows.Add(new TreeRow(index, depths[name], [.. after.Where(other => other != parent)]));
            foreach (var child in below.GetValueOrDefault(name) ?? [])
                Add(child);
        }
    }

    private static string? Deepest(IReadOnlyList<string> after, Dictionary<string, int> depths)
    {
        string? deepest = null;
        foreach (var parent in after)
        {
            if (deepest is null || depths[parent] > depths[deepest])
                deepest = parent;
        }

        return deepest;
    }

    private static Dictionary<string, int> Depths(IReadOnlyList<(string Name, IReadOnlyList<string> After)> nodes)
    {
        var depths = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var found = true; found;)
        {
            found = false;
            foreach (var (name, after) in nodes)
            {
                if (depths.ContainsKey(name) || !after.All(depths.ContainsKey))
                    continue;
                var depth = 0;
                foreach (var parent in after)
                    depth = Math.Max(depth, depths[parent] + 1);
                depths[name] = depth;
                found = true;
            }
        }

        return depths;
    }
}

/// <summary>A row of a tree.</summary>
/// <param name="Index">The node among those given.</param>
/// <param name="Depth">Nodes on the longest way to it, without itself.</param>
/// <param name="AlsoAfter">Nodes it comes after beside the one it stands below.</param>
internal sealed record TreeRow(int Index, int Depth, IReadOnlyList<string> AlsoAfter);
