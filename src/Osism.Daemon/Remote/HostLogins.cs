using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;
using Osism.Daemon.Services;

namespace Osism.Daemon.Remote;

/// <summary>How a host of an inventory is logged in to: as a run would do it, as long as it takes no Ansible to find that out.</summary>
internal sealed class HostLogins(ConfigurationValues values, AnsibleConfigs configs, RuntimeCatalog runtimes)
{
    /// <summary>Effective ansible.cfg where no environment has its say, as it is now.</summary>
    public MergedConfig Config() => configs.MergeCommon(runtimes.Get(RuntimeCatalog.Osism));

    public static string UserOf(MergedConfig config) => config.Find("defaults", "remote_user") ?? "dragon";

    /// <exception cref="OsismException"><c>configuration.broken</c>: the inventory says of it what cannot be, or what takes Ansible to find out.</exception>
    public RemoteHost Of(InventoryReading reading, InventoryHost host, MergedConfig config)
    {
        return RemoteHost.Of(
            host.Name,
            Find("ansible_host", "ansible_ssh_host") ?? host.Name,
            Find("ansible_user", "ansible_ssh_user") ?? UserOf(config),
            Find("ansible_port", "ansible_ssh_port") ?? config.FromRepository("defaults", "remote_port"),
            // Looks like a secret by its name, and is a path.
            Plain(reading, host, "ansible_ssh_private_key_file") ?? Plain(reading, host, "ansible_private_key_file"),
            values.Find("kolla", "kolla_container_engine", name => Plain(reading, host, name)) == "podman" ? ContainerEngine.Podman : ContainerEngine.Docker,
            Find("ansible_connection") == "local");

        string? Find(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (values.Find("generic", name, other => Plain(reading, host, other)) is { } value)
                    return value;
                if (Plain(reading, host, name) is { } template)
                    throw new OsismException(ErrorCodes.ConfigurationBroken, $"{name} of the host {host.Name} is '{template}': only a plain value, or '{{{{ NAME }}}}' of one, can be used without Ansible");
            }

            return null;
        }
    }

    /// <summary>A text or a whole number that the inventory says of a host; null when it says none.</summary>
    public static string? Plain(InventoryReading reading, InventoryHost host, string name)
    {
        try
        {
            return reading.Variables.Of(host).TryFind(new PyText(name), out var variable) && variable.Value is PyText or PyInt
                ? ShownValues.TextOf(name, variable.Value, isMasked: false)
                : null;
        }
        catch (InventoryException)
        {
            // 'inventory lint' says what is wrong with the file; here the variable has no value.
            return null;
        }
    }
}
