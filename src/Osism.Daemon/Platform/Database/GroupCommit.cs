namespace Osism.Daemon.Platform.Database;

/// <summary>Stores together what comes at the same time, so that it shares statements and an fsync.</summary>
/// <remarks>Nobody waits for others to come: while one group is being stored the next one gathers.</remarks>
/// <param name="largest">Most items of a group.</param>
/// <param name="store">Stores a group and tells each of its items how that went; does not throw.</param>
internal sealed class GroupCommit<T>(int largest, Func<List<T>, Task> store)
{
    private readonly Lock _gate = new();
    private List<T> _pending = [];
    private bool _isStoring;

    /// <summary>Adds an item. Who comes when nothing is being stored stores it itself, without the way over another thread; for others this ends at once.</summary>
    public Task AddAsync(T item)
    {
        lock (_gate)
        {
            _pending.Add(item);
            if (_isStoring)
            {
                return Task.CompletedTask;
            }

            _isStoring = true;
        }

        return StoreFirstAsync();
    }

    private async Task StoreFirstAsync()
    {
        await StoreNextAsync();
        lock (_gate)
        {
            _isStoring = _pending.Count > 0;
            if (_isStoring)
            {
                _ = Task.Run(StoreAllAsync, CancellationToken.None);
            }
        }
    }

    private async Task StoreAllAsync()
    {
        while (true)
        {
            lock (_gate)
            {
                if (_pending.Count == 0)
                {
                    _isStoring = false;
                    return;
                }
            }

            await StoreNextAsync();
        }
    }

    private Task StoreNextAsync()
    {
        List<T> group;
        lock (_gate)
        {
            group = _pending.Count <= largest ? _pending : _pending[..largest];
            _pending = _pending.Count <= largest ? [] : _pending[largest..];
        }

        return store(group);
    }
}
