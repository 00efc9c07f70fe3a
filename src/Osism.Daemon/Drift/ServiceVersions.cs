using Osism.Contracts;
using Osism.Contracts.Services;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Platform;
using Osism.Daemon.Remote;
using Osism.Daemon.Services;

namespace Osism.Daemon.Drift;

/// <summary>Looks on the hosts of the pod which containers are of another version than the configuration asks for.</summary>
internal sealed class ServiceVersions(ServicePods pods, CurrentInventory inventory, HostLogins logins, HostQuestions questions)
{
    /// <param name="names">Only these services; none = all.</param>
    /// <param name="layer">Only those of this layer.</param>
    /// <param name="limit">A pattern of hosts; null = all.</param>
    /// <param name="cancellationToken">Nobody wants to know any more.</param>
    /// <returns>In the order in which a pod is built, then of the inventory; at the end containers that are nobody's.</returns>
    /// <exception cref="OsismException"><c>service.unknown</c>, <c>host.unknown</c>; <c>request.invalid</c>: an unknown layer, or no pattern; there is no inventory; or no way to log in.</exception>
    public async Task<IReadOnlyList<ServiceVersionInfo>> LookAsync(IReadOnlyList<string> names, string? layer, string? limit, CancellationToken cancellationToken)
    {
        var pod = await pods.LookAsync(cancellationToken);
        var choice = new VersionChoice(pod.Index, names, layer);
        // Where the pod knows of none this says why in full.
        pod = pod with { Inventory = pod.Inventory ?? await inventory.GetOpenAsync(cancellationToken) };
        var within = Within(pod.Inventory, limit);
        var rows = new List<ServiceVersionInfo>();
        var places = new List<(InventoryHost Host, ServiceEntry Service)>();
        foreach (var service in pod.Index.Services.Where(choice.Has))
        {
            var hosts = pod.HostsOf(service)!;
            if (choice.IsNamed(service) && WhyNowhere(service, hosts) is { } why)
                rows.Add(VersionRows.Nowhere(service, why));
            else
                places.AddRange(hosts.Where(host => within?.Contains(host.Name) != false).Select(host => (host, service)));
        }

        var table = new VersionRows(pod, choice);
        var asked = places.GroupBy(place => place.Host, place => place.Service).Select(group => (Host: group.Key, Services: (IReadOnlyList<ServiceEntry>)[.. group])).ToList();
        var replies = await AskAsync(pod.Inventory, [.. asked.Select(one => one.Host)], cancellationToken);
        foreach (var ((host, services), reply) in asked.Zip(replies))
            rows.AddRange(reply.Output is { } output ? table.Of(host, services, ContainerReport.Read(output)) : table.Silent(host, services, reply));
        return Sort(pod, rows);
    }

    /// <summary>A host that the inventory describes so that nobody can log in costs its own rows, as one that does not answer.</summary>
    private async Task<IReadOnlyList<HostReply>> AskAsync(LoadedInventory loaded, IReadOnlyList<InventoryHost> hosts, CancellationToken cancellationToken)
    {
        var config = logins.Config();
        var reading = loaded.Reading;
        var faults = new Dictionary<string, HostReply>(StringComparer.Ordinal);
        var known = new List<RemoteHost>();
        foreach (var host in hosts)
        {
            try
            {
                known.Add(logins.Of(reading, host, config));
            }
            catch (OsismException e)
            {
                faults[host.Name] = new HostReply(null, IsReached: false, e.Message);
            }
        }

        var replies = await questions.AskAsync(known, ContainerReport.Command, config, cancellationToken);
        var byName = known.Zip(replies).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
        return [.. hosts.Select(host => faults.GetValueOrDefault(host.Name) ?? byName[host.Name])];
    }

    private static HashSet<string>? Within(LoadedInventory loaded, string? limit)
    {
        if (limit is null)
            return null;
        var found = loaded.Match(limit);
        return found.Count > 0 ? found.ToHashSet(StringComparer.Ordinal) : throw new OsismException(ErrorCodes.HostUnknown, $"no host of the inventory matches '{limit}'");
    }

    private static string? WhyNowhere(ServiceEntry service, IReadOnlyList<InventoryHost> hosts) =>
        service.Containers.Count == 0 ? "the catalogue does not say which containers are its own: 'containers' in environments/services.yml does"
        : service.Groups.Count == 0 ? "it names no groups, so it has no hosts"
        : hosts.Count == 0 ? $"there are no hosts in its groups {string.Join(", ", service.Groups)}"
        : null;

    private static List<ServiceVersionInfo> Sort(ServicePod pod, List<ServiceVersionInfo> rows)
    {
        var services = pod.Index.Services.Index().ToDictionary(service => service.Item.Name, service => service.Index, StringComparer.Ordinal);
        var hosts = pod.Inventory!.Reading.Inventory.Hosts.Index().ToDictionary(host => host.Item.Name, host => host.Index, StringComparer.Ordinal);
        return
        [
            .. rows.OrderBy(row => row.Service is null ? services.Count : services[row.Service])
                .ThenBy(row => row.Host is null ? -1 : hosts[row.Host]),
        ];
    }
}
