using System.Collections.Concurrent;

namespace Osism.Daemon.Recording.Ingest;

/// <summary>What <c>/metrics</c> says of the events this process stores.</summary>
internal sealed class RecordingMetrics
{
    private readonly ConcurrentDictionary<Guid, long> _backlog = new();
    private long _events, _unreadable;
    private double _lag;

    /// <summary>Lines stored, and those of them that were no events.</summary>
    public (long All, long Unreadable) Events => (Volatile.Read(ref _events), Volatile.Read(ref _unreadable));

    /// <summary>Bytes of the spools' events that are not stored yet.</summary>
    public long BacklogBytes => _backlog.Values.Sum();

    /// <summary>Seconds between the writing and the storing of the last event.</summary>
    public double LagSeconds => Volatile.Read(ref _lag);

    public void Stored(int events, int unreadable, TimeSpan lag)
    {
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _unreadable, unreadable);
        Volatile.Write(ref _lag, Math.Max(0, lag.TotalSeconds));
    }

    public void Waiting(Guid job, long bytes) => _backlog[job] = bytes;

    public void Over(Guid job) => _backlog.TryRemove(job, out _);
}
