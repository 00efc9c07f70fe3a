using Osism.Daemon.Ara.Wire;

namespace Osism.Daemon.Ara.Resources;

/// <summary>Counts from what the playbooks know, so that a list of millions begins at once.</summary>
internal static class Counters
{
    /// <param name="column">Of rec_playbook.</param>
    public static Func<AraQuery, string?> Of(string column) => query =>
        query.IsEmpty ? $"select coalesce(sum({column}), 0) from rec_playbook"
        : query.OnlyPlaybook is { } playbook ? $"select coalesce((select {column} from rec_playbook where id = {playbook}), 0)"
        : null;
}
