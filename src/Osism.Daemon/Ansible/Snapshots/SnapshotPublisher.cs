using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Ansible.Snapshots;

/// <summary>Puts this manager's repository, and the inventory made of it, into the database whenever they are others than last time.</summary>
/// <remarks>While nothing changed the stamps of files and folders are compared, about 1 ms for a thousand; no file is read and the database is not asked.</remarks>
internal sealed class SnapshotPublisher(
    ConfigurationRepository repository, RepositoryLocks locks, SnapshotStore store, InventorySnapshots inventories, RunUser user, OsismHome home, IOptions<DatabaseOptions> database, TimeProvider time) : IDisposable
{
    // A tree that changes while it is read is read again.
    private const int Attempts = 5;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Published? _last;

    /// <summary>Whether a worker on another machine could exist: the embedded database listens on a Unix socket only.</summary>
    public bool IsNeeded => !database.Value.IsEmbedded;

    /// <summary>Identity of the home whose repository this is.</summary>
    public string Origin => File.ReadAllText(home.MachineFile).Trim();

    /// <summary>Sees to it that the database holds the repository as it is now.</summary>
    /// <returns>Whose repository it is, for those who compose the run; null where only this machine could.</returns>
    /// <exception cref="OsismException"><c>repository.unreadable</c>, or <c>snapshot.missing</c> when it does not hold still.</exception>
    public async Task<string?> PublishAsync(CancellationToken cancellationToken)
    {
        if (!IsNeeded || !repository.IsHere)
            return null;
        // First: who finds the repository of a time also finds the inventory that was in effect then, or a later one.
        await inventories.LookAsync("run", cancellationToken);
        if (!IsCurrent())
        {
            await _gate.WaitAsync(cancellationToken);
            try
            {
                if (!IsCurrent())
                    await ReadAsync(cancellationToken);
            }
            finally
            {
                _gate.Release();
            }
        }

        return Origin;
    }

    /// <summary>As <see cref="PublishAsync"/>, and says that it is so at this moment, for who waits to know.</summary>
    public async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        if (await PublishAsync(cancellationToken) is { } origin && _last is { } last)
            await store.SetHeadAsync(origin, last.Id, cancellationToken);
    }

    public void Dispose() => _gate.Dispose();

    private bool IsCurrent() => _last is { Tree.IsSettled: true } last && last.Head == repository.Head() && last.Tree.IsUnchanged();

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var head = repository.Head();
            var tree = RepositoryTree.Read(repository.Root, _last?.Tree, MayRead, time.GetUtcNow());
            if (_last is { } last && last.Tree.Hash == tree.Hash && last.Head == head)
            {
                _last = last with { Tree = tree };
                return;
            }

            var state = await repository.DescribeAsync(null, cancellationToken);
            var stored = await store.FindAsync(tree.Hash, state, cancellationToken) ?? await store.AddAsync(await WithAuthorsAsync(tree, cancellationToken), state, ReadFileAsync, cancellationToken);
            if (stored is { } id)
            {
                await store.SetHeadAsync(Origin, id, cancellationToken);
                _last = new Published(id, tree, head);
                return;
            }
        }

        throw new OsismException(ErrorCodes.SnapshotMissing, $"the configuration repository {repository.Root} does not hold still: its files change while they are read");
    }

    /// <summary>A refusal names who holds the lock: here git, or the file's owner, can still say.</summary>
    private async Task<RepositoryTree> WithAuthorsAsync(RepositoryTree tree, CancellationToken cancellationToken)
    {
        var entries = tree.Entries.ToList();
        for (var i = 0; i < entries.Count; i++)
        {
            var path = Path.Combine(repository.Root, entries[i].Path);
            if (Path.GetFileName(path) == RepositoryLocks.FileName && entries[i].Hash is not null
                && await locks.FindAsync(new LockPlace("", path), cancellationToken) is { } found)
                entries[i] = entries[i] with { Target = $"{found.Since:O} {found.Owner}" };
        }

        return tree with { Entries = entries };
    }

    private async Task<byte[]?> ReadFileAsync(RepositoryEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            var content = await File.ReadAllBytesAsync(Path.Combine(repository.Root, entry.Path), cancellationToken);
            return SHA256.HashData(content).AsSpan().SequenceEqual(entry.Hash) ? content : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private bool MayRead(FileStatus status) =>
        !user.IsOther || (status.Permissions & (status.User == user.Account.Id ? UnixFileMode.UserRead
            : status.Group == user.Account.Group ? UnixFileMode.GroupRead
            : UnixFileMode.OtherRead)) != UnixFileMode.None;

    /// <param name="Id">Number of the snapshot.</param>
    /// <param name="Tree">What it was made of.</param>
    /// <param name="Head">HEAD at that time: a commit changes it, and whether the work tree is dirty, without a change of files.</param>
    private sealed record Published(long Id, RepositoryTree Tree, string? Head);
}
