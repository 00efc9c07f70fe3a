using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Collections;

/// <summary>Makes the nodes of a run out of what was asked for: a collection, or a chain in which collections stand.</summary>
internal static class RunPlan
{
    /// <summary>The nodes in the order of their definitions. What comes next in a chain waits for all ends of what stands before it.</summary>
    /// <param name="chain">Roles and collections in order; their options are for every node of a collection.</param>
    /// <param name="find">The collection of a name; null when it is a role.</param>
    /// <exception cref="OsismException"><c>request.invalid</c>: nothing was asked for, or too much.</exception>
    public static IReadOnlyList<RunNode> Of(IReadOnlyList<SubmitJob> chain, Func<string, CollectionGraph?> find)
    {
        var nodes = new List<RunNode>();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        IReadOnlyList<string> before = [];
        foreach (var link in chain)
        {
            var name = link is { Role.Length: > 0 } ? link.Role : throw new OsismException(ErrorCodes.RequestInvalid, "role is missing");
            var graph = find(name)?.Nodes ?? [new CollectionNode(name) { Role = name }];
            var names = graph.ToDictionary(node => node.Name, node => Free(node.Name, taken), StringComparer.Ordinal);
            nodes.AddRange(graph.Select(node => new RunNode
            {
                Name = names[node.Name],
                After = node.After.Count == 0 ? before : [.. node.After.Select(parent => names[parent])],
                Job = Submission(node, link),
                Command = node.Kind == JobKinds.Command
                    ? new CommandRequest(node.Command) { Environment = node.Environment, Variables = node.Variables }
                    : null,
            }));
            before = [.. GraphOrder.Ends(graph).Select(node => names[node.Name])];
        }

        return nodes.Count is > 0 and <= CollectionNode.Most
            ? nodes
            : throw new OsismException(ErrorCodes.RequestInvalid, $"a run holds 1 to {CollectionNode.Most} nodes, this one {nodes.Count}");
    }

    /// <summary>What a node says wins over what was said for all; arguments add up.</summary>
    private static SubmitJob Submission(CollectionNode node, SubmitJob link) => node.Kind == JobKinds.Ansible
        ? new SubmitJob
        {
            Role = node.Role,
            Environment = node.Environment ?? link.Environment,
            Overwrite = node.Overwrite ?? link.Overwrite,
            Sub = node.Sub ?? link.Sub,
            Action = node.Action ?? link.Action,
            Arguments = [.. node.Arguments, .. link.Arguments],
            Retry = node.Retry ?? link.Retry,
            TaskTimeout = node.TaskTimeout ?? link.TaskTimeout,
            DryRun = link.DryRun,
            LimitPolicy = link.LimitPolicy,
        }
        : new SubmitJob
        {
            Kind = node.Kind,
            Environment = node.Environment,
            Retry = node.Retry ?? link.Retry,
            TaskTimeout = node.TaskTimeout ?? link.TaskTimeout,
            DryRun = link.DryRun,
        };

    private static string Free(string name, HashSet<string> taken)
    {
        var free = name;
        for (var number = 2; !taken.Add(free); number++)
        {
            free = $"{name}-{number}";
        }

        return free;
    }
}
