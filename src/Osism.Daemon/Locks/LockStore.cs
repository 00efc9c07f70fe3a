using Dapper;
using Npgsql;
using Osism.Contracts.Locks;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Locks;

/// <summary>Operators' locks in PostgreSQL. They hold queued jobs through the counter that the claim looks at (<c>job.blocked</c>).</summary>
internal sealed class LockStore(NpgsqlDataSource database)
{
    /// <summary>After a commit that may have let jobs go.</summary>
    public event Action? Released;

    /// <summary>Puts a lock on a scope, or changes the reason and the end of the one its owner has there.</summary>
    /// <param name="scope">What it is on.</param>
    /// <param name="owner">Who holds it.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="reason">One line for people.</param>
    /// <param name="until">When it ends by itself, null = never.</param>
    /// <param name="after">The same as a time from now; goes before <paramref name="until"/>.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <exception cref="OsismException">Somebody else holds it (<c>lock.held</c>), or it would be over already (<c>request.invalid</c>).</exception>
    public async Task<OperatorLock> PlaceAsync(
        LockScope scope, string owner, string by, string? reason, DateTimeOffset? until, TimeSpan? after, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Statements of their own: what the last one sees must be what stands after the lock was given.
        await using (var answers = await connection.QueryMultipleAsync(new CommandDefinition(
            $"select job_lock_alone(); select lock_expire(); select osism_now(); select {OperatorLock.Columns} from operator_lock where scope = @Text and released_at is null",
            new { scope.Text }, transaction, cancellationToken: cancellationToken)))
        {
            _ = await answers.ReadAsync();
            _ = await answers.ReadAsync();
            var now = await answers.ReadSingleAsync<DateTimeOffset>();
            until = after is { } time ? now + time : until;
            if (until <= now)
            {
                throw new OsismException(Contracts.ErrorCodes.RequestInvalid, $"the lock would end at {until:u}, which is over: it would hold nothing");
            }

            if (await answers.ReadSingleOrDefaultAsync<OperatorLock>() is { } held && held.Owner != owner)
            {
                throw held.ToException();
            }
        }

        const string Place = $"""
            insert into operator_lock (id, scope, environment, role, hosts, owner, placed_by, reason, since, until)
            values (@id, @Text, @Environment, @Role, @Hosts, @owner, @by, @reason, osism_now(), @until)
            on conflict (scope) where released_at is null do update set reason = excluded.reason, until = excluded.until, placed_by = excluded.placed_by
            returning {OperatorLock.Columns}
            """;
        var id = Guid.CreateVersion7();
        var placed = await connection.QuerySingleAsync<OperatorLock>(new CommandDefinition(
            Place, new { id, scope.Text, scope.Environment, scope.Role, scope.Hosts, owner, by, reason, until }, transaction, cancellationToken: cancellationToken));
        if (placed.Id == id)
        {
            const string Hold = """
                with held as (
                    update job set blocked = blocked + 1, ready_at = null
                    from operator_lock l
                    where l.id = @id and state = 0 and lock_covers(l, job.environment, job.sub, job.plays, job.touches)
                    returning job.id)
                insert into job_held (lock_id, job_id) select @id, id from held
                """;
            await connection.ExecuteAsync(new CommandDefinition(Hold, new { id }, transaction, cancellationToken: cancellationToken));
        }

        await transaction.CommitAsync(cancellationToken);
        return placed;
    }

    /// <summary>Takes a lock away.</summary>
    /// <param name="find">Which: by its id or the words of its scope.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="force">Also one that somebody else owns.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <returns>The lock as it was; null when there is none.</returns>
    /// <exception cref="OsismException">It is somebody else's and not forced (<c>lock.held</c>).</exception>
    public async Task<OperatorLock?> ReleaseAsync((Guid? Id, string? Scope) find, string by, bool force, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        OperatorLock? held;
        await using (var answers = await connection.QueryMultipleAsync(new CommandDefinition(
            $"""
            select job_lock_alone(); select lock_expire();
            select {OperatorLock.Columns} from operator_lock where (id = @Id or scope = @Scope) and released_at is null
            """,
            new { find.Id, find.Scope }, transaction, cancellationToken: cancellationToken)))
        {
            _ = await answers.ReadAsync();
            _ = await answers.ReadAsync();
            held = await answers.ReadSingleOrDefaultAsync<OperatorLock>();
        }

        if (held is not null)
        {
            if (!force && held.Owner != by && held.PlacedBy != by)
            {
                throw held.ToException();
            }

            await connection.ExecuteAsync(new CommandDefinition(
                "select lock_release(@Id, @by)", new { held.Id, by }, transaction, cancellationToken: cancellationToken));
        }

        // Also without one: others may have expired.
        await transaction.CommitAsync(cancellationToken);
        Released?.Invoke();
        return held;
    }

    /// <summary>Operators' locks in force, the oldest first.</summary>
    public async Task<IReadOnlyList<OperatorLock>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<OperatorLock>(new CommandDefinition(
            $"select {OperatorLock.Columns} from operator_lock where released_at is null and (until is null or until > osism_now()) order by since",
            cancellationToken: cancellationToken))).AsList();
    }

    /// <summary>Operators' locks that would refuse a run, the oldest first.</summary>
    /// <param name="environment">Of the run.</param>
    /// <param name="sub">Its sub-environment.</param>
    /// <param name="plays">Its plays, as locks name them.</param>
    /// <param name="touches">Hosts it may change; null = any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<OperatorLock>> CoveringAsync(
        string environment, string? sub, IReadOnlyList<string> plays, string[]? touches, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<OperatorLock>(new CommandDefinition(
            $"""
            select {OperatorLock.Columns} from operator_lock l
            where released_at is null and (until is null or until > osism_now()) and lock_covers(l, @environment, @sub, @plays, @touches)
            order by since
            """,
            new { environment, sub, plays = plays.ToArray(), touches }, cancellationToken: cancellationToken))).AsList();
    }

    /// <summary>Lock keys that jobs hold, which have begun.</summary>
    public async Task<IReadOnlyList<LockInfo>> ListKeysAsync(CancellationToken cancellationToken)
    {
        const string Sql = """
            select k.key, k.hosts, j.id, coalesce(j.role, j.kind) as role, j.submitted_by, coalesce(j.claimed_at, j.submitted_at) as since
            from job_key k join job j on j.id = k.job_id where j.state in (1, 2, 10, 11) order by since
            """;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<KeyRow>(new CommandDefinition(Sql, cancellationToken: cancellationToken));
        return
        [
            .. rows.Select(row => new LockInfo(
                row.Key, row.Hosts is null ? row.Key : $"{row.Key}/hosts/{string.Join(',', row.Hosts)}", row.SubmittedBy, $"{row.Role} runs", row.Since, null,
                LockInfo.FromJob, row.Id)),
        ];
    }

    private sealed record KeyRow
    {
        public string Key { get; init; } = "";

        public string[]? Hosts { get; init; }

        public Guid Id { get; init; }

        public string Role { get; init; } = "";

        public string SubmittedBy { get; init; } = "";

        public DateTimeOffset Since { get; init; }
    }
}
