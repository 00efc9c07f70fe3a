namespace Osism.Daemon.Collections;

/// <summary>What follows from the edges of a graph.</summary>
internal static class GraphOrder
{
    /// <summary>Why the nodes are no graph that can be run: a name twice, an unknown node, a cycle, nothing at all. Null when they are one.</summary>
    public static CollectionFault? FindFault(IReadOnlyList<CollectionNode> nodes, int line)
    {
        if (nodes.Count is 0 or > CollectionNode.Most)
        {
            return new CollectionFault(nodes.Count == 0 ? "it has no nodes" : $"it has {nodes.Count} nodes, and {CollectionNode.Most} is the most", line);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        if (nodes.FirstOrDefault(node => !names.Add(node.Name)) is { } twice)
        {
            return new CollectionFault($"the node {twice.Name} is there twice", twice.Line);
        }

        foreach (var node in nodes)
        {
            if (node.After.FirstOrDefault(parent => !names.Contains(parent)) is { } unknown)
            {
                return new CollectionFault($"the node {node.Name} comes after {unknown}, and there is no such node", node.Line);
            }

            if (node.After.Distinct(StringComparer.Ordinal).Count() < node.After.Count)
            {
                return new CollectionFault($"the node {node.Name} names a node it comes after twice", node.Line);
            }
        }

        var sorted = Sort(nodes);
        if (sorted.Count == nodes.Count)
        {
            return null;
        }

        var cycle = Cycle(nodes, sorted);
        return new CollectionFault(
            $"nodes wait for each other in a circle: {string.Join(" -> ", cycle.Select(node => node.Name))}", cycle[0].Line);
    }

    /// <summary>The nodes so that each stands behind those it comes after, otherwise in their own order. Nodes of a circle, and those behind one, are left out.</summary>
    public static IReadOnlyList<CollectionNode> Sort(IReadOnlyList<CollectionNode> nodes)
    {
        var sorted = new List<CollectionNode>(nodes.Count);
        var done = new HashSet<string>(StringComparer.Ordinal);
        var left = nodes.ToList();
        while (true)
        {
            var ready = left.FindAll(node => node.After.All(done.Contains));
            if (ready.Count == 0)
            {
                return sorted;
            }

            sorted.AddRange(ready);
            done.UnionWith(ready.Select(node => node.Name));
            left.RemoveAll(node => done.Contains(node.Name));
        }
    }

    /// <summary>How many nodes stand on the longest way that ends with each.</summary>
    public static IReadOnlyDictionary<string, int> Depths(IReadOnlyList<CollectionNode> nodes)
    {
        var depths = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var node in Sort(nodes))
        {
            depths[node.Name] = 1 + node.After.Select(parent => depths[parent]).DefaultIfEmpty(0).Max();
        }

        return depths;
    }

    /// <summary>Nodes that nothing comes after.</summary>
    public static IEnumerable<CollectionNode> Ends(IReadOnlyList<CollectionNode> nodes)
    {
        var parents = nodes.SelectMany(node => node.After).ToHashSet(StringComparer.Ordinal);
        return nodes.Where(node => !parents.Contains(node.Name));
    }

    /// <summary>One circle, in the order in which its nodes would run; the first stands at its end again.</summary>
    private static List<CollectionNode> Cycle(IReadOnlyList<CollectionNode> nodes, IReadOnlyList<CollectionNode> sorted)
    {
        var stuck = nodes.Except(sorted).ToDictionary(node => node.Name, StringComparer.Ordinal);
        var way = new List<CollectionNode>();

        // Each of them waits for another of them: whoever goes back from one to the next comes to one he has seen.
        for (var at = stuck.Values.First(); !way.Contains(at); at = stuck[at.After.First(stuck.ContainsKey)])
        {
            way.Add(at);
        }

        var begin = stuck[way[^1].After.First(stuck.ContainsKey)];
        way = way[way.IndexOf(begin)..];
        way.Reverse();
        return [way[^1], .. way];
    }
}
