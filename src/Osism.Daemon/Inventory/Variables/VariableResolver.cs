using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Variables;

/// <summary>Which variables a host or group has, by Ansible's precedence.</summary>
/// <remarks>Hosts in the same groups share one table of what the groups give them; a host's own variables lie over it and are few.</remarks>
/// <param name="sourceFolders">Folders beside which <c>group_vars</c> and <c>host_vars</c> are looked for, one a source, in its order.</param>
/// <param name="playbookFolders">The same for playbooks.</param>
/// <param name="playbookIsNamed">Somebody said where the playbook is: then what lies beside it also counts for groups by themselves and for exports.</param>
internal sealed class VariableResolver(
    AnsibleInventory inventory, AnsibleSettings settings, VariableFiles files, IReadOnlyList<string> sourceFolders, IReadOnlyList<string> playbookFolders, bool playbookIsNamed)
{
    // A table of 1,500 variables has 100 KB: hosts of most sites share a few dozen, and a site where each host has its own must not keep them all.
    private const int MostTables = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<IReadOnlyList<InventoryGroup>, VariableTable> _shared = new(ReferenceEqualityComparer.Instance);

    /// <summary>All variables of a host.</summary>
    /// <exception cref="InventoryException">A file of variables that counts for it cannot be read.</exception>
    public HostVariables Of(InventoryHost host)
    {
        var shared = SharedBy(host);
        var own = new VariableTable();
        foreach (var stage in HostStages(host))
        {
            if (!settings.MergeHashes)
                Combine(own, stage);
            else
                MergeOver(shared, own, stage);
        }

        return new HostVariables(shared, own);
    }

    /// <summary>What the host itself is given, without its groups: for <c>--export</c>.</summary>
    public VariableTable OwnOf(InventoryHost host)
    {
        var own = new VariableTable();
        own.SetAll(host.Variables, merge: false);
        Combine(own, new VariableStage(Layers(VariableLevel.HostBesideSource, sourceFolders, isHost: true, [host.Name])));
        if (playbookIsNamed)
            Combine(own, new VariableStage(Layers(VariableLevel.HostBesidePlaybook, playbookFolders, isHost: true, [host.Name])));
        return own;
    }

    /// <summary>Variables of a group by itself, as <c>--graph --vars</c> shows them.</summary>
    public VariableTable Of(InventoryGroup group)
    {
        var table = new VariableTable();
        table.SetAll(group.Variables, merge: false);
        Combine(table, new VariableStage(Layers(VariableLevel.GroupBesideSource, sourceFolders, isHost: false, [group.Name])));
        if (playbookIsNamed)
            Combine(table, new VariableStage(Layers(VariableLevel.GroupBesidePlaybook, playbookFolders, isHost: false, [group.Name])));
        if (group.Priority != 1)
            table.Set(new Variable(new PyText("ansible_group_priority"), new PyInt(group.Priority), null, 0), merge: false);
        return table;
    }

    /// <summary>Everything that is set for a host, the weakest first: for those who want to know where a value came from and what it hides.</summary>
    public IEnumerable<VariableLayer> LayersOf(InventoryHost host) =>
        GroupStages(host.Groups).Concat(HostStages(host)).SelectMany(stage => stage.Folders).SelectMany(folder => folder);

    /// <summary>What the host's groups set, the weakest first: the same for all hosts in these groups.</summary>
    public IEnumerable<VariableLayer> SharedLayersOf(InventoryHost host) => GroupStages(host.Groups).SelectMany(stage => stage.Folders).SelectMany(folder => folder);

    /// <inheritdoc cref="VariableFiles.Find(string, bool, string)"/>
    public List<string> FilesOf(string folder, bool isHost, string name) => files.Find(folder, isHost, name);

    /// <summary>What is set for the host itself, without its groups; the weakest first.</summary>
    public IEnumerable<VariableLayer> OwnLayersOf(InventoryHost host) => HostStages(host).SelectMany(stage => stage.Folders).SelectMany(folder => folder);

    /// <summary>What is set for a group by name, the weakest first.</summary>
    public IEnumerable<VariableLayer> LayersOf(InventoryGroup group)
    {
        var isAll = group.Name == InventoryDraft.All;
        yield return new VariableLayer(isAll ? VariableLevel.AllInSource : VariableLevel.GroupInSource, group.Name, group.Variables);
        foreach (var layer in Layers(isAll ? VariableLevel.AllBesideSource : VariableLevel.GroupBesideSource, sourceFolders, isHost: false, [group.Name]).SelectMany(folder => folder))
            yield return layer;
        foreach (var layer in Layers(isAll ? VariableLevel.AllBesidePlaybook : VariableLevel.GroupBesidePlaybook, playbookFolders, isHost: false, [group.Name]).SelectMany(folder => folder))
            yield return layer;
    }

    private VariableTable SharedBy(InventoryHost host)
    {
        lock (_lock)
        {
            if (_shared.TryGetValue(host.Groups, out var known))
                return known;
            var table = new VariableTable();
            foreach (var stage in GroupStages(host.Groups))
                Combine(table, stage);
            if (_shared.Count >= MostTables)
                _shared.Clear();
            return _shared[host.Groups] = table;
        }
    }

    /// <summary>Ansible's default <c>precedence</c>.</summary>
    private IEnumerable<VariableStage> GroupStages(IReadOnlyList<InventoryGroup> groups)
    {
        string[] all = [InventoryDraft.All];
        string[] names = [.. groups.Select(group => group.Name)];
        yield return new VariableStage([[new VariableLayer(VariableLevel.AllInSource, InventoryDraft.All, inventory.All.Variables)]]);
        yield return new VariableStage([[.. groups.Select(group => new VariableLayer(VariableLevel.GroupInSource, group.Name, group.Variables))]]);
        yield return new VariableStage(Layers(VariableLevel.AllBesideSource, sourceFolders, isHost: false, all));
        yield return new VariableStage(Layers(VariableLevel.AllBesidePlaybook, playbookFolders, isHost: false, all));
        yield return new VariableStage(Layers(VariableLevel.GroupBesideSource, sourceFolders, isHost: false, names));
        yield return new VariableStage(Layers(VariableLevel.GroupBesidePlaybook, playbookFolders, isHost: false, names));
    }

    private IEnumerable<VariableStage> HostStages(InventoryHost host)
    {
        yield return new VariableStage([[new VariableLayer(VariableLevel.HostInSource, host.Name, host.Variables)]]);
        yield return new VariableStage(Layers(VariableLevel.HostBesideSource, sourceFolders, isHost: true, [host.Name]));
        yield return new VariableStage(Layers(VariableLevel.HostBesidePlaybook, playbookFolders, isHost: true, [host.Name]));
    }

    private VariableLayer[][] Layers(VariableLevel level, IReadOnlyList<string> folders, bool isHost, string[] names) =>
        [.. folders.Select(folder => names
            .Select(name => new VariableLayer(level, name, files.Read(folder, isHost, name)))
            .Where(layer => layer.Variables.Count > 0)
            .ToArray())];

    private void Combine(VariableTable target, VariableStage stage)
    {
        if (!settings.MergeHashes)
        {
            foreach (var layer in stage.Folders.SelectMany(folder => folder))
                target.SetAll(layer.Variables, merge: false);
            return;
        }

        target.SetAll(Merged(stage).Items, merge: true);
    }

    /// <summary>A host's values are merged with those they lie over at once, so that a table of them needs nothing else.</summary>
    private static void MergeOver(VariableTable shared, VariableTable own, VariableStage stage)
    {
        foreach (var variable in Merged(stage).Items)
        {
            var below = own.TryFind(variable.Name, out var before) || shared.TryFind(variable.Name, out before) ? before.Value as PyMapping : null;
            own.Set(below is not null && variable.Value is PyMapping above ? variable with { Value = below.MergedWith(above) } : variable, merge: false);
        }
    }

    /// <summary>Ansible first merges what a folder has, then the folders, then those into the rest. The order matters where a name is a dictionary here and a text there.</summary>
    private static VariableTable Merged(VariableStage stage)
    {
        var together = new VariableTable();
        foreach (var folder in stage.Folders)
        {
            var one = new VariableTable();
            foreach (var layer in folder)
                one.SetAll(layer.Variables, merge: true);
            together.SetAll(one.Items, merge: true);
        }

        return together;
    }
}
