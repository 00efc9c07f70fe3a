using System.Collections.Concurrent;
using Npgsql;

namespace Osism.Daemon.Ara.Writing;

/// <summary>The lanes in which foreign recordings are written, one a playbook.</summary>
internal sealed class RecordingLanes(NpgsqlDataSource database, TimeProvider time)
{
    private const int Many = 2000;
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<long, RecordingLane> _lanes = new();

    public RecordingLane Of(long playbook)
    {
        if (_lanes.Count > Many)
        {
            // A lane holds nothing but numbers that nobody has used: who comes back gets another.
            foreach (var (id, lane) in _lanes)
            {
                if (lane.IdleSince + Idle < time.GetUtcNow())
                {
                    _lanes.TryRemove(id, out _);
                }
            }
        }

        return _lanes.GetOrAdd(playbook, id => new RecordingLane(id, database, time));
    }

    public void Forget(long playbook) => _lanes.TryRemove(playbook, out _);
}
