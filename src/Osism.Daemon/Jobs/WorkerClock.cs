using Microsoft.Extensions.Options;

namespace Osism.Daemon.Jobs;

/// <summary>The database's time as this process can know it without asking, and whether its lease can still be good.</summary>
internal sealed class WorkerClock(IOptions<WorkerOptions> options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private DateTimeOffset _database;
    private long _at;
    private bool _set;
    private volatile bool _isDraining;

    /// <summary>False when the last heartbeat is so old that somebody may have taken this worker for gone.</summary>
    public bool IsCurrent
    {
        get
        {
            lock (_gate)
            {
                return _set && time.GetElapsedTime(_at) < options.Value.Lease;
            }
        }
    }

    /// <summary>The last heartbeat said that this worker is to take no more jobs.</summary>
    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }

    public DateTimeOffset DatabaseNow
    {
        get
        {
            lock (_gate)
            {
                return _database + time.GetElapsedTime(_at);
            }
        }
    }

    /// <summary>The database answered a heartbeat that was sent at <paramref name="sent"/>.</summary>
    public void Set(DateTimeOffset database, long sent)
    {
        lock (_gate)
        {
            (_database, _at, _set) = (database, sent, true);
        }
    }
}
