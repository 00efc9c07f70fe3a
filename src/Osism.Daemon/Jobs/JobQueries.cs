using Dapper;
using Npgsql;
using Osism.Contracts.Jobs;

namespace Osism.Daemon.Jobs;

/// <summary>Reading jobs for people: lists, places in queues, reasons for waiting, recaps, histories.</summary>
internal sealed class JobQueries(NpgsqlDataSource database)
{
    // Literals: each is what an index is made for.
    private const string Queued = "state = 0";
    private const string Held = "state in (1, 2, 10, 11)";
    private const string Ended = "state in (3, 4, 5, 6, 7, 8, 9)";

    /// <summary>One page, newest first.</summary>
    /// <returns>The jobs and the cursor of the next page, null at the end.</returns>
    public async Task<(IReadOnlyList<JobInfo> Jobs, long? Next)> ListAsync(JobFilter filter, CancellationToken cancellationToken)
    {
        var where = new List<string>();
        if (filter.Before is not null)
        {
            where.Add("seq < @before");
        }

        if (filter.Queue is not null)
        {
            where.Add("queue = @queue");
        }

        if (filter.Role is not null)
        {
            where.Add("role = @role and role is not null");
        }

        if (filter.RetryOf is not null)
        {
            where.Add("retry_of = @retryOf");
        }

        if (filter.Collection is not null)
        {
            where.Add("collection = @collection");
        }

        if (filter.Host is not null)
        {
            where.Add("id in (select job_id from job_host where host = @host)");
        }

        var condition = where.Count == 0 ? "true" : string.Join(" and ", where);

        var columns = $"select {JobStore.Columns} from job where";
        const string Page = "order by seq desc limit @limit";
        var parts = new List<string>();
        var states = filter.States is { Length: > 0 } some ? some : null;
        if (states is null || Array.Exists(states, state => !((JobState)state).IsTerminal()))
        {
            var only = states is null ? "" : " and state = any(@states)";
            parts.Add($"({columns} {Queued}{only} and {condition} {(filter.LiveFirst ? "" : Page)})");
            parts.Add($"({columns} {Held}{only} and {condition})");
        }

        if (states is null)
        {
            parts.Add($"({columns} {Ended} and {condition} {Page})");
        }
        else
        {
            // One by one: an index gives each in order, but not several together.
            parts.AddRange(states.Where(state => ((JobState)state).IsTerminal()).Select(state => $"({columns} {Ended} and state = {state} and {condition} {Page})"));
        }

        // Without filters: everything that lives, and the last ones that ended.
        var sql = $"select * from ({string.Join(" union all ", parts)}) found {(filter.LiveFirst ? "order by seq desc" : Page)}";
        var values = new
        {
            before = filter.Before,
            states = filter.States,
            queue = filter.Queue,
            role = filter.Role,
            host = filter.Host,
            retryOf = filter.RetryOf,
            collection = filter.Collection,
            limit = filter.Limit,
        };
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var jobs = (await connection.QueryAsync<Job>(new CommandDefinition(sql, values, cancellationToken: cancellationToken))).AsList();
        var next = !filter.LiveFirst && jobs.Count == filter.Limit ? jobs[^1].Seq : (long?)null;
        return (await DescribeAsync(connection, jobs, cancellationToken), next);
    }

    public async Task<JobInfo?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var job = await connection.QuerySingleOrDefaultAsync<Job>(new CommandDefinition(
            $"select {JobStore.Columns} from job where id = @id", new { id }, cancellationToken: cancellationToken));
        return job is null ? null : (await DescribeAsync(connection, [job], cancellationToken))[0];
    }

    /// <summary>Jobs as they are shown, with places in the queue.</summary>
    public async Task<IReadOnlyList<JobInfo>> DescribeAsync(IReadOnlyList<Job> jobs, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await DescribeAsync(connection, jobs, cancellationToken);
    }

    public async Task<IReadOnlyList<JobHostInfo>> HostsAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<JobHostInfo>(new CommandDefinition(
            """
            select host, status, ok, changed, failed, unreachable, skipped, rescued, ignored from job_host where job_id = @id order by host
            """,
            new { id }, cancellationToken: cancellationToken))).AsList();
    }

    public async Task<IReadOnlyList<JobHistoryInfo>> HistoryAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<HistoryRow>(new CommandDefinition(
            "select at, event, actor, detail from job_history where job_id = @id order by id", new { id }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => new JobHistoryInfo(row.At, row.Event, row.Actor, row.Detail))];
    }

    /// <summary>The plan that was executed, as JSON; null when the job never came to one.</summary>
    public async Task<string?> PlanAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            "select plan::text from job where id = @id", new { id }, cancellationToken: cancellationToken));
    }

    /// <summary>Number of jobs that have not ended, by queue and state.</summary>
    public async Task<IReadOnlyList<(string Queue, JobState State, long Count)>> CountLiveAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<(string, JobState, long)>(new CommandDefinition(
            $"select queue, state, count(*) from job where {Queued} or {Held} group by 1, 2 order by 1, 2", cancellationToken: cancellationToken))).AsList();
    }

    private static async Task<IReadOnlyList<JobInfo>> DescribeAsync(
        NpgsqlConnection connection, IReadOnlyList<Job> jobs, CancellationToken cancellationToken)
    {
        var parents = await ParentsAsync(connection, jobs, cancellationToken);
        var queued = jobs.Where(job => job.State == JobState.Queued).Select(job => job.Id).ToArray();
        if (queued.Length == 0)
        {
            return [.. jobs.Select(job => ToInfo(job, null, parents[job.Id], []))];
        }

        // The places of all are counted in one pass: a count for each would be quadratic in the length of the queue.
        const string Sql = """
            with place as materialized (select id, row_number() over (partition by queue order by seq)::int as position from job where state = 0)
            select j.id, place.position,
                   s.id as slot_holder, s.role as slot_role, s.claimed_at as slot_since,
                   w.note,
                   (w.queues is null) as no_worker
            from job j
            join place on place.id = j.id
            left join lateral (select id, role, claimed_at from job r where r.state in (1, 2, 10, 11) and r.queue = j.queue order by claimed_at limit 1) s on true
            left join lateral (select queues, note from worker w where j.queue = any(w.queues) and w.lease_until > osism_now() order by (note is null) desc limit 1) w on true
            where j.id = any(@queued) and j.state = 0
            """;
        var rows = (await connection.QueryAsync<WaitingRow>(new CommandDefinition(Sql, new { queued }, cancellationToken: cancellationToken)))
            .ToDictionary(row => row.Id);
        var locks = await LocksAsync(connection, jobs, cancellationToken);
        return [.. jobs.Select(job => ToInfo(job, rows.GetValueOrDefault(job.Id), parents[job.Id], locks[job.Id]))];
    }

    private static List<WaitingInfo> Waiting(Job job, WaitingRow? row, IEnumerable<ParentRow> parents, IEnumerable<LockRow> locks)
    {
        if (row is null)
        {
            return [];
        }

        var unmet = parents.Where(parent => parent.State != JobState.Succeeded).Select(parent => new WaitingInfo(
            "parent", parent.ParentId.ToString(), $"{parent.Role ?? "job"} ({parent.State.ToWireName()})", parent.SubmittedAt)).ToList();
        unmet.AddRange(locks.Select(held => new WaitingInfo("lock", held.Key, held.Holder, held.Since)));
        if (unmet.Count > 0)
        {
            return unmet;
        }

        if (row.NoWorker || row.Note is not null)
        {
            return [new WaitingInfo("worker", job.Queue, row.Note, job.SubmittedAt)];
        }

        return [new WaitingInfo("slot", job.Queue, row.SlotHolder is null ? null : $"{row.SlotRole ?? "job"} ({row.SlotHolder})", row.SlotSince)];
    }

    /// <summary>Whom each of the jobs comes after, the first one in front.</summary>
    private static async Task<ILookup<Guid, ParentRow>> ParentsAsync(
        NpgsqlConnection connection, IReadOnlyList<Job> jobs, CancellationToken cancellationToken)
    {
        var followers = jobs.Where(job => job.HasParents).Select(job => job.Id).ToArray();
        if (followers.Length == 0)
        {
            return Array.Empty<ParentRow>().ToLookup(row => row.JobId);
        }

        const string Sql = """
            select e.job_id, e.parent_id, p.state, p.role, p.submitted_at
            from job_parent e join job p on p.id = e.parent_id join job j on j.id = e.job_id
            where e.job_id = any(@followers) order by (e.parent_id = j.after) desc, p.seq
            """;
        return (await connection.QueryAsync<ParentRow>(new CommandDefinition(Sql, new { followers }, cancellationToken: cancellationToken)))
            .ToLookup(row => row.JobId);
    }

    /// <summary>Locks that hold each of the jobs, with who has them.</summary>
    private static async Task<ILookup<Guid, LockRow>> LocksAsync(NpgsqlConnection connection, IReadOnlyList<Job> jobs, CancellationToken cancellationToken)
    {
        var held = jobs.Where(job => job.State == JobState.Queued && job.Blocked > 0).Select(job => job.Id).ToArray();
        if (held.Length == 0)
        {
            return Array.Empty<LockRow>().ToLookup(row => row.JobId);
        }

        const string Sql = """
            select h.job_id, l.scope as key, l.owner || coalesce(': ' || l.reason, '') as holder, l.since
            from job_held h join operator_lock l on l.id = h.lock_id where h.job_id = any(@held)
            union all
            select k.job_id, k.key, coalesce(j.role, j.kind) || ' (job ' || j.id || ')', coalesce(j.claimed_at, j.submitted_at)
            from job_key k
            cross join lateral (
                select job_id from job_key e where e.key = k.key and e.ord < k.ord and (e.hosts is null or k.hosts is null or e.hosts && k.hosts)
                order by e.ord limit 1) before
            join job j on j.id = before.job_id
            where k.job_id = any(@held) and k.waits
            order by 4
            """;
        return (await connection.QueryAsync<LockRow>(new CommandDefinition(Sql, new { held }, cancellationToken: cancellationToken))).ToLookup(row => row.JobId);
    }

    private static JobInfo ToInfo(Job job, WaitingRow? row, IEnumerable<ParentRow> parents, IEnumerable<LockRow> locks) => new()
    {
        Id = job.Id,
        Seq = job.Seq,
        State = job.State,
        Reason = job.ReasonCode is null ? null : new ReasonInfo(job.ReasonCode, job.ReasonMessage ?? ""),
        Kind = job.Kind,
        Role = job.Role,
        Environment = job.Environment,
        Sub = job.Sub,
        Action = job.Action,
        Runtime = job.Runtime,
        Queue = job.Queue,
        Arguments = job.Arguments,
        SubmittedBy = job.SubmittedBy,
        SubmittedAt = job.SubmittedAt,
        StartedAt = job.StartedAt,
        EndedAt = job.EndedAt,
        Worker = job.WorkerName,
        Attempt = job.Attempt,
        ExitCode = job.ExitCode,
        Position = row?.Position,
        WaitingFor = Waiting(job, row, parents, locks),
        Hosts = job.HostsOk is null
            ? null
            : new HostCounts(job.HostsOk ?? 0, job.HostsChanged ?? 0, job.HostsFailed ?? 0, job.HostsUnreachable ?? 0, job.HostsSkipped ?? 0),
        InventoryRevision = job.InventoryRevision,
        Configuration = job.ConfigurationHash is null && job.ConfigurationCommit is null
            ? null
            : new ConfigurationInfo(job.ConfigurationCommit, job.ConfigurationDirty, job.ConfigurationHash),
        OutputBytes = job.OutputBytes,
        OutputSha256 = job.OutputSha256,
        SpoolSha256 = job.SpoolSha256,
        After = job.After,
        Parents = [.. parents.Select(parent => parent.ParentId)],
        RetryOf = job.RetryOf,
        RerunOf = job.RerunOf,
        OutputAt = job.OutputAt,
        RetriesLeft = job.RetriesLeft,
        Collection = job.Collection,
        CollectionName = job.CollectionName,
        Node = job.Node,
        TaskTimeout = job.TaskTimeout,
        DryRun = job.DryRun,
        CancelledBy = job.CancelledBy,
        CancelRequestedAt = job.CancelRequestedAt,
        Warnings = System.Text.Json.JsonSerializer.Deserialize(job.Warnings, JobsJson.Default.ListReasonInfo) ?? [],
    };

    private sealed record HistoryRow
    {
        public DateTimeOffset At { get; init; }

        public string Event { get; init; } = "";

        public string Actor { get; init; } = "";

        public string? Detail { get; init; }
    }

    private sealed record LockRow
    {
        public Guid JobId { get; init; }

        public string Key { get; init; } = "";

        public string Holder { get; init; } = "";

        public DateTimeOffset Since { get; init; }
    }

    private sealed record ParentRow
    {
        public Guid JobId { get; init; }

        public Guid ParentId { get; init; }

        public JobState State { get; init; }

        public string? Role { get; init; }

        public DateTimeOffset SubmittedAt { get; init; }
    }

    private sealed record WaitingRow
    {
        public Guid Id { get; init; }

        public int Position { get; init; }

        public Guid? SlotHolder { get; init; }

        public string? SlotRole { get; init; }

        public DateTimeOffset? SlotSince { get; init; }

        public string? Note { get; init; }

        public bool NoWorker { get; init; }
    }
}

/// <summary>Which jobs to list.</summary>
/// <param name="Limit">Most rows that have ended, 1 to 1000.</param>
internal sealed record JobFilter(int Limit)
{
    public short[]? States { get; init; }

    public string? Queue { get; init; }

    public string? Role { get; init; }

    /// <summary>A host the run reached or tried to.</summary>
    public string? Host { get; init; }

    public Guid? RetryOf { get; init; }

    /// <summary>A run of a collection.</summary>
    public Guid? Collection { get; init; }

    /// <summary>Cursor: only jobs submitted before the one with this number.</summary>
    public long? Before { get; init; }

    /// <summary>All live jobs, then the last ended ones, instead of one page by submission.</summary>
    public bool LiveFirst { get; init; }
}
