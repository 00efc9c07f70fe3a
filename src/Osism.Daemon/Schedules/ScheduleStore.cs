using Dapper;
using Npgsql;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Schedules;

/// <summary>What is remembered of schedules, and the claim of each occurrence: its row and its job are stored in one transaction.</summary>
internal sealed class ScheduleStore(NpgsqlDataSource database, JobStore jobs, DaemonInstance self)
{
    /// <summary>Occurrences of one schedule that may wait for a run that does not end.</summary>
    public const int MostWaiting = 100;

    private const string StateColumns = "name, rhythm, decided_until, active, paused, paused_by, paused_at, pause_reason";

    private const string Insert = """
        insert into schedule_occurrence (schedule, at, cause, outcome, job_id, detail, decided_by, decided_at)
        values (@name, @at, @cause, @outcome, @job, @detail, @by, osism_now())
        on conflict (schedule, at) do nothing
        """;

    /// <summary>The jobs of the latest occurrences, their repetitions and the others of their graphs that have not ended: the later run of the two may be one by hand.</summary>
    private const string Running = """
        with recursive run as (
            select job_id as id from schedule_occurrence where schedule = @name and job_id is not null and at >= (
                select coalesce(min(at), 'infinity') from (
                    select at from schedule_occurrence where schedule = @name and job_id is not null order by at desc limit 8) latest)
            union
            select again.id from job again join run on again.retry_of = run.id)
        select job.id from job join run on run.id = job.id where job.state in (0, 1, 2, 10, 11)
        union all
        select other.id from job mine join run on run.id = mine.id join job other on other.collection = mine.collection where other.state in (0, 1, 2, 10, 11)
        limit 1
        """;

    /// <summary>The database's time, and what is remembered of all schedules.</summary>
    public async Task<(DateTimeOffset Now, IReadOnlyDictionary<string, ScheduleState> States, IReadOnlySet<string> Waiting)> LookAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var now = await connection.ExecuteScalarAsync<DateTimeOffset>(new CommandDefinition("select osism_now()", cancellationToken: cancellationToken));
        var states = await connection.QueryAsync<ScheduleState>(new CommandDefinition(
            $"select {StateColumns} from schedule", cancellationToken: cancellationToken));
        var waiting = await connection.QueryAsync<string>(new CommandDefinition(
            "select distinct schedule from schedule_occurrence where outcome = 'waiting'", cancellationToken: cancellationToken));
        return (now, states.ToDictionary(state => state.Name, StringComparer.Ordinal), waiting.ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>Whether a run of it has not ended.</summary>
    public async Task<bool> IsRunningAsync(string name, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await RunningAsync(connection, null, name, cancellationToken) is not null;
    }

    /// <summary>Begins to count, or begins anew: from now on, because the schedule is new, has other times, or was not active.</summary>
    public async Task BeginAsync(ScheduleDefinition definition, bool active, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            """
            insert into schedule (name, rhythm, decided_until, active) values (@Name, @RhythmKey, osism_now(), @active)
            on conflict (name) do update set rhythm = excluded.rhythm, active = excluded.active, decided_until = excluded.decided_until
            where schedule.rhythm <> excluded.rhythm or schedule.active <> excluded.active
            """,
            new { definition.Name, definition.RhythmKey, active }, cancellationToken);

    /// <summary>Schedules that are no longer defined count no more; what waited of them is given up.</summary>
    public async Task EndOthersAsync(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            """
            with gone as (update schedule set active = false where active and name <> all(@names))
            update schedule_occurrence set outcome = 'refused', detail = 'the schedule was removed while this waited', decided_by = @by, decided_at = osism_now()
            where outcome = 'waiting' and schedule <> all(@names)
            """,
            new { names = names.ToArray(), by = self.Name }, cancellationToken);

    /// <summary>Decides an occurrence, unless somebody else was faster.</summary>
    /// <param name="definition">Its schedule.</param>
    /// <param name="seen">What the decision rests on: when it has moved, somebody else decided.</param>
    /// <param name="occurrence">The occurrence.</param>
    /// <param name="drafts">Its jobs; null when it is not to run.</param>
    /// <param name="refusal">Why its jobs cannot be submitted; null when they can.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <exception cref="OsismException">A lock refuses a job (<c>lock.held</c>): nothing is stored, call again with the refusal.</exception>
    /// <remarks>What if we die here? Before the commit nothing of it is stored and the next one decides; after it, all of it is.</remarks>
    public async Task<Decision> DecideAsync(
        ScheduleDefinition definition, ScheduleState seen, DueOccurrence occurrence, ScheduledJobs? drafts, string? refusal, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var state = await LockAsync(connection, transaction, definition.Name, cancellationToken);
        if (state is not { Active: true } || state.DecidedUntil != seen.DecidedUntil || state.Rhythm != seen.Rhythm)
        {
            return Decision.Elsewhere;
        }

        var (outcome, detail) = (occurrence.Fire, refusal) switch
        {
            (false, _) => (Outcomes.Missed, occurrence.Detail),
            (_, { } reason) => (Outcomes.Refused, reason),
            _ => await OverlapAsync(connection, transaction, definition, cancellationToken) ?? (drafts!.Outcome, OneOf(occurrence.Detail, drafts)),
        };
        var submits = outcome == Outcomes.Submitted;
        var stored = await connection.ExecuteAsync(new CommandDefinition(
            Insert,
            new { name = definition.Name, at = occurrence.At, cause = Outcomes.ByTimer, outcome, job = (Guid?)null, detail, by = self.Name },
            transaction, cancellationToken: cancellationToken));
        if (stored == 1 && submits)
        {
            await SubmitAsync(connection, transaction, definition.Name, occurrence.At, drafts!, cancellationToken);
        }

        // Also when it was decided before: the clock had been ahead, and what was done then is not done again.
        await connection.ExecuteAsync(new CommandDefinition(
            "update schedule set decided_until = @At where name = @Name", new { occurrence.At, definition.Name }, transaction, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        if (stored == 1 && submits)
        {
            jobs.Submitted();
        }

        return stored == 0 ? Decision.Before : submits ? Decision.Submitted : outcome is Outcomes.Done or Outcomes.Failed ? Decision.Done : Decision.LeftOut;
    }

    /// <summary>The clock went back behind what was decided: counting goes on from now, and the keys keep what was done from being done again.</summary>
    public async Task RewindAsync(ScheduleState seen, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            "update schedule set decided_until = osism_now() where name = @Name and decided_until = @DecidedUntil and decided_until > osism_now()",
            new { seen.Name, seen.DecidedUntil }, cancellationToken);

    /// <summary>Submits the oldest occurrence that waits, once the run before it has ended.</summary>
    /// <returns>Whether one was.</returns>
    /// <exception cref="OsismException">A lock refuses a job (<c>lock.held</c>): nothing is stored, call again with the refusal.</exception>
    public async Task<bool> ReleaseAsync(
        ScheduleDefinition definition, ScheduledJobs? drafts, string? refusal, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(connection, transaction, definition.Name, cancellationToken) is null
            || await RunningAsync(connection, transaction, definition.Name, cancellationToken) is not null)
        {
            return false;
        }

        var released = await connection.ExecuteScalarAsync<DateTimeOffset?>(new CommandDefinition(
            """
            update schedule_occurrence set outcome = @outcome, detail = coalesce(@refusal, detail), decided_by = @by, decided_at = osism_now()
            where schedule = @name and at = (select min(at) from schedule_occurrence where schedule = @name and outcome = 'waiting') returning at
            """,
            new
            {
                name = definition.Name,
                outcome = refusal is null ? drafts!.Outcome : Outcomes.Refused,
                refusal = refusal ?? (drafts!.Jobs.Count == 0 ? drafts.Detail : null),
                by = self.Name,
            },
            transaction, cancellationToken: cancellationToken));
        if (released is not { } at)
        {
            return false;
        }

        if (refusal is null && drafts!.Jobs.Count > 0)
        {
            await SubmitAsync(connection, transaction, definition.Name, at, drafts, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        jobs.Submitted();
        return true;
    }

    /// <summary>A run by hand: stored beside those of the timer. An operator's word goes before pauses and overlaps.</summary>
    public async Task<OccurrenceRow> RunAsync(ScheduleDefinition definition, ScheduledJobs drafts, string by, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var now = await connection.ExecuteScalarAsync<DateTimeOffset>(new CommandDefinition("select osism_now()", transaction: transaction, cancellationToken: cancellationToken));
        var values = new { name = definition.Name, at = now, cause = Outcomes.ByOperator, outcome = drafts.Outcome, job = (Guid?)null, detail = OneOf(null, drafts), by };
        // Two calls within a microsecond: the later one is later.
        while (await connection.ExecuteAsync(new CommandDefinition(Insert, values, transaction, cancellationToken: cancellationToken)) == 0)
        {
            values = values with { at = values.at.AddTicks(TimeSpan.TicksPerMicrosecond) };
        }

        var first = drafts.Jobs.Count == 0 ? null : await SubmitAsync(connection, transaction, definition.Name, values.at, drafts, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        jobs.Submitted();
        return new OccurrenceRow
        {
            Schedule = definition.Name,
            At = values.at,
            Cause = values.cause,
            Outcome = values.outcome,
            JobId = first?.Id,
            JobState = (short?)first?.State,
            Detail = drafts.Detail,
            DecidedBy = by,
            DecidedAt = now,
        };
    }

    /// <summary>An operator's word: it stays until the opposite one, over restarts and changes of the file.</summary>
    public async Task PauseAsync(ScheduleDefinition definition, bool paused, string by, string? reason, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            """
            insert into schedule (name, rhythm, decided_until, active, paused, paused_by, paused_at, pause_reason)
            values (@Name, @RhythmKey, osism_now(), @active, @paused, @by, osism_now(), @reason)
            on conflict (name) do update set paused = @paused, paused_by = @by, paused_at = osism_now(), pause_reason = @reason, active = @active,
                decided_until = case when schedule.active = @active then schedule.decided_until else osism_now() end
            """,
            new { definition.Name, definition.RhythmKey, active = !paused && definition.Unavailable is null, paused, by, reason }, cancellationToken);

    /// <summary>Decided occurrences, newest first.</summary>
    /// <param name="name">The schedule; null = of all.</param>
    /// <param name="before">Cursor: those before this time.</param>
    /// <param name="limit">Rows.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<IReadOnlyList<OccurrenceRow>> HistoryAsync(string name, DateTimeOffset? before, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<OccurrenceRow>(new CommandDefinition(
            """
            select schedule, at, cause, outcome, job_id, job.state as job_state, detail, decided_by, decided_at
            from schedule_occurrence left join job on job.id = job_id
            where schedule = @name and at < coalesce(@before, 'infinity') order by at desc limit @limit
            """,
            new { name, before, limit }, cancellationToken: cancellationToken));
        return rows.AsList();
    }

    /// <summary>The last decided occurrence of each schedule.</summary>
    public async Task<IReadOnlyDictionary<string, OccurrenceRow>> LatestAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<OccurrenceRow>(new CommandDefinition(
            """
            select latest.schedule, at, cause, outcome, job_id, job.state as job_state, detail, decided_by, decided_at
            from unnest(@names) wanted(name)
            cross join lateral (select * from schedule_occurrence where schedule = wanted.name order by at desc limit 1) latest
            left join job on job.id = job_id
            """,
            new { names = names.ToArray() }, cancellationToken: cancellationToken));
        return rows.ToDictionary(row => row.Schedule, StringComparer.Ordinal);
    }

    /// <summary>Keeps a sound file for a start with one that is not.</summary>
    public async Task KeepFileAsync(string? text, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            text is null
                ? "delete from schedule_file"
                : """
                  insert into schedule_file (text, loaded_at) values (@text, osism_now())
                  on conflict (one) do update set text = excluded.text, loaded_at = excluded.loaded_at where schedule_file.text <> excluded.text
                  """,
            new { text }, cancellationToken);

    public async Task<string?> FindFileAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<string?>(new CommandDefinition("select text from schedule_file", cancellationToken: cancellationToken));
    }

    /// <summary>Forgets some decided occurrences that are old.</summary>
    /// <returns>How many; call again while there are any.</returns>
    public async Task<int> ForgetAsync(TimeSpan keep, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(
            """
            delete from schedule_occurrence where (schedule, at) in (
                select schedule, at from schedule_occurrence where decided_at < osism_now() - @keep and outcome <> 'waiting' order by decided_at limit 500)
            """,
            new { keep }, cancellationToken: cancellationToken));
    }

    /// <summary>Stores the jobs of an occurrence whose row is there, and their first in that row: a policy may have put an older one in its place.</summary>
    private static async Task<Job> SubmitAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string name, DateTimeOffset at, ScheduledJobs drafts, CancellationToken cancellationToken)
    {
        if (drafts.Store is { } store)
        {
            await store(transaction, cancellationToken);
        }

        var first = (await JobStore.InsertAsync(connection, transaction, drafts.Jobs, cancellationToken))[0];
        await connection.ExecuteAsync(new CommandDefinition(
            "update schedule_occurrence set job_id = @Id, detail = coalesce(detail, @Detail) where schedule = @name and at = @at",
            new { first.Id, drafts.Detail, name, at }, transaction, cancellationToken: cancellationToken));
        return first;
    }

    /// <summary>What to say of an occurrence; of one with jobs <see cref="SubmitAsync"/> adds theirs.</summary>
    private static string? OneOf(string? detail, ScheduledJobs drafts) =>
        drafts.Jobs.Count > 0 ? detail : detail is null ? drafts.Detail : $"{drafts.Detail}; {detail}";

    private static async Task<ScheduleState?> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string name, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<ScheduleState>(new CommandDefinition(
            $"select {StateColumns} from schedule where name = @name for update", new { name }, transaction, cancellationToken: cancellationToken));

    private static async Task<Guid?> RunningAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string name, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<Guid?>(new CommandDefinition(Running, new { name }, transaction, cancellationToken: cancellationToken));

    private static async Task<(string Outcome, string? Detail)?> OverlapAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, ScheduleDefinition definition, CancellationToken cancellationToken)
    {
        var waiting = await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "select count(*) from schedule_occurrence where schedule = @Name and outcome = 'waiting'", new { definition.Name }, transaction, cancellationToken: cancellationToken));
        var running = await RunningAsync(connection, transaction, definition.Name, cancellationToken);
        if (running is null && waiting == 0)
        {
            return null;
        }

        var why = running is { } job ? $"job {job} of this schedule has not ended" : $"{waiting} earlier ones wait";
        return definition.Overlap == OverlapPolicy.Skip
            ? (Outcomes.Overlap, why)
            : waiting < MostWaiting
                ? (Outcomes.Waiting, why)
                : (Outcomes.Overlap, $"{why}, and {waiting} wait already");
    }

    private async Task ExecuteAsync(string sql, object values, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, values, cancellationToken: cancellationToken));
    }
}

/// <summary>How a decision about an occurrence went.</summary>
internal enum Decision
{
    /// <summary>Its job is stored.</summary>
    Submitted,

    /// <summary>It was done at once, without a job, and is stored with how it went.</summary>
    Done,

    /// <summary>It is stored why it does not run, or not yet.</summary>
    LeftOut,

    /// <summary>It had been decided long before.</summary>
    Before,

    /// <summary>Another process decides, or the schedule changed: look again.</summary>
    Elsewhere,
}
