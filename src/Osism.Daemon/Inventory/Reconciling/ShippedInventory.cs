namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>The tree of groups that is part of the program.</summary>
internal static class ShippedInventory
{
    /// <summary>Groups that the shipped ones are made of, and that a pod must fill.</summary>
    public static readonly IReadOnlyList<string> BaseGroups =
        ["ceph-control", "ceph-resource", "compute", "control", "generic", "manager", "monitoring", "network"];

    private const string Prefix = "inventory/groups/";

    private static readonly Lazy<IReadOnlyList<LayerFile>> LazyGroups = new(Read);

    public static IReadOnlyList<LayerFile> Groups => LazyGroups.Value;

    private static List<LayerFile> Read()
    {
        var assembly = typeof(ShippedInventory).Assembly;
        var files = new List<LayerFile>();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            files.Add(new LayerFile(Layers.Groups, $"catalog/{resource}", new InventoryFile(resource[Prefix.Length..], executable: false, content)));
        }

        return files;
    }
}
