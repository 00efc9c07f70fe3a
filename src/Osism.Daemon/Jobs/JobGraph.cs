using Dapper;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Jobs;

/// <summary>Jobs that come after others: how they are stored, and what the end of one means for those that wait for it. One transaction's view.</summary>
/// <remarks>Everything that touches several jobs is done under one lock, taken before any row (<c>0030_job_parent.sql</c>): ends and submissions
/// that name the same jobs cannot wait for each other in a circle, and a follower is never forgotten.</remarks>
internal sealed class JobGraph(NpgsqlConnection connection, NpgsqlTransaction transaction)
{
    /// <summary>One draft becomes a row.</summary>
    public const string Insert = $"{InsertValues} returning {JobStore.Columns}";

    /// <summary>The same unless an operator's lock holds it.</summary>
    public const string InsertUnlocked = $"""
        {InsertValues}
        where not exists (
            select 1 from operator_lock l
            where released_at is null and (until is null or until > osism_now()) and lock_covers(l, @Environment, @Sub, @Plays, @Touches))
        returning {JobStore.Columns}
        """;

    private const string InsertValues = """
        insert into job (id, state, blocked, queue, kind, role, environment, sub, action, runtime, arguments, request, idempotent, dry_run,
                         submitted_by, submitted_at, ready_at, after, retry_of, retries_left, collection, collection_name, node, task_timeout, warnings, plays, touches,
                         lock_keys, rerun_of, tiny)
        select @Id, 0, @Blocked, @Queue, @Kind, @Role, @Environment, @Sub, @Action, @Runtime, @Arguments, @Request::jsonb, @Idempotent, @DryRun,
               @SubmittedBy, osism_now(), case when @Blocked = 0 then osism_now() end, @After, @RetryOf, @RetriesLeft, @Collection, @CollectionName, @Node, @TaskTimeout, @Warnings::jsonb,
               @Plays, @Touches, @LockKeys, @RerunOf, @Tiny
        """;

    /// <summary>Drafts with every parent before its followers, otherwise as they stand.</summary>
    /// <exception cref="OsismException">Some wait for each other, or two have the same id (<c>request.invalid</c>).</exception>
    public static IReadOnlyList<Job> InOrder(IReadOnlyList<Job> drafts)
    {
        var open = new Dictionary<Guid, Job>(drafts.Count);
        foreach (var draft in drafts)
        {
            if (!open.TryAdd(draft.Id, draft))
            {
                throw new OsismException(ErrorCodes.RequestInvalid, $"two jobs of one submission have the id {draft.Id}");
            }
        }

        var ordered = new List<Job>(drafts.Count);
        var path = new Stack<Job>();
        foreach (var draft in drafts)
        {
            path.Push(draft);
            var entered = new HashSet<Guid>();
            while (path.TryPeek(out var job))
            {
                if (!open.ContainsKey(job.Id))
                {
                    path.Pop();
                }
                else if (entered.Add(job.Id))
                {
                    foreach (var parent in ParentsOf(job).Where(open.ContainsKey).Reverse())
                    {
                        if (entered.Contains(parent))
                        {
                            throw new OsismException(ErrorCodes.RequestInvalid, $"jobs wait for each other: {job.Role ?? job.Kind} and {open[parent].Role ?? open[parent].Kind}");
                        }

                        path.Push(open[parent]);
                    }
                }
                else
                {
                    path.Pop();
                    open.Remove(job.Id);
                    ordered.Add(job);
                }
            }
        }

        return ordered;
    }

    /// <summary>From here to the end of the transaction nobody else ties jobs to each other or ends one that others hang on.</summary>
    public async Task LockAsync(CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(new CommandDefinition("select job_lock_alone()", transaction: transaction, cancellationToken: cancellationToken));

    /// <summary>Locks one job as far as its change can reach.</summary>
    /// <returns>Whether the lock reaches far enough (else the caller begins a new transaction), the job, null when there is none, and the database's time.</returns>
    public async Task<(bool IsHeld, Job? Job, DateTimeOffset Now)> HoldAsync(Guid id, CancellationToken cancellationToken)
    {
        // Statements of their own: what the second one sees must be what stands after the lock was given.
        await using var answers = await connection.QueryMultipleAsync(new CommandDefinition(
            $"select job_hold(@id); select {JobStore.Columns} from job where id = @id for update; select osism_now()",
            new { id }, transaction, cancellationToken: cancellationToken));
        return (await answers.ReadSingleAsync<bool>(), await answers.ReadSingleOrDefaultAsync<Job>(), await answers.ReadSingleAsync<DateTimeOffset>());
    }

    /// <summary>Stores a draft, which may be over at once when a parent of it is, or be another job that is the same.</summary>
    /// <param name="draft">The draft.</param>
    /// <param name="siblings">What the same submission has stored before it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OsismException">A parent does not exist, or a lock or a policy refuses it (<c>lock.held</c>).</exception>
    public async Task<Job> StoreAsync(Job draft, Dictionary<Guid, Job> siblings, CancellationToken cancellationToken)
    {
        var places = new JobPlaces(connection, transaction);
        if (await places.MakeWayAsync(draft, cancellationToken) is { } way)
        {
            if (way.Same is { } same)
            {
                await HistoryAsync(same.Id, "coalesced", draft.SubmittedBy, "asked for again", cancellationToken);
                return same;
            }

            foreach (var replaced in way.Replaced)
            {
                var now = await NowAsync(cancellationToken);
                var reason = new ReasonInfo(ErrorCodes.JobReplaced.Code, $"job {draft.Id} of {draft.SubmittedBy} took its place");
                await EndAsync(replaced, replaced.End(JobState.Cancelled, reason, now), draft.SubmittedBy, now, cancellationToken);
            }
        }

        var parents = new Dictionary<Guid, Job>();
        foreach (var id in ParentsOf(draft))
        {
            var parent = siblings.GetValueOrDefault(id) ?? await ParentAsync(id, cancellationToken);
            parents.TryAdd(parent.Id, parent);
        }

        var unmet = parents.Values.Where(parent => parent.State != JobState.Succeeded).ToList();
        var job = await connection.QuerySingleAsync<Job>(new CommandDefinition(
            Insert, draft with { After = parents.Count > 0 ? parents.Keys.First() : null, Blocked = unmet.Count }, transaction, cancellationToken: cancellationToken));
        await HistoryAsync(job.Id, "submitted", job.SubmittedBy, job.RerunOf is { } first ? $"runs {first} again" : null, cancellationToken);
        await places.RequireUnlockedAsync(job, cancellationToken);
        if (parents.Count > 0)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "insert into job_parent (job_id, parent_id) select @Id, unnest(@parents)", new { job.Id, parents = parents.Keys.ToArray() }, transaction,
                cancellationToken: cancellationToken));
        }

        if (draft.LockWishes.Count > 0)
        {
            job = job with { Blocked = await places.StandAsync(job.Id, draft.LockWishes, cancellationToken) };
        }

        return unmet.Find(parent => parent.IsTerminal) is { } failed ? await EndFollowerAsync(job, failed, cancellationToken) : job;
    }

    /// <summary>Stores a move with its line of history.</summary>
    private async Task WriteAsync(Job before, Job after, string actor, CancellationToken cancellationToken)
    {
        const string Update = """
            update job set state = @State, attempt = @Attempt, blocked = @Blocked, started_at = @StartedAt, ended_at = @EndedAt, claimed_at = @ClaimedAt, worker = @Worker,
                worker_name = @WorkerName, exit_code = @ExitCode, reason_code = @ReasonCode, reason_message = @ReasonMessage,
                hosts_ok = @HostsOk, hosts_changed = @HostsChanged, hosts_failed = @HostsFailed, hosts_unreachable = @HostsUnreachable,
                hosts_skipped = @HostsSkipped, inventory_revision = @InventoryRevision, configuration_commit = @ConfigurationCommit,
                configuration_dirty = @ConfigurationDirty, configuration_hash = @ConfigurationHash, output_sha256 = @OutputSha256,
                spool_sha256 = @SpoolSha256, cancel_requested_at = @CancelRequestedAt, cancelled_by = @CancelledBy,
                warnings = @Warnings::jsonb
            where id = @Id
            """;
        await connection.ExecuteAsync(new CommandDefinition(Update, after, transaction, cancellationToken: cancellationToken));
        if (after.State != before.State)
        {
            await HistoryAsync(after.Id, after.State.ToWireName(), actor, after.ReasonMessage, cancellationToken);
        }
        else if (after.CancelRequestedAt != before.CancelRequestedAt)
        {
            await HistoryAsync(after.Id, "cancel_requested", actor, null, cancellationToken);
        }
    }

    /// <summary>Stores a move and what follows from it for others: an end lets go of what the job held, and a job that goes back to the queue finds
    /// the locks that were set meanwhile.</summary>
    public async Task ApplyAsync(Job before, Job after, string actor, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (after.IsTerminal && !before.IsTerminal)
        {
            await EndAsync(before, after, actor, now, cancellationToken);
            return;
        }

        await WriteAsync(before, after, actor, cancellationToken);
        if (after.State == JobState.Queued && before.State != JobState.Queued)
        {
            await new JobPlaces(connection, transaction).StandAsync(after.Id, [], cancellationToken);
        }
    }

    private async Task EndAsync(Job before, Job after, string actor, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await WriteAsync(before, after, actor, cancellationToken);
        await SettleAsync(after, now, cancellationToken);
        // After a repetition has taken them over.
        await connection.ExecuteAsync(new CommandDefinition("select job_leave(@Id)", new { after.Id }, transaction, cancellationToken: cancellationToken));
    }

    /// <summary>A job ended: its followers may start, wait for its repetition, or will never start.</summary>
    private async Task SettleAsync(Job parent, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (parent.State == JobState.Succeeded)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                """
                update job set blocked = blocked - 1, ready_at = case when blocked = 1 then @now end
                where id in (select job_id from job_parent where parent_id = @Id) and state = 0
                """,
                new { parent.Id, now }, transaction, cancellationToken: cancellationToken));
            return;
        }

        if (parent.MayRetry)
        {
            await RepeatAsync(parent, cancellationToken);
            return;
        }

        var followers = await connection.QueryAsync<Job>(new CommandDefinition(
            $"select {JobStore.Columns} from job where id in (select job_id from job_parent where parent_id = @Id) and state = 0 order by seq for update",
            parent, transaction, cancellationToken: cancellationToken));
        foreach (var follower in followers.AsList())
        {
            // Another parent of it may have been among those that ended before it.
            if (await FindAsync(follower.Id, cancellationToken) is { State: JobState.Queued } still)
            {
                await EndFollowerAsync(still, parent, cancellationToken);
            }
        }
    }

    private static IEnumerable<Guid> ParentsOf(Job draft) => draft.After is { } after ? draft.Parents.Prepend(after).Distinct() : draft.Parents.Distinct();

    private async Task RepeatAsync(Job job, CancellationToken cancellationToken)
    {
        var again = job with
        {
            Id = Guid.CreateVersion7(),
            Blocked = 0,
            RetryOf = job.Id,
            RerunOf = null,
            RetriesLeft = job.RetriesLeft - 1,
            After = null,
            Warnings = "[]",
        };
        await connection.ExecuteAsync(new CommandDefinition(Insert, again, transaction, cancellationToken: cancellationToken));
        await HistoryAsync(again.Id, "submitted", job.SubmittedBy, $"repeats {job.Id}", cancellationToken);

        // It keeps the places of the one it repeats: at the end of the line it might wait for those that wait for it.
        await connection.ExecuteAsync(new CommandDefinition(
            "update job_key set job_id = @Again where job_id = @Id; select job_stand(@Again)", new { Again = again.Id, job.Id }, transaction,
            cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition(
            """
            with moved as (
                update job_parent set parent_id = @Again
                where parent_id = @Id and job_id in (select id from job where state = 0) returning job_id)
            update job set after = @Again where after = @Id and id in (select job_id from moved)
            """,
            new { Again = again.Id, job.Id }, transaction, cancellationToken: cancellationToken));
    }

    /// <summary>The job to come after: the one named, or the latest of its repetitions.</summary>
    private async Task<Job> ParentAsync(Guid id, CancellationToken cancellationToken)
    {
        var parent = await FindAsync(id, cancellationToken) ?? throw new OsismException(ErrorCodes.JobNotFound, $"there is no job {id} to come after");
        while (parent is { IsTerminal: true, MayRetry: true })
        {
            // Those who waited for it when it failed were moved to its repetition: who comes later waits for the same.
            parent = await connection.QuerySingleAsync<Job>(new CommandDefinition(
                $"select {JobStore.Columns} from job where retry_of = @Id order by seq limit 1", parent, transaction, cancellationToken: cancellationToken));
        }

        return parent;
    }

    private async Task<Job?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<Job>(new CommandDefinition(
            $"select {JobStore.Columns} from job where id = @id", new { id }, transaction, cancellationToken: cancellationToken));

    private async Task<Job> EndFollowerAsync(Job follower, Job parent, CancellationToken cancellationToken)
    {
        var now = await NowAsync(cancellationToken);
        var reason = new ReasonInfo(
            ErrorCodes.JobParentFailed.Code, $"not started: {parent.Node ?? parent.Role ?? parent.Kind} (job {parent.Id}) is {parent.State.ToWireName()}");
        var ended = follower.End(JobState.Cancelled, reason, now);
        await EndAsync(follower, ended, "osism", now, cancellationToken);
        return ended;
    }

    private async Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken) => await connection.ExecuteScalarAsync<DateTimeOffset>(
        new CommandDefinition("select osism_now()", transaction: transaction, cancellationToken: cancellationToken));

    private async Task HistoryAsync(Guid id, string what, string actor, string? detail, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into job_history (job_id, at, event, actor, detail) values (@id, osism_now(), @what, @actor, @detail)",
            new { id, what, actor, detail }, transaction, cancellationToken: cancellationToken));
}
