using Npgsql;
using NpgsqlTypes;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Recording.Reading;

/// <summary>From a job to what it recorded.</summary>
internal sealed class RecordedRuns(NpgsqlDataSource database)
{
    /// <summary>The playbooks of a job in the order in which they ran; none before the first has begun.</summary>
    /// <exception cref="OsismException">There is no such job (<c>job.not_found</c>).</exception>
    public async Task<IReadOnlyList<RecordedRun>> OfJobAsync(Guid job, CancellationToken cancellationToken)
    {
        const string Sql = """
            select p.id, p.stream, p.started, p.ended, p.path, p.results
            from job j left join rec_playbook p on p.job_id = j.id where j.id = $1 order by p.ordinal
            """;
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = job });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var runs = new List<RecordedRun>();
        var exists = false;
        while (await reader.ReadAsync(cancellationToken))
        {
            exists = true;
            if (!await reader.IsDBNullAsync(0, cancellationToken))
            {
                runs.Add(new RecordedRun(
                    reader.GetInt64(0), reader.GetGuid(1), reader.GetFieldValue<DateTimeOffset>(2), reader.Time(3), reader.GetString(4), reader.GetInt32(5)));
            }
        }

        return exists ? runs : throw new OsismException(ErrorCodes.JobNotFound, $"there is no job {job}");
    }

    /// <summary>Numbers of hosts of these names in playbooks.</summary>
    /// <exception cref="OsismException">None of the playbooks has a host of one of the names (<c>host.unrecorded</c>).</exception>
    public async Task<long[]> HostsAsync(IReadOnlyList<RecordedRun> runs, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select id, name from rec_host where playbook = any($1) and name = any($2)");
        command.Parameters.Add(new() { Value = runs.Select(run => run.Playbook).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = names.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<(long Id, string Name)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add((reader.GetInt64(0), reader.GetString(1)));
        }

        return names.FirstOrDefault(name => found.TrueForAll(host => host.Name != name)) is { } missing
            ? throw new OsismException(ErrorCodes.HostUnrecorded, $"the job has no results of a host '{missing}'")
            : [.. found.Select(host => host.Id)];
    }
}

/// <summary>A playbook that was recorded.</summary>
/// <param name="Playbook">Its number.</param>
/// <param name="Stream">Whose events hold the bodies.</param>
/// <param name="Path">Its file.</param>
/// <param name="Results">How many there are.</param>
internal sealed record RecordedRun(long Playbook, Guid Stream, DateTimeOffset Started, DateTimeOffset? Ended, string Path, int Results)
{
    /// <summary>First number that a child of it can have.</summary>
    public long First => RecordingIds.RangeOf(Playbook).First;

    /// <summary>Last number that a child of it can have.</summary>
    public long Last => RecordingIds.RangeOf(Playbook).Last;
}
