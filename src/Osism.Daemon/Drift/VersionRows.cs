using Osism.Contracts.Services;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Remote;
using Osism.Daemon.Services;

namespace Osism.Daemon.Drift;

/// <summary>What is told of the services and containers of one host.</summary>
/// <param name="pod">What is wanted.</param>
/// <param name="choice">Which services are asked for.</param>
internal sealed class VersionRows(ServicePod pod, VersionChoice choice)
{
    private readonly ContainerOwners _owners = new(pod.Index);

    /// <param name="host">The host.</param>
    /// <param name="services">Services that should run there.</param>
    /// <param name="containers">What runs there.</param>
    public IEnumerable<ServiceVersionInfo> Of(InventoryHost host, IReadOnlyList<ServiceEntry> services, IReadOnlyList<RunningContainer> containers)
    {
        var seen = new HashSet<ServiceEntry>();
        foreach (var container in containers)
        {
            if (_owners.Find(container.Name) is not { } owner)
            {
                if (choice.IsWhole)
                    yield return Row(null, host.Name, container.Name, container, null, VersionStates.Unknown, "no service names it: 'containers' in environments/services.yml does");
                continue;
            }

            seen.Add(owner.Service);
            if (!choice.Has(owner.Service))
                continue;
            var wanted = WantedTag.Of(pod, owner.Service, owner.Rule, host, container.Name);
            var (state, detail) = container.Compare(wanted);
            yield return Row(owner.Service, host.Name, container.Name, container, wanted.Tag, state, detail);
        }

        foreach (var service in services.Where(service => !seen.Contains(service) && choice.IsExpected(pod, service)))
        {
            // Only a name that is whole says which container it would be.
            var only = service.Containers is [{ IsName: true } rule] ? rule : null;
            var wanted = only is null ? null : WantedTag.Of(pod, service, only, host, only.Pattern);
            yield return Row(service, host.Name, only?.Pattern, null, wanted?.Tag, VersionStates.Missing, "none of its containers runs there");
        }
    }

    /// <summary>Of a host that did not answer: one row for each service that should run there, and at least one.</summary>
    public IEnumerable<ServiceVersionInfo> Silent(InventoryHost host, IReadOnlyList<ServiceEntry> services, HostReply reply)
    {
        var (state, detail) = reply.IsReached
            ? (VersionStates.Unknown, $"its containers cannot be listed: {reply.Fault}")
            : (VersionStates.Unreachable, reply.Fault);
        return services.Where(service => choice.IsExpected(pod, service)).Cast<ServiceEntry?>().DefaultIfEmpty(null)
            .Select(service => Row(service, host.Name, null, null, null, state, detail));
    }

    /// <summary>Of a service of which nothing can be asked.</summary>
    public static ServiceVersionInfo Nowhere(ServiceEntry service, string why) => Row(service, null, null, null, null, VersionStates.Unknown, why);

    private static ServiceVersionInfo Row(ServiceEntry? service, string? host, string? name, RunningContainer? container, string? wanted, string state, string? detail) =>
        new(service?.Name, service?.Layer, host, name, container?.Tag, wanted, container?.Image, state, detail);
}
