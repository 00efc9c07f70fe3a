using System.Collections.Concurrent;

namespace Osism.Daemon.Recording.Ingest;

/// <summary>Wakes who waits for the events of a job, when this manager stores some. Those that other managers and workers store must be asked for.</summary>
internal sealed class EventArrivals
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _waiting = new();

    /// <summary>Ends with the next arrival: take it before looking, await it after.</summary>
    public Task Next(Guid job) => _waiting.GetOrAdd(job, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Events of the job are stored, or nobody needs to wait for them any more.</summary>
    public void Raise(Guid job)
    {
        if (_waiting.TryRemove(job, out var waiting))
        {
            waiting.TrySetResult();
        }
    }
}
