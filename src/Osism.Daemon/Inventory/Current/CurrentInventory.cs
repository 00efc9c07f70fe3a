using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory.Current;

/// <summary>The current revision, read once and kept until there is another one. Any number may ask it at the same time.</summary>
/// <param name="findPassword">The vault password as it is now; null = there is none.</param>
internal sealed class CurrentInventory(InventorySnapshots snapshots, Func<CancellationToken, Task<string?>> findPassword) : IDisposable
{
    // One reads, and those who came meanwhile share what it read. Questions are answered outside of it.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Kept? _last;

    /// <summary>The revision as it is now, for questions about hosts and groups.</summary>
    /// <exception cref="OsismException">There is no revision to ask, or nothing can be said about it.</exception>
    public async Task<LoadedInventory> GetAsync(CancellationToken cancellationToken)
    {
        var snapshot = await snapshots.EnsureAsync("query", cancellationToken);
        return Volatile.Read(ref _last) is { } last && last.Inventory.Revision == snapshot.Revision
            ? last.Inventory
            : await LoadAsync(snapshot, await findPassword(cancellationToken), cancellationToken);
    }

    /// <summary>The same for questions about variables: with the vault password as it is now, so that one that was forgotten opens nothing any more.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<LoadedInventory> GetOpenAsync(CancellationToken cancellationToken)
    {
        var snapshot = await snapshots.EnsureAsync("query", cancellationToken);
        var password = await findPassword(cancellationToken);
        return Volatile.Read(ref _last) is { } last && last.Serves(snapshot, password) ? last.Inventory : await LoadAsync(snapshot, password, cancellationToken);
    }

    public void Dispose() => _gate.Dispose();

    private async Task<LoadedInventory> LoadAsync(InventorySnapshot snapshot, string? password, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && last.Serves(snapshot, password))
                return last.Inventory;
            // The folder of a revision never changes.
            var reading = InventoryReading.Read(
                [snapshot.Path], null, playbookIsNamed: false, RevisionSettings.Reading, new VaultSecrets(password is null ? [] : [password]));
            var inventory = new LoadedInventory(snapshot, reading);
            Volatile.Write(ref _last, new Kept(inventory, password));
            return inventory;
        }
        catch (InventoryException e)
        {
            throw InventoryAnswer.Translate(e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private sealed record Kept(LoadedInventory Inventory, string? Password)
    {
        public bool Serves(InventorySnapshot snapshot, string? password) => Inventory.Revision == snapshot.Revision && Password == password;
    }
}
