using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>Reads everything the inventory is made of, layer over layer (<c>reference/configuration.md</c> 3.2, steps 4 to 7).</summary>
internal sealed class InventoryLayers(
    ConfigurationRepository repository, RuntimeCatalog runtimes, NetboxLayer netbox, InventoryConfigSource config, IOptions<InventoryOptions> options, TimeProvider time)
{
    private static readonly string[] Versions = ["osism-kubernetes", "osism-ansible", "ceph-ansible", "kolla-ansible"];
    private static readonly string[] Overlays = ["kolla-ansible", "release-kolla-ansible"];

    /// <param name="before">What was read earlier: unchanged files are taken from there.</param>
    public LayeredInventory Read(LayeredInventory? before)
    {
        var now = time.GetUtcNow();
        var trees = new Dictionary<string, InventoryTree>(StringComparer.Ordinal);
        var files = new Dictionary<string, LayerFile>(StringComparer.Ordinal);
        var findings = new List<ReconcileFinding>();
        if (!Directory.Exists(repository.Inventory))
        {
            var message = $"the configuration repository has no folder inventory/ ({repository.Inventory})";
            findings.Add(new ReconcileFinding(new Finding(FindingCodes.SourceMissing, "inventory", 0, message), ErrorCodes.FileMissing));
        }

        if (options.Value.Defaults is { } defaults)
            Add(Folder(Layers.Defaults, defaults, "group_vars/").Where(IsDefault));
        Add(options.Value.Groups is { } groups ? Folder(Layers.Groups, groups, "") : ShippedInventory.Groups);
        if (options.Value.Extra is { } extra)
            Add(Folder(Layers.Extra, extra, ""));
        var own = Tree(Layers.Repository, known => InventoryTree.Read(repository.Inventory, repository.Root, "inventory/", known, now));
        Add(own.Files.Select(file => new LayerFile(Layers.Repository, $"inventory/{file.Name}", file)));
        Add(Published());
        var imported = netbox();
        Add((imported?.Files ?? []).Select(file => new LayerFile(Layers.Netbox, $"netbox/{file.Name}", file)));
        var ceph = Tree("ceph", known => InventoryTree.Read([(Path.Combine(repository.EnvironmentFolder("ceph", null), "configuration.yml"), "ceph")], known, now));
        var merged = Config();
        var watched = Tree("config", known => InventoryTree.Read((merged?.Files ?? [Path.Combine(repository.Environments, "ansible.cfg")]).Select(path => (path, path)), known, now));
        foreach (var tree in trees.Values.Except([watched]))
            findings.AddRange(tree.Findings);
        return new LayeredInventory(files, trees, findings)
        {
            CephConfiguration = ceph.Files.Count > 0 ? ceph.Files[0] : null,
            Config = merged?.Content,
            NetboxVersion = imported?.Version,
        };

        InventoryTree Tree(string key, Func<InventoryTree?, InventoryTree> read) => trees[key] = read(before?.Trees.GetValueOrDefault(key));

        IEnumerable<LayerFile> Folder(string layer, string folder, string into)
        {
            folder = Path.TrimEndingDirectorySeparator(folder);
            var tree = Tree(layer, known => InventoryTree.Read(folder, folder, $"{folder}/", known, now));
            return tree.Files.Select(file => new LayerFile(layer, $"{folder}/{file.Name}", into.Length == 0 ? file : new InventoryFile(into + file.Name, file.Executable, file.Content)));
        }

        IEnumerable<LayerFile> Published()
        {
            var from = runtimes.InterfaceFolder;
            var wanted = Versions.Select(name => (Path: $"{from}/versions/{name}.yml", Name: $"group_vars/all/100-versions-{name}.yml"))
                .Concat(Overlays.Select(name => (Path: $"{from}/overlays/{name}.yml", Name: $"group_vars/all/100-overlays-{name}.yml"))).ToList();
            var tree = Tree(Layers.Versions, known => InventoryTree.Read(wanted, known, now));
            return tree.Files.Select(file => new LayerFile(Layers.Versions, wanted.First(one => one.Name == file.Name).Path, file));
        }

        void Add(IEnumerable<LayerFile> layer)
        {
            foreach (var file in layer)
                files[file.File.Name] = file;
        }

        InventoryConfig? Config()
        {
            try
            {
                return config();
            }
            catch (OsismException e)
            {
                findings.Add(new ReconcileFinding(new Finding(FindingCodes.ConfigBroken, e.File, e.Line ?? 0, e.Message), e.Code));
                return null;
            }
        }
    }

    /// <summary>Whether everything is as it was read. No file is read.</summary>
    public bool IsUnchanged(LayeredInventory read) => netbox()?.Version == read.NetboxVersion && read.Trees.Values.All(tree => tree.IsUnchanged());

    /// <summary>The folders in which something happens when anything changes; null when that cannot be told of them.</summary>
    public static List<byte[]>? FoldersOf(LayeredInventory read)
    {
        var folders = new List<byte[]>();
        foreach (var tree in read.Trees.Values)
        {
            if (tree.Folders is not { } some)
                return null;
            folders.AddRange(some);
        }

        return folders;
    }

    /// <summary>Of what <see cref="IsUnchanged"/> looks at, that of which nothing in <see cref="FoldersOf"/> tells: some dozen stamps.</summary>
    public bool IsTopUnchanged(LayeredInventory read) => netbox()?.Version == read.NetboxVersion && read.Trees.Values.All(tree => tree.IsTopUnchanged());

    /// <summary>A checkout of default variables holds other things too.</summary>
    private static bool IsDefault(LayerFile file)
    {
        var name = file.File.Name["group_vars/".Length..];
        return name.Contains('/', StringComparison.Ordinal)
            ? !name.StartsWith("contrib/", StringComparison.Ordinal)
            : Path.GetExtension(name) is ".yml" or ".yaml" or ".json";
    }
}

/// <summary>What all layers together hold.</summary>
/// <param name="Files">By name in the inventory's folder.</param>
/// <param name="Trees">What was looked at.</param>
/// <param name="Findings">What could not be read.</param>
internal sealed record LayeredInventory(
    IReadOnlyDictionary<string, LayerFile> Files, IReadOnlyDictionary<string, InventoryTree> Trees, IReadOnlyList<ReconcileFinding> Findings)
{
    /// <summary><c>environments/ceph/configuration.yml</c>.</summary>
    public InventoryFile? CephConfiguration { get; init; }

    /// <summary>The merged <c>ansible.cfg</c>.</summary>
    public byte[]? Config { get; init; }

    public string? NetboxVersion { get; init; }

    /// <summary>Whether any change since it was read must show.</summary>
    public bool IsSettled => Trees.Values.All(tree => tree.IsSettled);
}
