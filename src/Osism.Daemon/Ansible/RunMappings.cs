using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Which paths of the production layout a run sees, where it gets a mount namespace.</summary>
internal sealed class RunMappings(ConfigurationRepository repository, RuntimeCatalog runtimes, OsismHome home)
{
    /// <param name="runtime">Whose playbooks it sees; null for a command.</param>
    /// <param name="inventory">The inventory it was given.</param>
    /// <param name="attempt">Whose secrets it sees.</param>
    public IReadOnlyList<PathMapping> Of(Runtime? runtime, InventorySnapshot inventory, AttemptPaths attempt)
    {
        var mappings = new List<PathMapping> { new(repository.Root, ConfigurationRepository.ProductionPath, ReadOnly: true) };
        if (repository.Root != ConfigurationRepository.ProductionPath)
            mappings.Add(new PathMapping(repository.Root, repository.Root, ReadOnly: true));
        if (runtime is { IsInstalled: true })
        {
            if (runtime.Kind != RuntimeKind.Container)
                mappings.Add(new PathMapping(runtime.Folder, "/ansible", ReadOnly: true));
            mappings.Add(new PathMapping(inventory.Path, "/ansible/inventory", ReadOnly: true));
            mappings.Add(new PathMapping(attempt.Secrets, "/ansible/secrets", ReadOnly: true));
        }

        mappings.Add(new PathMapping(home.Share, "/share", ReadOnly: false));
        mappings.Add(new PathMapping(runtimes.InterfaceFolder, "/interface", ReadOnly: true));
        return mappings;
    }
}
