using Osism.Daemon.Services;

namespace Osism.Daemon.Drift;

/// <summary>Whose a container is, by its name.</summary>
internal sealed class ContainerOwners(ServiceIndex index)
{
    // The closest pattern first; of equal ones that of the service that is built first.
    private readonly List<ContainerOwner> _rules =
        [.. index.Services.SelectMany(service => service.Containers.Select(rule => new ContainerOwner(service, rule))).OrderByDescending(owner => owner.Rule.Closeness)];

    /// <summary>Null when no service names it.</summary>
    public ContainerOwner? Find(string container) => _rules.Find(owner => owner.Rule.Matches(container));
}

/// <param name="Service">Whose it is.</param>
/// <param name="Rule">Why.</param>
internal sealed record ContainerOwner(ServiceEntry Service, ServiceContainers Rule);
