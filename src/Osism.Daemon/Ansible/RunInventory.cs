using Osism.Daemon.Inventory;

namespace Osism.Daemon.Ansible;

/// <summary>The inventory that a run gets now: on the manager what its sources give, on another machine what that manager has in effect.</summary>
internal delegate Task<InventorySnapshot> RunInventory(CancellationToken cancellationToken);
