using Osism.Contracts;
using Osism.Contracts.Services;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Services;

/// <summary>Which services a plan is for.</summary>
internal static class ServiceChoice
{
    /// <returns>Services with a role, in the order in which a pod is built, and those that were meant and are not among them.</returns>
    /// <exception cref="OsismException"><c>service.unknown</c>; <c>request.invalid</c>: an unknown layer, or a service that cannot be deployed was named.</exception>
    public static (IReadOnlyList<ServiceEntry> Chosen, List<LeftOutServiceInfo> LeftOut) Of(ServicePod pod, PlanServices request)
    {
        ServiceCatalog.RequireLayer(pod.Index, request.Layer);
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in request.Names)
        {
            named.Add(Deployable(pod, name).Name);
        }

        var isNamed = named.Count > 0;
        var first = 0;
        if (request.From is { } from)
        {
            var begin = Deployable(pod, from);
            first = pod.Index.Services.Index().First(service => service.Item == begin).Index;
            if (!isNamed)
            {
                // Whoever begins with one that is not wanted by itself wants it now.
                named.Add(begin.Name);
            }
        }

        var chosen = new List<ServiceEntry>();
        var leftOut = new List<LeftOutServiceInfo>();
        foreach (var service in pod.Index.Services.Skip(first).Where(service => request.Layer is null || service.Layer == request.Layer))
        {
            if (named.Contains(service.Name))
            {
                chosen.Add(service);
            }
            else if (!isNamed && service.PartOf is null && !service.HasNoRole && !service.IsRetired && !(service.IsOptional && !pod.IsWanted(service).Is))
            {
                if (WhyNot(pod, service) is { } reason)
                {
                    leftOut.Add(new LeftOutServiceInfo(service.Name, reason));
                }
                else
                {
                    chosen.Add(service);
                }
            }
        }

        return (chosen, leftOut);
    }

    private static string? WhyNot(ServicePod pod, ServiceEntry service) =>
        pod.IsWanted(service) is { Is: false } wish ? wish.Why
        : pod.RoleOf(service) is null ? "no role deploys it"
        : service.Groups.Count > 0 && pod.HostsOf(service) is { Count: 0 } ? $"there are no hosts in its groups {string.Join(", ", service.Groups)}"
        : null;

    /// <summary>The service of a name, or the one it comes with.</summary>
    private static ServiceEntry Deployable(ServicePod pod, string name)
    {
        var service = ServiceCatalog.Require(pod.Index, name);
        while (service.PartOf is { } owner)
        {
            service = ServiceCatalog.Require(pod.Index, owner);
        }

        return service.IsRetired ? throw new OsismException(ErrorCodes.RequestInvalid, $"{name}: {pod.IsWanted(service).Why}")
            : pod.RoleOf(service) is null ? throw new OsismException(ErrorCodes.RequestInvalid, $"no role deploys {name}; give it one with 'role' in environments/services.yml")
            : service;
    }
}
