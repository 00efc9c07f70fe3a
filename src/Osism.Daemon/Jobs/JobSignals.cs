using System.Collections.Concurrent;

namespace Osism.Daemon.Jobs;

/// <summary>Wakes those who wait inside this process: workers for jobs, watchers for output and ends. Everybody who waits here also polls, so a lost signal costs time only.</summary>
internal sealed class JobSignals
{
    private readonly ConcurrentDictionary<Guid, Pulse> _jobs = new();
    private readonly Pulse _queued = new();
    private readonly Pulse _tiny = new();

    /// <summary>Raised after a commit that may have made a job claimable; the notifier tells other processes.</summary>
    public event Action? QueuedHere;

    /// <summary>Somebody wants a claimed job to end: the job and who. Workers of other processes learn it with their next heartbeat.</summary>
    public event Action<Guid, string>? CancelWantedHere;

    public void CancelWanted(Guid job, string by) => CancelWantedHere?.Invoke(job, by);

    public void Queued()
    {
        _queued.Raise();
        QueuedTiny();
    }

    /// <summary>The same where only tiny jobs came: nobody else need look.</summary>
    public void QueuedTiny()
    {
        _tiny.Raise();
        QueuedHere?.Invoke();
    }

    /// <summary>Another process said that jobs may be claimable.</summary>
    public void QueuedElsewhere()
    {
        _queued.Raise();
        _tiny.Raise();
    }


    /// <summary>The job's state or output moved.</summary>
    public void Changed(Guid job)
    {
        if (_jobs.TryGetValue(job, out var pulse))
        {
            pulse.Raise();
        }
    }

    /// <summary>Take it before looking at the store, await it after: what happens between the two is not missed.</summary>
    public Task NextQueued() => _queued.Next;

    /// <summary>The same for who runs tiny jobs.</summary>
    public Task NextTiny() => _tiny.Next;

    /// <summary>Watches one job until disposed, or the jobs of one run of a collection by its id: ids of both are never the same.</summary>
    public Watch WatchJob(Guid job) => new(this, job);

    /// <summary>A watcher's view of one job's signals.</summary>
    public sealed class Watch : IDisposable
    {
        private readonly JobSignals _signals;
        private readonly Guid _job;
        private readonly Pulse _pulse;

        public Watch(JobSignals signals, Guid job)
        {
            (_signals, _job) = (signals, job);
            while (true)
            {
                _pulse = signals._jobs.GetOrAdd(job, _ => new Pulse());
                if (_pulse.TryEnter())
                {
                    return;
                }

                // The last watcher is just leaving with this pulse: wait until it is out of the table.
                signals._jobs.TryRemove(new KeyValuePair<Guid, Pulse>(job, _pulse));
            }
        }

        public Task Next => _pulse.Next;

        public void Dispose()
        {
            if (_pulse.LeaveIsLast())
            {
                _signals._jobs.TryRemove(new KeyValuePair<Guid, Pulse>(_job, _pulse));
            }
        }
    }

    private sealed class Pulse
    {
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _watchers;

        public Task Next => Volatile.Read(ref _next).Task;

        public void Raise() =>
            Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

        public bool TryEnter()
        {
            while (true)
            {
                var count = Volatile.Read(ref _watchers);
                if (count < 0)
                {
                    return false;
                }

                if (Interlocked.CompareExchange(ref _watchers, count + 1, count) == count)
                {
                    return true;
                }
            }
        }

        public bool LeaveIsLast() =>
            Interlocked.Decrement(ref _watchers) == 0 && Interlocked.CompareExchange(ref _watchers, -1, 0) == 0;
    }
}
