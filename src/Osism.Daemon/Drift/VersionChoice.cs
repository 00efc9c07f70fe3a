using Osism.Daemon.Services;

namespace Osism.Daemon.Drift;

/// <summary>Services whose containers are looked at.</summary>
internal sealed class VersionChoice
{
    private readonly HashSet<string> _named;
    private readonly string? _layer;

    /// <exception cref="Platform.OsismException"><c>service.unknown</c>; <c>request.invalid</c>: there is no such layer.</exception>
    public VersionChoice(ServiceIndex index, IReadOnlyList<string> names, string? layer)
    {
        ServiceCatalog.RequireLayer(index, layer);
        _named = names.Select(name => ServiceCatalog.Require(index, name).Name).ToHashSet(StringComparer.Ordinal);
        _layer = layer;
    }

    /// <summary>Whether nothing is left out, so that containers count that are nobody's.</summary>
    public bool IsWhole => _named.Count == 0 && _layer is null;

    public bool IsNamed(ServiceEntry service) => _named.Contains(service.Name);

    /// <summary>Without names those that say which containers are theirs, wanted or not: what runs, runs.</summary>
    public bool Has(ServiceEntry service) => (_layer is null || service.Layer == _layer) && (_named.Count == 0 ? service.Containers.Count > 0 : IsNamed(service));

    /// <summary>Whether it is told when nothing of it runs.</summary>
    public bool IsExpected(ServicePod pod, ServiceEntry service) => IsNamed(service) || pod.IsWanted(service).Is;
}
