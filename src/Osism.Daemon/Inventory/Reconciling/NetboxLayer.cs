namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>What NetBox says of the pod, as files of an inventory: <c>20-netbox</c> and files below <c>host_vars/</c>.</summary>
/// <param name="Version">Another one for other files.</param>
internal sealed record NetboxFiles(string Version, IReadOnlyList<InventoryFile> Files);

/// <summary>The last import from NetBox; null where there is no NetBox. Asked with every look at the sources, so it must be cheap.</summary>
internal delegate NetboxFiles? NetboxLayer();

/// <summary>The <c>ansible.cfg</c> that people and programs get who use the published folder by themselves.</summary>
/// <param name="Files">What it was merged of: when one of them changes, it is asked for again.</param>
internal sealed record InventoryConfig(byte[] Content, IReadOnlyList<string> Files);

/// <summary>Merges it; where Ansible is not composed here there is none.</summary>
/// <exception cref="Platform.OsismException">A file cannot be read or is broken.</exception>
internal delegate InventoryConfig InventoryConfigSource();
