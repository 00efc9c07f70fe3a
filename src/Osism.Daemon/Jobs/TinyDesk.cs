namespace Osism.Daemon.Jobs;

/// <summary>Where submissions of this process give tiny jobs straight to its worker, which saves them the way through the queue.</summary>
/// <remarks>They are stored as claimed, in the transaction that stores them at all. What if we die before the worker has them? They had no effect: like
/// every job that was claimed and not begun they go back to the queue.</remarks>
internal sealed class TinyDesk(WorkerClock clock)
{
    /// <summary>More are not held at a time: the rest takes the way through the queue.</summary>
    private const int Most = 256;

    private readonly Lock _gate = new();
    private List<TinyJobs.Claimed> _handed = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Taker? _taker;

    /// <summary>Who takes jobs at the moment; null when there is nobody or too much lies here.</summary>
    public Taker? Open
    {
        get
        {
            if (_taker is not { } taker || clock is not { IsCurrent: true, IsDraining: false })
            {
                return null;
            }

            lock (_gate)
            {
                return _handed.Count < Most ? taker : null;
            }
        }
    }

    /// <summary>Completed once something lies here.</summary>
    public Task Next
    {
        get
        {
            lock (_gate)
            {
                return _next.Task;
            }
        }
    }

    public void Attend(WorkerIdentity worker, WorkerQueues queues) => _taker = new Taker(worker, queues);

    public void Leave() => _taker = null;

    /// <summary>Jobs of a commit that claimed them for the taker.</summary>
    public void Hand(IEnumerable<TinyJobs.Claimed> jobs)
    {
        lock (_gate)
        {
            _handed.AddRange(jobs);
            _next.TrySetResult();
        }
    }

    /// <summary>All that lies here.</summary>
    public IReadOnlyList<TinyJobs.Claimed> Take()
    {
        lock (_gate)
        {
            if (_handed.Count == 0)
            {
                return [];
            }

            var taken = _handed;
            _handed = [];
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return taken;
        }
    }

    /// <summary>A worker and what it works for.</summary>
    public sealed record Taker(WorkerIdentity Worker, WorkerQueues Queues);
}
