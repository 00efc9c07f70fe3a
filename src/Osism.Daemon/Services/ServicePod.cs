using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Services;

/// <summary>Looks at the pod for one question about services.</summary>
internal sealed class ServicePods(ServiceCatalog catalog, RoleTable roles, CurrentInventory inventory, ConfigurationValues values)
{
    public async Task<ServicePod> LookAsync(CancellationToken cancellationToken)
    {
        var index = catalog.Current();
        try
        {
            return new ServicePod(index, roles.Current(), values, await inventory.GetOpenAsync(cancellationToken), null);
        }
        catch (OsismException e)
        {
            // A broken inventory hides hosts, not services.
            return new ServicePod(index, roles.Current(), values, null, e.Message);
        }
    }
}

/// <summary>The services and the pod they are in, at one time.</summary>
/// <param name="Index">The services.</param>
/// <param name="Roles">Which roles there are.</param>
/// <param name="Values">What the configuration says.</param>
/// <param name="Inventory">Null when it cannot be asked.</param>
/// <param name="InventoryFault">Why it cannot.</param>
internal sealed record ServicePod(ServiceIndex Index, RoleIndex Roles, ConfigurationValues Values, LoadedInventory? Inventory, string? InventoryFault)
{
    /// <summary>The role that deploys a service, with where it leads; null when there is none.</summary>
    public RoleEntry? RoleOf(ServiceEntry service)
    {
        if (service.HasNoRole || service.PartOf is not null)
        {
            return null;
        }

        return FindRole(service.Role ?? service.Name) is { } role ? role with { Environment = service.Environment ?? role.Environment }
            : service.Role is { } own ? new RoleEntry(own, service.Environment ?? RuntimeCatalog.Custom, RuntimeCatalog.Custom, RoleSource.Repository)
            : null;
    }

    /// <summary>A role; <c>ceph</c> stands in no table under this name, and leads to the play <c>ceph-ceph</c>.</summary>
    public RoleEntry? FindRole(string role) => Roles.Find(role) ?? (role == "ceph" && Roles.Find("ceph-ceph") is { } whole ? whole with { Role = role } : null);

    /// <summary>Whether plans and health take it without being told its name, and why not.</summary>
    public (bool Is, string? Why) IsWanted(ServiceEntry service)
    {
        if (service.IsRetired)
        {
            return (false, service.Successor is { } successor ? $"it is retired; {successor} took its place" : "it is retired");
        }

        var variable = service.Switch ?? (RoleOf(service)?.Runtime == RuntimeCatalog.Kolla ? $"enable_{service.Name.Replace('-', '_')}" : null);
        return (variable is null ? null : ServiceScope.Truth(Find(service, variable, FirstHostOf(service)))) switch
        {
            true => (true, null),
            false => (false, $"{variable} is false"),
            null when service.IsOptional => (false, $"it is optional: name it{(variable is null ? "" : $", or set {variable}")}"),
            null when service.PartOf is { } owner && Index.Find(owner) is { } whole && !IsWanted(whole).Is => (false, $"it comes with {owner}, which is not wanted"),
            null => (true, null),
        };
    }

    /// <summary>Its hosts in the order of the inventory; null when nobody can say.</summary>
    public IReadOnlyList<InventoryHost>? HostsOf(ServiceEntry service) => Inventory is null ? null
        : [.. service.Groups.Select(Inventory.Reading.Inventory.FindGroup).OfType<InventoryGroup>().SelectMany(group => group.AllHosts).Distinct()];

    /// <summary>Where names in its texts get their values.</summary>
    /// <param name="host">The host that is meant; null = none in particular.</param>
    public ServiceScope ScopeOf(ServiceEntry service, InventoryHost? host)
    {
        var source = host ?? FirstHostOf(service);
        return new ServiceScope(service, source is null ? null : Find(service, "ansible_host", source) ?? source.Name, Index.Texts, name => Find(service, name, source));
    }

    /// <summary>A plain value of a variable.</summary>
    public string? Find(ServiceEntry service, string variable, InventoryHost? host) =>
        Values.Find(EnvironmentOf(service), variable, name => OfInventory(name, host));

    /// <summary>What is written for a variable, also where it takes Ansible to make a value of it.</summary>
    public string? Written(ServiceEntry service, string variable, InventoryHost? host) =>
        Values.Written(EnvironmentOf(service), variable, name => OfInventory(name, host));

    private InventoryHost? FirstHostOf(ServiceEntry service) => HostsOf(service) is [var first, ..] ? first : null;

    /// <summary>Where the role leads that deploys it, or the service it comes with.</summary>
    public string? EnvironmentOf(ServiceEntry service) => service.Environment ?? RoleOf(service)?.Environment ?? OwnerOf(service);

    private string? OwnerOf(ServiceEntry service) => service.PartOf is { } owner && Index.Find(owner) is { } whole ? RoleOf(whole)?.Environment : null;

    private string? OfInventory(string name, InventoryHost? host)
    {
        if (Inventory is null || host is null)
        {
            return null;
        }

        try
        {
            return Inventory.Reading.Variables.Of(host).TryFind(new PyText(name), out var variable) && variable.Value is PyText or PyInt or PyFloat or PyBool
                ? Shown(name, variable)
                : null;
        }
        catch (InventoryException)
        {
            // 'inventory lint' says what is wrong with the file; here the variable has no value.
            return null;
        }
    }

    private string? Shown(string name, Variable variable) => Inventory!.IsEncrypted(variable.File) ? null
        : ShownValues.TextOf(name, variable.Value, isMasked: true) is var text && text == ShownValues.Mask ? null : text;
}
