using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Jobs;

/// <summary>Stores jobs that hang on nothing; those that come at the same time share one statement and one fsync.</summary>
/// <remarks>A group is answered when it is committed, so what was acknowledged is durable; if we die before, nobody was told anything.</remarks>
internal sealed class SubmissionGroups
{
    private const int Largest = 256;

    private const string Store = """
        with draft as (
            select * from jsonb_to_recordset($1) as d (
                id uuid, queue text, kind text, role text, environment text, sub text, action text, runtime text, arguments text[], request jsonb,
                idempotent boolean, dry_run boolean, submitted_by text, retries_left int, collection uuid, collection_name text, node text, task_timeout int, warnings jsonb, plays text[],
                touches text[], retry_of uuid, rerun_of uuid, tiny boolean)),
        idle as materialized (select queue from unnest($4) as q (queue) where job_tiny_idle(queue)),
        stored as (
            insert into job (id, state, attempt, worker, worker_name, claimed_at, blocked, queue, kind, role, environment, sub, action, runtime, arguments, request, idempotent, dry_run,
                             submitted_by, submitted_at, ready_at, retries_left, collection, collection_name, node, task_timeout, warnings, plays, touches, retry_of, rerun_of, tiny)
            select d.id, case when hand then 1 else 0 end, case when hand then 1 else 0 end, case when hand then $2 end, case when hand then $3 end, case when hand then osism_now() end,
                   0, d.queue, kind, role, environment, sub, action, runtime, arguments, request, idempotent, dry_run,
                   submitted_by, osism_now(), osism_now(), retries_left, collection, collection_name, node, task_timeout, warnings, plays, touches, retry_of, rerun_of, tiny
            from draft d cross join lateral (select d.tiny and exists (select 1 from idle where idle.queue = d.queue) as hand) h
            where not exists (
                select 1 from operator_lock l
                where released_at is null and (until is null or until > osism_now()) and lock_covers(l, d.environment, d.sub, d.plays, d.touches))
            returning id, seq, submitted_at, submitted_by, rerun_of, state, claimed_at),
        told as (
            insert into job_history (job_id, at, event, actor, detail)
            select id, submitted_at, 'submitted', submitted_by, 'runs ' || rerun_of || ' again' from stored
            union all
            select id, claimed_at, 'claimed', $3, 'attempt 1' from stored where state = 1)
        select id, seq, submitted_at, claimed_at from stored
        """;

    private readonly NpgsqlDataSource _database;
    private readonly TinyDesk _desk;
    private readonly JobSignals _signals;
    private readonly GroupCommit<Waiting> _groups;

    public SubmissionGroups(NpgsqlDataSource database, TinyDesk desk, JobSignals signals)
    {
        (_database, _desk, _signals) = (database, desk, signals);
        _groups = new GroupCommit<Waiting>(Largest, StoreGroupAsync);
    }

    /// <summary>Stores one draft without parents and lock keys. A tiny one may be claimed at once.</summary>
    /// <returns>The stored job; null when an operator's lock refuses it.</returns>
    public async Task<Job?> SubmitAsync(Job draft, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(draft);

        // Who leaves may find the job stored all the same, as with every acknowledgement that was not waited for.
        await _groups.AddAsync(waiting).WaitAsync(cancellationToken);
        return await waiting.Task.WaitAsync(cancellationToken);
    }

    private async Task StoreGroupAsync(List<Waiting> group)
    {
        var queued = await StoreAsync(group);
        if (queued.HasFlag(Queued.Others))
        {
            _signals.Queued();
        }
        else if (queued.HasFlag(Queued.Tiny))
        {
            _signals.QueuedTiny();
        }
    }

    private async Task<Queued> StoreAsync(List<Waiting> group)
    {
        try
        {
            // Not the token of one of them: the group is for all.
            return await StoreAsync(group, CancellationToken.None);
        }
        catch (PostgresException) when (group.Count > 1)
        {
            // One that cannot be stored is no reason for the others.
            var queued = Queued.None;
            foreach (var waiting in group)
            {
                queued |= await StoreAsync([waiting]);
            }

            return queued;
        }
        catch (Exception e)
        {
            group.ForEach(waiting => waiting.Failed(e));
            return Queued.None;
        }
    }

    /// <returns>What is left in the queue.</returns>
    private async Task<Queued> StoreAsync(List<Waiting> group, CancellationToken cancellationToken)
    {
        var taker = _desk.Open;
        var stored = await AskAsync(group, taker, cancellationToken);
        var queued = Queued.None;
        var handed = new List<TinyJobs.Claimed>();
        foreach (var waiting in group)
        {
            if (!stored.TryGetValue(waiting.Draft.Id, out var row))
            {
                waiting.Done(null);
                continue;
            }

            var job = waiting.Draft with { Seq = row.Seq, SubmittedAt = row.At };
            if (row.ClaimedAt is { } claimed)
            {
                job = job with { State = JobState.Starting, Attempt = 1, Worker = taker!.Worker.Id, WorkerName = taker.Worker.Name, ClaimedAt = claimed };
                handed.Add(new TinyJobs.Claimed(job.Id, job.Attempt, job.SubmittedAt));
            }
            else
            {
                queued |= job.Tiny ? Queued.Tiny : Queued.Others;
            }

            waiting.Done(job);
        }

        if (handed.Count > 0)
        {
            _desk.Hand(handed);
        }

        return queued;
    }

    private async Task<Dictionary<Guid, (long Seq, DateTimeOffset At, DateTimeOffset? ClaimedAt)>> AskAsync(
        List<Waiting> group, TinyDesk.Taker? taker, CancellationToken cancellationToken)
    {
        string[] queues = taker is null
            ? []
            : [.. group.Where(waiting => waiting.Draft.Tiny).Select(waiting => waiting.Draft.Queue).Distinct(StringComparer.Ordinal).Intersect(taker.Queues.Names, StringComparer.Ordinal)];
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // A statement of its own: what the next one sees must be what stands after the lock was given.
                new NpgsqlBatchCommand("select pg_advisory_xact_lock_shared(4711, 1)"),
                new NpgsqlBatchCommand(Store)
                {
                    Parameters =
                    {
                        new() { Value = Json(group), NpgsqlDbType = NpgsqlDbType.Jsonb },
                        new() { Value = taker?.Worker.Id ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                        new() { Value = taker?.Worker.Name ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                        new() { Value = queues, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                    },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var stored = new Dictionary<Guid, (long, DateTimeOffset, DateTimeOffset?)>(group.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            stored[reader.GetGuid(0)] = (
                reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2), await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetFieldValue<DateTimeOffset>(3));
        }

        return stored;
    }

    private static byte[] Json(List<Waiting> group)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var waiting in group)
            {
                Write(json, waiting.Draft);
            }

            json.WriteEndArray();
        }

        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, Job draft)
    {
        json.WriteStartObject();
        json.WriteString("id", draft.Id);
        json.WriteString("queue", draft.Queue);
        json.WriteString("kind", draft.Kind);
        json.WriteString("role", draft.Role);
        json.WriteString("environment", draft.Environment);
        json.WriteString("sub", draft.Sub);
        json.WriteString("action", draft.Action);
        json.WriteString("runtime", draft.Runtime);
        Write(json, "arguments", draft.Arguments);
        json.WritePropertyName("request");
        json.WriteRawValue(draft.Request);
        json.WriteBoolean("idempotent", draft.Idempotent);
        json.WriteBoolean("dry_run", draft.DryRun);
        json.WriteString("submitted_by", draft.SubmittedBy);
        json.WriteNumber("retries_left", draft.RetriesLeft);
        json.WriteString("collection", draft.Collection?.ToString());
        json.WriteString("collection_name", draft.CollectionName);
        json.WriteString("node", draft.Node);
        if (draft.TaskTimeout is { } timeout)
        {
            json.WriteNumber("task_timeout", timeout);
        }

        json.WritePropertyName("warnings");
        json.WriteRawValue(draft.Warnings);
        Write(json, "plays", draft.Plays);
        if (draft.Touches is { } touches)
        {
            Write(json, "touches", touches);
        }

        json.WriteString("retry_of", draft.RetryOf?.ToString());
        json.WriteString("rerun_of", draft.RerunOf?.ToString());
        json.WriteBoolean("tiny", draft.Tiny);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, string[] values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    [Flags]
    private enum Queued
    {
        None = 0,
        Tiny = 1,
        Others = 2,
    }

    private sealed class Waiting(Job draft)
    {
        private readonly TaskCompletionSource<Job?> _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Job Draft { get; } = draft;

        public Task<Job?> Task => _stored.Task;

        public void Done(Job? job) => _stored.TrySetResult(job);

        public void Failed(Exception exception) => _stored.TrySetException(exception);
    }
}
