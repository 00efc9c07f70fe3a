using Osism.Contracts.Inventory;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory.Lint;

/// <summary>The checks of a repository that no manager serves yet: without database, and nothing is published.</summary>
internal sealed class UnmanagedCheck(ConfigurationRepository repository, InventoryLayers layers, Reconciler reconciler, FurtherFindings further)
{
    /// <summary>As <see cref="RepositoryCheck"/>, with this password instead of the manager's.</summary>
    /// <exception cref="OsismException">As <see cref="RepositoryCheck.CheckAsync"/>.</exception>
    public async Task<List<InventoryFindingInfo>> CheckAsync(string password, CancellationToken cancellationToken)
    {
        var made = await reconciler.MakeAsync(layers.Read(before: null), cancellationToken);
        var scratch = Directory.CreateTempSubdirectory("osism-check-");
        try
        {
            var snapshot = new InventorySnapshot(0, Path.Combine(scratch.FullName, "revision"), made.ContentHash) { SecretFiles = made.SecretFiles };
            InventoryArchive.Write(made.Files, snapshot.Path, _ => null);
            var lint = new RepositoryLint(repository, _ => Task.FromResult((made, (InventorySnapshot?)snapshot)), FindPassword);
            return await new RepositoryCheck(repository, lint, _ => Task.FromResult(Load(snapshot)), FindPassword, further).CheckAsync(cancellationToken);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }

        Task<string?> FindPassword(CancellationToken token) => Task.FromResult<string?>(password);

        LoadedInventory Load(InventorySnapshot snapshot) =>
            new(snapshot, InventoryReading.Read([snapshot.Path], null, playbookIsNamed: false, RevisionSettings.Reading, new VaultSecrets([password])));
    }
}
