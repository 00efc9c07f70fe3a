using Npgsql;
using NpgsqlTypes;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Recording;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Recording.Reading.Overview;

/// <summary>What became of the hosts of a job, and which jobs touched a host. From counters: results are not counted for it.</summary>
internal sealed class HostQueries(NpgsqlDataSource database, RecordedRuns recordings)
{
    /// <summary>The statement for the hosts of a playbook; a test looks at its plan.</summary>
    /// <remarks>The first failure of each through the index of what went wrong: its words are those of the index.</remarks>
    internal const string OfPlaybookSql = """
        with bad as (
            select distinct on (r.host) r.host, r.id, r.task, r.msg from rec_result r
            where r.status in (2, 4) and r.id between $1 and $2 and not r.is_ignored order by r.host, r.id)
        select h.name, h.ok, h.changed, h.failed, h.unreachable, h.skipped, h.rescued, h.ignored, bad.id, t.name, bad.msg
        from rec_host h left join bad on bad.host = h.id left join rec_task t on t.id = bad.task
        where h.id between $1 and $2 order by bad.id nulls last, h.name
        """;

    /// <summary>Those that failed come first, the one that failed first before the others.</summary>
    /// <exception cref="OsismException">There is no such job (<c>job.not_found</c>).</exception>
    public async Task<IReadOnlyList<RecordedHostInfo>> OfJobAsync(Guid job, CancellationToken cancellationToken)
    {
        var runs = await recordings.OfJobAsync(job, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var hosts = new Dictionary<string, RecordedHostInfo>(StringComparer.Ordinal);
        foreach (var run in runs)
        {
            await using var command = new NpgsqlCommand(OfPlaybookSql, connection) { Parameters = { new() { Value = run.First }, new() { Value = run.Last } } };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var host = Read(reader);
                hosts[host.Host] = hosts.TryGetValue(host.Host, out var earlier) ? Sum(earlier, host) : host;
            }
        }

        return [.. hosts.Values.OrderBy(host => host.Result is null).ThenBy(host => host.Result ?? 0).ThenBy(host => host.Host, StringComparer.Ordinal)];
    }

    /// <summary>Runs that touched a host, the newest first.</summary>
    /// <exception cref="OsismException">None did (<c>host.unrecorded</c>).</exception>
    public async Task<Page<HostRunInfo>> OfHostAsync(string host, long? before, int limit, CancellationToken cancellationToken)
    {
        const string Sql = """
            select h.id, p.job_id, p.id, j.role, j.environment, j.state, p.status, p.path, p.started, p.ended,
                   h.ok, h.changed, h.failed, h.unreachable, h.skipped, h.rescued, h.ignored
            from (select * from rec_host where name = $1 and id < $2 order by id desc limit $3) h
            join rec_playbook p on p.id = h.playbook left join job j on j.id = p.job_id order by h.id desc
            """;
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = host });
        command.Parameters.Add(new() { Value = before ?? long.MaxValue, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var runs = new List<HostRunInfo>();
        var last = 0L;
        while (await reader.ReadAsync(cancellationToken))
        {
            last = reader.GetInt64(0);
            var (ok, changed, failed, unreachable, skipped) = (reader.GetInt32(10), reader.GetInt32(11), reader.GetInt32(12), reader.GetInt32(13), reader.GetInt32(14));
            runs.Add(new HostRunInfo(
                reader.Id(1), reader.GetInt64(2), reader.Text(3), reader.Text(4),
                await reader.IsDBNullAsync(5, cancellationToken) ? ((RecordStatus)reader.GetInt16(6)).ToString().ToLowerInvariant() : ((JobState)reader.GetInt16(5)).ToWireName(),
                reader.GetString(7), reader.GetFieldValue<DateTimeOffset>(8), reader.Time(9), ShownStatus.OfCounts(ok, changed, failed, unreachable, skipped),
                ok, changed, failed, unreachable, skipped, reader.GetInt32(15), reader.GetInt32(16)));
        }

        return runs.Count == 0 && before is null
            ? throw new OsismException(ErrorCodes.HostUnrecorded, $"no run that is still kept touched a host '{host}'")
            : new Page<HostRunInfo>(runs, runs.Count == limit ? last.ToString() : null);
    }

    private static RecordedHostInfo Read(NpgsqlDataReader reader)
    {
        var (ok, changed, failed, unreachable, skipped) = (reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt32(4), reader.GetInt32(5));
        return new RecordedHostInfo(
            reader.GetString(0), ShownStatus.OfCounts(ok, changed, failed, unreachable, skipped), ok, changed, failed, unreachable, skipped, reader.GetInt32(6),
            reader.GetInt32(7), reader.Long(8), reader.Text(9), reader.Text(10));
    }

    private static RecordedHostInfo Sum(RecordedHostInfo one, RecordedHostInfo other)
    {
        var first = one.Result is null ? other : one;
        return one with
        {
            Ok = one.Ok + other.Ok,
            Changed = one.Changed + other.Changed,
            Failed = one.Failed + other.Failed,
            Unreachable = one.Unreachable + other.Unreachable,
            Skipped = one.Skipped + other.Skipped,
            Rescued = one.Rescued + other.Rescued,
            Ignored = one.Ignored + other.Ignored,
            Status = ShownStatus.Worse(one.Status, other.Status),
            Result = first.Result,
            Task = first.Task,
            Msg = first.Msg,
        };
    }
}
