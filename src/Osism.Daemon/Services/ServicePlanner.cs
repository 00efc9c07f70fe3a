using Osism.Contracts;
using Osism.Contracts.Services;
using Osism.Daemon.Collections;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Services;

/// <summary>What is to be run for services, and which are not among them.</summary>
/// <param name="Graph">For the engine of the collections, which can resume it.</param>
/// <param name="LeftOut">With the reason of each.</param>
internal sealed record ServicePlan(CollectionGraph Graph, IReadOnlyList<LeftOutServiceInfo> LeftOut);

/// <summary>Makes graphs that deploy or upgrade services.</summary>
internal sealed class ServicePlanner(ServicePods pods)
{
    public const string Deploy = "deploy";
    public const string Upgrade = "upgrade";

    /// <exception cref="OsismException"><c>request.invalid</c>: what was asked for makes no plan; <c>service.unknown</c>.</exception>
    public async Task<ServicePlan> PlanAsync(PlanServices request, CancellationToken cancellationToken) => Plan(await pods.LookAsync(cancellationToken), request);

    /// <inheritdoc cref="PlanAsync"/>
    public static ServicePlan Plan(ServicePod pod, PlanServices request)
    {
        if (request.Action is not (Deploy or Upgrade))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"the action is '{request.Action}': it must be {Deploy} or {Upgrade}");
        }

        var (chosen, leftOut) = ServiceChoice.Of(pod, request);
        var nodes = new List<CollectionNode>();
        var taken = chosen.Select(service => service.Name).ToHashSet(StringComparer.Ordinal);
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var service in chosen)
        {
            var role = pod.RoleOf(service)!;
            var steps = StepsOf(service, role, request.Action);
            if (steps.Count == 0)
            {
                leftOut.Add(new LeftOutServiceInfo(service.Name, $"there is nothing to {request.Action}"));
                continue;
            }

            var after = Parents(pod, service, last);
            if (role.Runtime == RuntimeCatalog.Kolla && !request.NoPull)
            {
                var pull = Free($"pull-{service.Name}", taken);
                nodes.Add(new CollectionNode(pull) { Role = role.Role, Environment = service.Environment, Action = "pull" });
                after = [.. after, pull];
            }

            foreach (var step in steps)
            {
                var name = steps.Count == 1 || IsOwn(step, service, steps) ? service.Name : Free(NameOf(step, steps), taken);
                nodes.Add(new CollectionNode(name)
                {
                    Role = step.Role,
                    Action = step.Action,
                    Environment = step.Environment ?? (step.Role == role.Role ? service.Environment : null),
                    Arguments = step.Arguments,
                    After = after,
                });
                after = [name];
            }

            last[service.Name] = after[0];
        }

        return nodes.Count > 0
            ? new ServicePlan(new CollectionGraph($"services-{request.Action}", CollectionSource.Plan, nodes), leftOut)
            : throw new OsismException(ErrorCodes.RequestInvalid, $"there is nothing to {request.Action}: {Reasons(leftOut)}");
    }

    private static IReadOnlyList<ServiceStep> StepsOf(ServiceEntry service, RoleEntry role, string action) =>
        (action == Deploy ? service.Deploy : service.Upgrade)
        ?? [new ServiceStep(role.Role) { Action = action == Upgrade && role.Runtime == RuntimeCatalog.Kolla ? Upgrade : null }];

    /// <summary>The last nodes of the nearest services before it that are in the plan.</summary>
    private static List<string> Parents(ServicePod pod, ServiceEntry service, Dictionary<string, string> last)
    {
        var parents = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Look(service);
        return parents;

        void Look(ServiceEntry at)
        {
            foreach (var name in ServiceIndex.Before(at).Where(seen.Add))
            {
                if (last.TryGetValue(name, out var node))
                {
                    parents.Add(node);
                }
                else if (pod.Index.Find(name) is { } next)
                {
                    // What is not in the plan is taken as there; what it stands on may be.
                    Look(next);
                }
            }
        }
    }

    private static bool IsOwn(ServiceStep step, ServiceEntry service, IReadOnlyList<ServiceStep> steps) =>
        step.Role == service.Name && steps.Count(other => other.Role == step.Role) == 1;

    private static string NameOf(ServiceStep step, IReadOnlyList<ServiceStep> steps) =>
        steps.Count(other => other.Role == step.Role) == 1 ? step.Role : $"{step.Role}-{step.Action ?? KollaArguments.DefaultAction}";

    private static string Free(string name, HashSet<string> taken)
    {
        var free = name;
        for (var number = 2; !taken.Add(free); number++)
        {
            free = $"{name}-{number}";
        }

        return free;
    }

    private static string Reasons(List<LeftOutServiceInfo> leftOut) => leftOut.Count == 0
        ? "no service that is wanted is meant"
        : string.Join("; ", leftOut.Take(3).Select(one => $"{one.Service}: {one.Reason}"));
}
