using System.Text;
using Osism.Cli.Api;
using Osism.Contracts;
using Osism.Contracts.Collections;

namespace Osism.Cli.Collections;

/// <summary>Definitions of collections in words.</summary>
internal static class CollectionText
{
    /// <exception cref="ProblemException">Its graph is none (<c>collection.broken</c>).</exception>
    public static void Require(CollectionInfo collection)
    {
        if (collection.Problem is { } problem && problem.Code == ErrorCodes.CollectionBroken.Code)
            throw new ProblemException(ErrorCodes.CollectionBroken, problem.Message);
    }

    /// <param name="from">Depth of its first nodes.</param>
    /// <returns>Depth of what comes after it.</returns>
    public static int AddTree(StringBuilder text, CollectionInfo collection, int from)
    {
        var deepest = from;
        foreach (var row in GraphTree.Rows([.. collection.Nodes.Select(node => (node.Name, node.After))]))
        {
            var node = collection.Nodes[row.Index];
            var also = row.AlsoAfter.Count == 0 ? "" : $", also after {string.Join(" and ", row.AlsoAfter)}";
            AddTreeLine(text, from + row.Depth, $"{node.Name} ({What(node)}){also}");
            deepest = Math.Max(deepest, from + row.Depth + 1);
        }

        return deepest;
    }

    public static void AddTreeLine(StringBuilder text, int depth, string what) =>
        text.Append("A [").Append(depth).Append("] ").Append('-', depth + 1).Append(' ').Append(what).Append('\n');

    private static string What(CollectionNodeInfo node) =>
        node.Problem is { } problem ? $"{problem.Code}: {problem.Message}"
        : node.Kind == "command" ? string.Join(' ', node.Arguments)
        : node.Runtime is null ? node.Kind
        : (node.Role == node.Name ? "" : $"{node.Role}, ") + $"{node.Environment}, {node.Runtime}" + (node.Action is { } action ? $", {action}" : "");
}
