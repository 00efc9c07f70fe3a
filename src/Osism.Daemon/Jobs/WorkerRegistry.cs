using Dapper;
using Npgsql;
using Osism.Contracts.Status;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Jobs;

/// <summary>The rows of worker processes: their leases, and the jobs of those whose lease ran out.</summary>
internal sealed class WorkerRegistry(NpgsqlDataSource database)
{
    /// <summary>Puts a worker into the table, and takes those out that have not been heard of for a week and hold nothing.</summary>
    public async Task<WorkerBeat> RegisterAsync(
        WorkerIdentity worker, IReadOnlyList<string> queues, WorkerOptions options, string version, CancellationToken cancellationToken)
    {
        const string Sql = """
            with forgotten as (
                delete from worker where lease_until < osism_now() - interval '7 days'
                    and id not in (select worker from job where worker is not null and state in (1, 2, 10, 11)))
            insert into worker (id, name, host, machine, boot_id, pid, pid_start, version, queues, slots, on_partition, kill_within, started_at, heartbeat_at, lease_until)
            values (@Id, @Name, @host, @Machine, @BootId, @Pid, @PidStart, @version, @queues, @Slots, @OnPartition, @KillWithin, osism_now(), osism_now(), osism_now() + @Lease)
            on conflict (id) do update set heartbeat_at = excluded.heartbeat_at, lease_until = excluded.lease_until, ended_at = null
            returning heartbeat_at, exists (select 1 from worker_drain where machine = @Machine)
            """;
        var values = new DynamicParameters(worker);
        values.AddDynamicParams(new
        {
            host = Environment.MachineName,
            version,
            queues = queues.ToArray(),
            options.Slots,
            options.OnPartition,
            options.KillWithin,
            options.Lease,
        });
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var (now, drain) = await connection.QuerySingleAsync<(DateTimeOffset, bool)>(new CommandDefinition(Sql, values, cancellationToken: cancellationToken));
        return new WorkerBeat(now, drain, [], []);
    }

    /// <summary>Renews the lease.</summary>
    /// <param name="worker">Who is alive.</param>
    /// <param name="busy">Jobs it holds.</param>
    /// <param name="note">Why it takes nothing at the moment.</param>
    /// <param name="draining">Whether it has stopped taking jobs because it was told to.</param>
    /// <param name="lease">How long it may be silent from now on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when the table does not know the worker.</returns>
    public async Task<WorkerBeat?> BeatAsync(
        WorkerIdentity worker, int busy, string? note, bool draining, TimeSpan lease, CancellationToken cancellationToken)
    {
        const string Beat = """
            update worker set heartbeat_at = osism_now(), lease_until = osism_now() + @lease, busy = @busy, note = @note, ended_at = null,
                draining = @draining and exists (select 1 from worker_drain drain where drain.machine = worker.machine)
            where id = @id returning heartbeat_at, exists (select 1 from worker_drain drain where drain.machine = worker.machine)
            """;
        const string Held = """
            select id, cancel_requested_at is not null, coalesce(cancelled_by, 'somebody') from job where worker = @id and state in (1, 2, 10, 11)
            """;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var beats = await connection.QueryAsync<(DateTimeOffset Now, bool Drain)>(new CommandDefinition(
            Beat, new { id = worker.Id, busy, note, draining, lease }, cancellationToken: cancellationToken));
        if (beats.AsList() is not [var beat])
        {
            return null;
        }

        var held = (await connection.QueryAsync<(Guid Job, bool IsCancelled, string By)>(new CommandDefinition(
            Held, new { id = worker.Id }, cancellationToken: cancellationToken))).AsList();
        return new WorkerBeat(
            beat.Now, beat.Drain, [.. held.Where(job => job.IsCancelled).Select(job => (job.Job, job.By))], [.. held.Select(job => job.Job)]);
    }

    /// <summary>An orderly stop: nobody needs to wait for the lease to run out.</summary>
    public async Task EndAsync(WorkerIdentity worker, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "update worker set ended_at = osism_now(), lease_until = osism_now(), busy = 0 where id = @Id", new { worker.Id },
            cancellationToken: cancellationToken));
    }

    /// <summary>Queues in which a job could be claimed now.</summary>
    public async Task<IReadOnlyList<ReadyQueue>> ReadyAsync(IReadOnlyList<string> queues, CancellationToken cancellationToken)
    {
        const string Sql = """
            select q.queue, extract(epoch from osism_now() - head.ready_at)::float8 as waited_seconds
            from unnest(@queues) q(queue)
            cross join lateral (select ready_at from job where state = 0 and blocked = 0 and not tiny and job.queue = q.queue order by seq limit 1) head
            """;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<(string, double)>(new CommandDefinition(
            Sql, new { queues = queues.ToArray() }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => new ReadyQueue(row.Item1, TimeSpan.FromSeconds(row.Item2)))];
    }

    /// <summary>Claimed jobs of other workers, and what is known of those workers; own jobs too, for the caller to compare with what it runs.</summary>
    public async Task<IReadOnlyList<HeldJob>> HeldAsync(CancellationToken cancellationToken)
    {
        const string Sql = $"""
            select held.*, holder.machine, holder.boot_id, holder.pid, holder.pid_start, holder.id as instance, holder.heartbeat_at,
                   holder.lease_until - holder.heartbeat_at as lease, coalesce(holder.ended_at is not null, true) as ended,
                   coalesce(holder.lease_until < osism_now() or holder.ended_at is not null, true) as expired,
                   case when holder.on_partition = 'kill' then holder.kill_within end as kill_within
            from (select {JobStore.Columns} from job where state in (1, 2, 10, 11)) held
            left join worker holder on holder.id = held.worker
            order by held.seq
            """;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Job, Holder, HeldJob>(
            new CommandDefinition(Sql, cancellationToken: cancellationToken),
            // Dapper gives no object where the worker's row is gone.
            (job, holder) => new HeldJob(job, (Holder?)holder ?? new Holder { Expired = true }), splitOn: "machine");
        return rows.AsList();
    }

    /// <summary>Workers that are up, and those that were until lately, unless one that was started later has taken their place.</summary>
    public async Task<IReadOnlyList<WorkerInfo>> ListAsync(CancellationToken cancellationToken)
    {
        const string Sql = """
            select worker.id, name, host, pid, version,
                   case when ended_at is not null or lease_until < osism_now() or heartbeat_at > osism_now() + interval '10 seconds' then 'away'
                        when drain.machine is not null or draining then 'draining' else 'up' end as state,
                   queues, slots, busy, started_at, heartbeat_at, worker.machine, note, draining, on_partition, drain.by_whom, drain.since, drain.reason
            from worker left join worker_drain drain on drain.machine = worker.machine
            where (ended_at is null and lease_until > osism_now() - interval '1 hour' and (lease_until > osism_now() or not exists (
                    select 1 from worker later
                    where later.machine = worker.machine and later.queues = worker.queues and later.started_at > worker.started_at)))
               or worker.id in (select worker from job where state in (1, 2, 10, 11))
            order by name, started_at
            """;
        const string Jobs = "select id, worker, role, environment, state, started_at from job where state in (1, 2, 10, 11) order by seq";
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var held = (await connection.QueryAsync<Job>(new CommandDefinition(Jobs, cancellationToken: cancellationToken))).ToLookup(job => job.Worker);
        await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition(Sql, cancellationToken: cancellationToken));
        var workers = new List<WorkerInfo>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var version = reader.GetString(4);
            var state = reader.GetString(5);
            var note = reader.IsDBNull(12) ? null : reader.GetString(12);
            workers.Add(new WorkerInfo(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), version, state,
                (string[])reader.GetValue(6), reader.GetInt32(7), reader.GetInt32(8),
                new DateTimeOffset((DateTime)reader.GetValue(9)), new DateTimeOffset((DateTime)reader.GetValue(10)))
            {
                Machine = reader.GetString(11),
                Note = note,
                TakesJobs = state != "away" && note is null && !reader.GetBoolean(13),
                OnPartition = reader.GetString(14),
                DrainedBy = reader.IsDBNull(15) ? null : reader.GetString(15),
                DrainedAt = reader.IsDBNull(16) ? null : new DateTimeOffset((DateTime)reader.GetValue(16)),
                DrainReason = reader.IsDBNull(17) ? null : reader.GetString(17),
                Skew = version != ProgramVersion.Current,
                Jobs = [.. held[reader.GetGuid(0)].Select(job => new WorkerJobInfo(job.Id, job.Role, job.Environment, job.State, job.StartedAt))],
            });
        }

        return workers;
    }

    /// <summary>Whether a worker of another home is up.</summary>
    public async Task<bool> HasElsewhereAsync(string machine, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select 1 from worker where machine <> @machine and ended_at is null and lease_until > osism_now())",
            new { machine }, cancellationToken: cancellationToken));
    }

    /// <summary>Lets the workers of a home take no more jobs; they know it with their next heartbeat. What runs goes on.</summary>
    public async Task DrainAsync(string machine, string by, string? reason, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into worker_drain (machine, by_whom, since, reason) values (@machine, @by, osism_now(), @reason)
            on conflict (machine) do update set reason = coalesce(excluded.reason, worker_drain.reason)
            """,
            new { machine, by, reason }, cancellationToken: cancellationToken));
    }

    /// <summary>Lets the workers of a home take jobs again.</summary>
    /// <returns>Whether they had been told not to.</returns>
    public async Task<bool> ResumeAsync(string machine, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);

        // What its workers said before does not count when they are told to drain again before their next heartbeat.
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            """
            with resumed as (delete from worker_drain where machine = @machine returning machine),
            forgotten as (update worker set draining = false where draining and machine = @machine)
            select exists (select 1 from resumed)
            """,
            new { machine }, cancellationToken: cancellationToken));
    }
}

/// <summary>What a heartbeat is answered with.</summary>
/// <param name="Now">The database's time.</param>
/// <param name="Drain">Whether the worker is to take no more jobs.</param>
/// <param name="Cancel">Its jobs that are to be ended, and who wants it.</param>
/// <param name="Held">All jobs that the table says are its own.</param>
internal sealed record WorkerBeat(DateTimeOffset Now, bool Drain, IReadOnlyList<(Guid Job, string By)> Cancel, IReadOnlyList<Guid> Held);

/// <summary>A queue with a job that waits for nothing but a slot.</summary>
/// <param name="Waited">How long the oldest one has.</param>
internal sealed record ReadyQueue(string Queue, TimeSpan Waited);

/// <summary>A claimed job and who holds it.</summary>
internal sealed record HeldJob(Job Job, Holder Holder);

/// <summary>What the worker table says of the holder of a job.</summary>
internal sealed record Holder
{
    public string? Machine { get; init; }

    public string? BootId { get; init; }

    public int? Pid { get; init; }

    public long? PidStart { get; init; }

    /// <summary>Which run of the worker's program; null when nothing is known of it any more.</summary>
    public Guid? Instance { get; init; }

    public DateTimeOffset? HeartbeatAt { get; init; }

    /// <summary>How long its last heartbeat was to be good for.</summary>
    public TimeSpan Lease { get; init; }

    /// <summary>It stopped orderly, or nothing is known of it any more.</summary>
    public bool Ended { get; init; }

    /// <summary>Its lease ran out by the database's clock, or it stopped orderly.</summary>
    public bool Expired { get; init; }

    /// <summary>How long after the end of its lease it has ended its runs, if it promised to.</summary>
    public TimeSpan? KillWithin { get; init; }
}
