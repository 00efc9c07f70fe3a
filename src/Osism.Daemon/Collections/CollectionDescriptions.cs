using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.Daemon.Ansible;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Collections;

/// <summary>Collections as they are shown, with where their roles lead and what stands in the way, as far as names tell.</summary>
internal sealed class CollectionDescriptions(CollectionCatalog catalog, RunComposer composer)
{
    /// <exception cref="OsismException">The repository's file cannot be read.</exception>
    public IReadOnlyList<CollectionInfo> List() => [.. catalog.List().Select(Describe)];

    /// <exception cref="OsismException"><c>collection.not_found</c>, or the repository's file cannot be read.</exception>
    public CollectionInfo Get(string name) => Describe(catalog.Find(name));

    private CollectionInfo Describe(CollectionGraph graph)
    {
        var nodes = graph.Nodes.Select(Describe).ToList();
        var problem = graph.Fault is not null ? catalog.ToException(graph) is var broken ? new ReasonInfo(broken.Code.Code, broken.Message) : null
            : nodes.Find(node => node.Problem is not null) is { Problem: { } first } node ? first with { Message = $"node {node.Name}: {first.Message}" }
            : null;
        return new CollectionInfo
        {
            Name = graph.Name,
            Description = graph.Description,
            Source = graph.Source == CollectionSource.BuiltIn ? "built-in" : "repository",
            Problem = problem,
            Depth = graph.Fault is null ? GraphOrder.Depths(graph.Nodes).Values.Max() : 0,
            Nodes = nodes,
        };
    }

    /// <summary>One node, of a collection or of a graph that somebody else made.</summary>
    public CollectionNodeInfo Describe(CollectionNode node)
    {
        var info = new CollectionNodeInfo
        {
            Name = node.Name,
            After = node.After,
            Kind = node.Kind,
            Role = node.Role,
            Environment = node.Environment,
            Sub = node.Sub,
            Action = node.Action,
            Arguments = node.Kind == JobKinds.Command ? node.Command : node.Arguments,
        };
        if (node.Role is not { } role)
        {
            return info;
        }

        try
        {
            var route = composer.Route(new RunRequest(role)
            {
                Environment = node.Environment,
                Overwrite = node.Overwrite,
                Sub = node.Sub,
                Action = node.Action,
                Arguments = node.Arguments,
            });
            return info with { Environment = route.Environment, Runtime = route.Runtime };
        }
        catch (OsismException e)
        {
            return info with { Problem = new ReasonInfo(e.Code.Code, e.Message) };
        }
    }
}
