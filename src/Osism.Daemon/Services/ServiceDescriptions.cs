using Osism.Contracts.Services;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Services;

/// <summary>Services as they are shown.</summary>
internal sealed class ServiceDescriptions(ServicePods pods)
{
    /// <param name="layer">Only those of this layer.</param>
    /// <param name="all">Also retired ones.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OsismException"><c>request.invalid</c>: there is no such layer.</exception>
    public async Task<ServicePage> ListAsync(string? layer, bool all, CancellationToken cancellationToken)
    {
        var pod = await pods.LookAsync(cancellationToken);
        ServiceCatalog.RequireLayer(pod.Index, layer);
        var services = pod.Index.Services.Where(service => (layer is null || service.Layer == layer) && (all || !service.IsRetired));
        return new ServicePage(
            [.. services.Select(service => Describe(pod, service))], null, pod.Index.Layers,
            [.. pod.Index.Faults.Select(fault => new ServiceProblemInfo(fault.File, fault.Line, fault.Message))]);
    }

    /// <exception cref="OsismException"><c>service.unknown</c>.</exception>
    public async Task<ServiceInfo> GetAsync(string name, CancellationToken cancellationToken)
    {
        var pod = await pods.LookAsync(cancellationToken);
        return Describe(pod, ServiceCatalog.Require(pod.Index, name));
    }

    private static ServiceInfo Describe(ServicePod pod, ServiceEntry service)
    {
        var role = pod.RoleOf(service);
        var scope = pod.ScopeOf(service, null);
        var (wanted, why) = pod.IsWanted(service);
        return new ServiceInfo
        {
            Name = service.Name,
            Description = service.Description,
            Layer = service.Layer,
            Kind = service.IsCluster ? "cluster" : "single",
            Role = role?.Role,
            Environment = role?.Environment,
            Runtime = role?.Runtime,
            PartOf = service.PartOf,
            Groups = service.Groups,
            Hosts = pod.HostsOf(service) is { } hosts ? [.. hosts.Select(host => host.Name)] : null,
            Ports = [.. service.Ports.Select(port => new ServicePortInfo(port.Name, scope.NumberOf(port)))],
            Urls = [.. service.Urls.Select(url => Describe(url, scope))],
            Probe = service.Probe?.ToString(),
            VersionVariable = service.Version,
            Version = service.Version is { } variable ? scope.Find(variable) : null,
            Requires = service.Requires,
            Wanted = wanted,
            WantedDetail = why,
            Retired = service.IsRetired,
            Successor = service.Successor,
            Source = service.IsOfRepository ? "repository" : "built-in",
        };
    }

    private static ServiceUrlInfo Describe(ServiceUrl url, ServiceScope scope)
    {
        string? missing = null;
        foreach (var text in url.Texts)
        {
            if (text.Resolve(scope, out missing) is { } resolved)
            {
                return new ServiceUrlInfo(url.Name, resolved, null);
            }
        }

        return new ServiceUrlInfo(url.Name, null, missing);
    }
}
