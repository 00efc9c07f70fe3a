using Osism.Contracts.Services;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Services;

/// <summary>Looks whether services work.</summary>
internal sealed class ServiceHealth(ServicePods pods, Prober prober, TimeProvider time)
{
    private const int ShownTargets = 3;

    /// <param name="names">Only these; none = all that are wanted.</param>
    /// <param name="layer">Only those of this layer.</param>
    /// <param name="cancellationToken">Nobody wants to know any more.</param>
    /// <exception cref="OsismException"><c>service.unknown</c>; <c>request.invalid</c>: there is no such layer.</exception>
    public async Task<IReadOnlyList<ServiceHealthInfo>> LookAsync(IReadOnlyList<string> names, string? layer, CancellationToken cancellationToken)
    {
        var pod = await pods.LookAsync(cancellationToken);
        ServiceCatalog.RequireLayer(pod.Index, layer);
        var named = names.Select(name => ServiceCatalog.Require(pod.Index, name)).Select(service => service.Name).ToHashSet(StringComparer.Ordinal);
        var chosen = pod.Index.Services.Where(service =>
            (layer is null || service.Layer == layer) && (named.Count == 0 ? pod.IsWanted(service).Is : named.Contains(service.Name)));
        return await Task.WhenAll(chosen.Select(service => LookAsync(pod, service, cancellationToken)));
    }

    private async Task<ServiceHealthInfo> LookAsync(ServicePod pod, ServiceEntry service, CancellationToken cancellationToken)
    {
        var (at, began) = (time.GetUtcNow(), time.GetTimestamp());
        if (service.Probe is not { } probe)
        {
            return Unknown(service.IsRetired ? pod.IsWanted(service).Why!
                : service.PartOf is { } owner ? $"there is no probe for it; it comes with {owner}"
                : "there is no probe for it; 'probe' in environments/services.yml gives it one");
        }

        var perHost = probe.Target.UsesHost(pod.Index.Texts);
        IReadOnlyList<InventoryHost?> hosts = [null];
        if (perHost)
        {
            if (pod.HostsOf(service) is not { } found)
            {
                return Unknown($"the inventory cannot be asked: {pod.InventoryFault}");
            }

            hosts = found;
            if (hosts.Count == 0)
            {
                return Unknown(service.Groups.Count == 0 ? "it names no groups, so it has no hosts" : $"there are no hosts in its groups {string.Join(", ", service.Groups)}");
            }
        }

        var addresses = new List<(string Target, string? Host)>(hosts.Count);
        foreach (var host in hosts)
        {
            if (probe.Target.Resolve(pod.ScopeOf(service, host), out var missing) is not { } target)
            {
                return Unknown($"its address is not known: the configuration says nothing of {missing}");
            }

            addresses.Add((target, host?.Name));
        }

        var targets = await Task.WhenAll(addresses.Select(address => prober.TryAsync(probe, address.Target, address.Host, cancellationToken)));
        return Info(Array.TrueForAll(targets, target => target.Healthy) ? ServiceStates.Healthy : ServiceStates.Unhealthy, Summary(targets), targets);

        ServiceHealthInfo Unknown(string why) => Info(ServiceStates.Unknown, why, []);

        ServiceHealthInfo Info(string state, string what, IReadOnlyList<ServiceTargetInfo> tried) =>
            new(service.Name, service.Layer, state, what, (long)time.GetElapsedTime(began).TotalMilliseconds, at, tried);
    }

    private static string Summary(ServiceTargetInfo[] targets)
    {
        var bad = targets.Where(target => !target.Healthy).ToList();
        if (bad.Count == 0)
        {
            return targets.Length == 1 ? targets[0].Detail : $"all {targets.Length} hosts answer";
        }

        var said = string.Join("; ", bad.Take(ShownTargets).Select(target => $"{target.Host ?? target.Target} {target.Detail}"));
        return bad.Count > ShownTargets ? $"{said}; and {bad.Count - ShownTargets} more" : said;
    }
}
