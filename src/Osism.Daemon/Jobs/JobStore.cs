using Dapper;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Recording.Ingest;

namespace Osism.Daemon.Jobs;

/// <summary>The jobs in PostgreSQL: the queue, the record and the only truth about both.</summary>
/// <remarks>Every move is made by <see cref="Job"/> and applied by compare-and-set under the row's lock, with the attempt where a worker asks.</remarks>
internal sealed class JobStore(NpgsqlDataSource database, SubmissionGroups groups, JobSignals signals, JobMetrics metrics)
{
    /// <summary>Columns of <see cref="Job"/>; the plan is large and read by itself.</summary>
    public const string Columns = """
        id, seq, state, attempt, blocked, queue, kind, role, environment, sub, action, runtime, arguments, request, idempotent, dry_run,
        submitted_by, submitted_at, claimed_at, started_at, ended_at, worker, worker_name, exit_code, reason_code, reason_message,
        hosts_ok, hosts_changed, hosts_failed, hosts_unreachable, hosts_skipped, inventory_revision, configuration_commit,
        configuration_dirty, configuration_hash, output_raw, output_bytes, events_raw, events_bytes, output_sha256, spool_sha256, after,
        retry_of, retries_left, collection, collection_name, node, task_timeout, cancel_requested_at, cancelled_by, warnings, plays, touches, lock_keys, rerun_of, output_at, tiny
        """;

    /// <summary>What the client called the submission. With its primary key the second of two that come at the same time waits for the first and fails.</summary>
    private const string InsertKey = "insert into submission (key, body_sha256, jobs, submitted_at) values (@Key, @BodySha256, @Jobs, osism_now())";

    /// <inheritdoc cref="SubmitAsync(IReadOnlyList{Job}, SubmissionKey?, CancellationToken)"/>
    public Task<IReadOnlyList<Job>> SubmitAsync(IReadOnlyList<Job> drafts, CancellationToken cancellationToken) => SubmitAsync(drafts, null, null, cancellationToken);

    /// <inheritdoc cref="SubmitAsync(IReadOnlyList{Job}, SubmissionKey?, Func{NpgsqlTransaction, CancellationToken, Task}?, CancellationToken)"/>
    public Task<IReadOnlyList<Job>> SubmitAsync(IReadOnlyList<Job> drafts, SubmissionKey? key, CancellationToken cancellationToken) =>
        SubmitAsync(drafts, key, null, cancellationToken);

    /// <summary>Stores jobs, all or none. A job waits for its <see cref="Job.Parents"/> and <see cref="Job.After"/>, which may be in the same list, in any order.</summary>
    /// <param name="drafts">The jobs.</param>
    /// <param name="key">What the client calls the submission; stored with it.</param>
    /// <param name="together">Stores in the same transaction what the jobs belong to, before them; what it throws keeps the jobs from being stored.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <returns>The stored jobs in the order of the drafts.</returns>
    /// <exception cref="OsismException">A parent does not exist (<c>job.not_found</c>), or jobs of the list wait for each other (<c>request.invalid</c>).</exception>
    /// <exception cref="PostgresException">The key is stored already: see <see cref="IsRepeated"/> and <see cref="FindSubmittedAsync"/>.</exception>
    public async Task<IReadOnlyList<Job>> SubmitAsync(
        IReadOnlyList<Job> drafts, SubmissionKey? key, Func<NpgsqlTransaction, CancellationToken, Task>? together, CancellationToken cancellationToken)
    {
        if (key is null && together is null && drafts is [{ HasParents: false, LockWishes.Count: 0 } alone])
        {
            Job? submitted;
            while ((submitted = await groups.SubmitAsync(alone, cancellationToken)) is null)
            {
                await RequireUnlockedAsync(alone, cancellationToken);
            }

            return [submitted];
        }

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var called = key is null ? null : new { key.Key, key.BodySha256, Jobs = drafts.Select(draft => draft.Id).ToArray() };
        if (together is null && drafts is [{ HasParents: false, LockWishes.Count: 0 } only])
        {
            return [await SubmitAloneAsync(connection, only, key!, cancellationToken)];
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (called is not null)
        {
            // Before the lock: the second one of a key waits here for the first, which may be waiting for the lock.
            await connection.ExecuteAsync(new CommandDefinition(InsertKey, called, transaction, cancellationToken: cancellationToken));
        }

        if (together is not null)
        {
            await together(transaction, cancellationToken);
        }

        var stored = await InsertAsync(connection, transaction, drafts, cancellationToken);
        if (called is not null && drafts.Zip(stored).Any(pair => pair.First.Id != pair.Second.Id))
        {
            // The same as one that was there already.
            await connection.ExecuteAsync(new CommandDefinition(
                "update submission set jobs = @jobs where key = @Key", new { called.Key, jobs = stored.Select(job => job.Id).ToArray() },
                transaction, cancellationToken: cancellationToken));
        }

        await transaction.CommitAsync(cancellationToken);
        signals.Queued();
        return stored;
    }

    /// <summary>Stores jobs in the transaction of somebody who stores something else with them; call <see cref="Submitted"/> once it is committed.</summary>
    /// <returns>The stored jobs in the order of the drafts; one that is the same as one that was there already is that one.</returns>
    /// <exception cref="OsismException">A parent does not exist (<c>job.not_found</c>), jobs wait for each other (<c>request.invalid</c>), or a lock refuses one (<c>lock.held</c>).</exception>
    public static async Task<IReadOnlyList<Job>> InsertAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<Job> drafts, CancellationToken cancellationToken)
    {
        var ordered = JobGraph.InOrder(drafts);
        var graph = new JobGraph(connection, transaction);
        await graph.LockAsync(cancellationToken);
        var stored = new Dictionary<Guid, Job>(drafts.Count);
        foreach (var draft in ordered)
        {
            stored[draft.Id] = await graph.StoreAsync(draft, stored, cancellationToken);
        }

        return [.. drafts.Select(draft => stored[draft.Id])];
    }

    /// <summary>Wakes the workers after a commit that held jobs of <see cref="InsertAsync"/>.</summary>
    public void Submitted() => signals.Queued();

    /// <summary>Whether a submission failed because its key is stored already.</summary>
    public static bool IsRepeated(PostgresException exception) =>
        exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "submission_pkey" };

    /// <summary>The jobs that were submitted under a key, as they are now; null when it is new.</summary>
    /// <exception cref="OsismException">The key was used for something else (<c>request.key_reused</c>), or the jobs were removed (<c>job.not_found</c>).</exception>
    public async Task<IReadOnlyList<Job>?> FindSubmittedAsync(SubmissionKey key, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var first = await connection.QuerySingleOrDefaultAsync<(byte[]? BodySha256, Guid[] Jobs)>(new CommandDefinition(
            "select body_sha256, jobs from submission where key = @Key", key, cancellationToken: cancellationToken));
        if (first.BodySha256 is null)
        {
            return null;
        }

        if (!first.BodySha256.AsSpan().SequenceEqual(key.BodySha256))
        {
            throw new OsismException(
                ErrorCodes.RequestKeyReused, $"{ApiRoutes.IdempotencyKeyHeader} {key.Key} was used for another submission: make a new key for each");
        }

        var jobs = (await connection.QueryAsync<Job>(new CommandDefinition(
            $"select {Columns} from job where id = any(@Jobs) order by array_position(@Jobs, id)", new { first.Jobs }, cancellationToken: cancellationToken))).AsList();
        return jobs.Count == first.Jobs.Length
            ? jobs
            : throw new OsismException(ErrorCodes.JobNotFound, $"the jobs submitted under {ApiRoutes.IdempotencyKeyHeader} {key.Key} were removed since");
    }

    /// <summary>Forgets the keys of submissions which nobody will send again.</summary>
    public async Task ForgetSubmissionsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "delete from submission where submitted_at < osism_now() - @Memory", new { SubmissionKey.Memory }, cancellationToken: cancellationToken));
    }

    public async Task<Job?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Job>(new CommandDefinition(
            $"select {Columns} from job where id = @id", new { id }, cancellationToken: cancellationToken));
    }

    /// <summary>Takes the oldest jobs of queues for a worker, of each as many as <paramref name="room"/> says. Each comes back as <c>starting</c> with a new attempt.</summary>
    public async Task<IReadOnlyList<Job>> ClaimAsync(
        WorkerIdentity worker, IReadOnlyDictionary<string, int> room, CancellationToken cancellationToken)
    {
        const string Claim = $"select {Columns} from job_claim(@worker, @name, @queues, @rooms)";
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<Job>(new CommandDefinition(
            Claim, new { worker = worker.Id, name = worker.Name, queues = room.Keys.ToArray(), rooms = room.Values.ToArray() }, cancellationToken: cancellationToken))).AsList();
    }

    /// <summary>A new attempt on a job whose holder is gone: raises the fence for <paramref name="worker"/>. Null when somebody else was faster.</summary>
    public async Task<Job?> AdoptAsync(Job job, WorkerIdentity worker, CancellationToken cancellationToken)
    {
        const string Adopt = $"""
            with adopted as (
                update job set attempt = attempt + 1, worker = @worker, worker_name = @name
                where id = @id and attempt = @attempt and state in (1, 2, 10, 11)
                returning {Columns}),
            told as (
                insert into job_history (job_id, at, event, actor, detail)
                select id, osism_now(), 'adopted', @name, 'attempt ' || attempt from adopted)
            select * from adopted
            """;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Job>(new CommandDefinition(
            Adopt, new { id = job.Id, attempt = job.Attempt, worker = worker.Id, name = worker.Name }, cancellationToken: cancellationToken));
    }

    /// <summary>Moves one job; the row is locked while <paramref name="move"/> decides.</summary>
    /// <param name="id">The job.</param>
    /// <param name="attempt">The attempt that asks; null for an operator or the sweeper.</param>
    /// <param name="actor">Name for the history.</param>
    /// <param name="move">Returns the moved value; gets the database's time.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <param name="hosts">Recap of the run, stored with its end.</param>
    /// <returns>The stored job, or null when <paramref name="attempt"/> is stale: somebody else holds the job now.</returns>
    /// <exception cref="OsismException">There is no such job (<c>job.not_found</c>).</exception>
    /// <exception cref="JobStateException">The move is not allowed from where the job stands.</exception>
    public async Task<Job?> ChangeAsync(
        Guid id, int? attempt, string actor, Func<Job, DateTimeOffset, Job> move, CancellationToken cancellationToken,
        IReadOnlyList<JobHostInfo>? hosts = null)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        (Job Before, Job After)? changed;
        while ((changed = await TryChangeAsync(connection, id, attempt, actor, move, hosts ?? [], cancellationToken)) is null)
        {
            // Somebody submitted a job that comes after this one just when it was to be locked: now that is known beforehand.
        }

        var (before, after) = changed.Value;
        if (attempt is { } mine && mine != before.Attempt)
        {
            metrics.StaleEpoch();
            return null;
        }

        if (after.State == JobState.Queued || after.IsTerminal)
        {
            signals.Queued();
        }

        if (after.CancelRequestedAt is not null && before.CancelRequestedAt is null)
        {
            signals.CancelWanted(id, after.CancelledBy ?? actor);
        }

        signals.Changed(id);
        if (after.Collection is { } run)
        {
            signals.Changed(run);
        }

        return after;
    }

    /// <summary>Keeps the plan that is executed, for whoever asks later what ran.</summary>
    public async Task KeepPlanAsync(Guid id, string plan, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "update job set plan = @plan::jsonb where id = @id", new { id, plan }, cancellationToken: cancellationToken));
    }

    /// <summary>A job that hangs on nothing and is called by its client, in one way to the server instead of four. The lock over all ties is only shared.</summary>
    private async Task<Job> SubmitAloneAsync(NpgsqlConnection connection, Job draft, SubmissionKey key, CancellationToken cancellationToken)
    {
        const string Alone = $"""
            select pg_advisory_xact_lock_shared(4711, 1);
            with stored as ({JobGraph.InsertUnlocked}),
            told as (
                insert into job_history (job_id, at, event, actor, detail)
                select id, osism_now(), 'submitted', submitted_by, 'runs ' || rerun_of || ' again' from stored),
            called as (
                insert into submission (key, body_sha256, jobs, submitted_at)
                select @Key, @BodySha256, array[id], osism_now() from stored)
            select * from stored
            """;
        var values = new DynamicParameters(draft);
        values.AddDynamicParams(new { key.Key, key.BodySha256 });
        while (true)
        {
            Job? stored;
            await using (var answers = await connection.QueryMultipleAsync(new CommandDefinition(Alone, values, cancellationToken: cancellationToken)))
            {
                _ = await answers.ReadAsync();
                stored = await answers.ReadSingleOrDefaultAsync<Job>();
            }

            if (stored is not null)
            {
                signals.Queued();
                return stored;
            }

            await RequireUnlockedAsync(draft, cancellationToken);
        }
    }

    /// <summary>A job was not stored because of a lock: says which, unless it has gone meanwhile.</summary>
    private async Task RequireUnlockedAsync(Job draft, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await new JobPlaces(connection, transaction).RequireUnlockedAsync(draft, cancellationToken);
    }

    /// <returns>Null when it must be tried again.</returns>
    private static async Task<(Job Before, Job After)?> TryChangeAsync(
        NpgsqlConnection connection, Guid id, int? attempt, string actor, Func<Job, DateTimeOffset, Job> move, IReadOnlyList<JobHostInfo> hosts,
        CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var graph = new JobGraph(connection, transaction);
        var (isHeld, before, now) = await graph.HoldAsync(id, cancellationToken);
        if (before is null)
        {
            throw new OsismException(ErrorCodes.JobNotFound, $"there is no job {id}");
        }

        if (!isHeld)
        {
            return null;
        }

        if (attempt is { } mine && mine != before.Attempt)
        {
            return (before, before);
        }

        var after = move(before, now);
        await graph.ApplyAsync(before, after, actor, now, cancellationToken);
        if (after.IsTerminal && !before.IsTerminal)
        {
            await HostsAsync(connection, transaction, id, hosts, cancellationToken);
            if (before.State != JobState.Queued)
            {
                // Who followed it closed its record; who was given up, or lost, had nobody to do so.
                await RecordRemoval.ExpireAsync(connection, transaction, id, cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return (before, after);
    }

    private static async Task HostsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, IReadOnlyList<JobHostInfo> hosts, CancellationToken cancellationToken)
    {
        if (hosts.Count > 0)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                """
                insert into job_host (job_id, host, status, ok, changed, failed, unreachable, skipped, rescued, ignored)
                select @id, * from unnest(@host, @status, @ok, @changed, @failed, @unreachable, @skipped, @rescued, @ignored)
                on conflict do nothing
                """,
                new
                {
                    id,
                    host = hosts.Select(h => h.Host).ToArray(),
                    status = hosts.Select(h => h.Status).ToArray(),
                    ok = hosts.Select(h => h.Ok).ToArray(),
                    changed = hosts.Select(h => h.Changed).ToArray(),
                    failed = hosts.Select(h => h.Failed).ToArray(),
                    unreachable = hosts.Select(h => h.Unreachable).ToArray(),
                    skipped = hosts.Select(h => h.Skipped).ToArray(),
                    rescued = hosts.Select(h => h.Rescued).ToArray(),
                    ignored = hosts.Select(h => h.Ignored).ToArray(),
                },
                transaction, cancellationToken: cancellationToken));
        }
    }
}
