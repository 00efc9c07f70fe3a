using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Patterns;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory;

/// <summary>An inventory that was read, with everything to ask it: hosts, groups, patterns, variables, findings.</summary>
/// <remarks>Hosts and groups are read at once, files of variables when somebody asks for them.</remarks>
internal sealed class InventoryReading
{
    private readonly AnsibleSettings _settings;
    private readonly List<Finding> _findings;

    private InventoryReading(AnsibleInventory inventory, VariableResolver variables, InventoryFiles files, AnsibleSettings settings, List<Finding> findings)
    {
        (Inventory, Variables, Files, _settings, _findings) = (inventory, variables, files, settings, findings);
        Patterns = new HostPattern(inventory, settings, findings);
    }

    public AnsibleInventory Inventory { get; }

    public VariableResolver Variables { get; }

    public InventoryFiles Files { get; }

    public HostPattern Patterns { get; }

    /// <summary>What was found so far; later questions may add to it.</summary>
    public List<Finding> Findings => _findings;

    /// <param name="sources">Files, folders, or lists of hosts with commas, as <c>-i</c> takes them.</param>
    /// <param name="playbookFolder">Folder beside which <c>group_vars</c> and <c>host_vars</c> of the playbook lie; null = there is none.</param>
    /// <param name="playbookIsNamed">It was asked for, and is not only the working directory.</param>
    /// <exception cref="InventoryException">Nothing can be said about this inventory.</exception>
    public static InventoryReading Read(IReadOnlyList<string> sources, string? playbookFolder, bool playbookIsNamed, AnsibleSettings settings, VaultSecrets vault)
    {
        var findings = new List<Finding>();
        string[] paths = [.. sources.Where(source => source.Length > 0).Select(source => source.Contains(',', StringComparison.Ordinal) ? source : Path.GetFullPath(source)).Select(TrimEnd)];
        string[] folders = [.. paths.Where(path => !path.Contains(',', StringComparison.Ordinal) || Path.Exists(path)).Select(path => Directory.Exists(path) ? path : Path.GetDirectoryName(path) ?? "/")];
        string[] playbook = playbookFolder is null ? [] : [Path.GetFullPath(playbookFolder)];
        var files = new InventoryFiles(settings, vault, [.. folders, .. playbook], findings);
        var inventory = InventorySources.Read(paths, settings, files, findings);
        var variables = new VariableResolver(inventory, settings, new VariableFiles(settings, files), folders, playbook, playbookIsNamed);
        return new InventoryReading(inventory, variables, files, settings, findings);
    }

    /// <summary>The same for one question, with findings of its own: so questions may be asked at the same time.</summary>
    public InventoryReading ForQuestion() => new(Inventory, Variables, Files, _settings, []);

    private static string TrimEnd(string path) => path.Length > 1 ? path.TrimEnd('/') : path;
}
