using System.Collections.Concurrent;

namespace Osism.Daemon.Schedules;

/// <summary>Counters of this process for <c>/metrics</c>.</summary>
internal sealed class ScheduleMetrics
{
    private readonly ConcurrentDictionary<string, long> _decided = new(StringComparer.Ordinal);
    private long _ticked = long.MinValue;

    /// <summary>Occurrences this process decided, by outcome.</summary>
    public IReadOnlyDictionary<string, long> Occurrences => _decided;

    /// <summary>Timestamp of the last look; null before the first.</summary>
    public long? LastTick => Volatile.Read(ref _ticked) is var ticked && ticked == long.MinValue ? null : ticked;

    public void Decided(string outcome) => _decided.AddOrUpdate(outcome, 1, (_, count) => count + 1);

    public void Ticked(long timestamp) => Volatile.Write(ref _ticked, timestamp);
}
