namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>A file of the inventory and the layer it is from.</summary>
/// <param name="Layer">One of <see cref="Layers"/>.</param>
/// <param name="Source">How it is named to people: relative to the repository, or a full path.</param>
internal sealed record LayerFile(string Layer, string Source, InventoryFile File);

/// <summary>The layers, the weakest first: of two files of one name the later one counts. The names are shown to people and never change.</summary>
internal static class Layers
{
    public const string Defaults = "defaults";
    public const string Groups = "groups";
    public const string Extra = "extra";
    public const string Repository = "repository";
    public const string Versions = "versions";
    public const string Netbox = "netbox";
    public const string Generated = "generated";
}
