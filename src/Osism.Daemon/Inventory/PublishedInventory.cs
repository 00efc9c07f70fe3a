using Osism.Contracts;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory;

/// <summary>What is in effect for a manager on another machine: its runs get it here too, with its pins, its layers and its last good state.</summary>
internal sealed class PublishedInventory(InventoryRevisions revisions, RevisionFolders folders, RevisionSecrets secrets)
{
    /// <summary>The revision that runs of a manager's repository get now.</summary>
    /// <param name="origin">Identity of the manager's home.</param>
    /// <exception cref="OsismException"><c>snapshot.missing</c>: it has published nothing; <c>configuration.broken</c>: because its sources are broken.</exception>
    public async Task<InventorySnapshot> EnsureAsync(string origin, CancellationToken cancellationToken)
    {
        var head = await revisions.FindHeadAsync(origin, cancellationToken);
        var fault = RevisionInfos.OfBroken(head) is { Findings: [var first, ..] } ? new Finding(first.Code, first.File, first.Line ?? 0, first.Message) : null;
        if ((head?.Held ?? head?.Published) is not { } effective)
        {
            throw fault is null
                ? new OsismException(ErrorCodes.SnapshotMissing, "the manager that took the job has published no inventory: does it run?")
                : Reconciling.Reconciled.ToException(new ReconcileFinding(fault, ErrorCodes.ConfigurationBroken));
        }

        // Counts as used, and so stays while the run begins.
        var row = await revisions.FindAsync(effective, cancellationToken)
            ?? throw new OsismException(ErrorCodes.SnapshotMissing, $"the database does not hold revision {effective} of the inventory any more");
        var folder = await folders.UnpackAsync(effective, cancellationToken);
        return new InventorySnapshot(effective, folder, row.ContentHash)
        {
            SecretFiles = await secrets.FindAsync(effective, folder, cancellationToken),
            Stale = InventoryStale.Of(effective, head!, fault),
        };
    }
}
