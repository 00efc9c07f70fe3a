using Dapper;
using Npgsql;

namespace Osism.Daemon.Notifications;

/// <summary>Events and deliveries: the outbox. Events are stored by the database itself with the moves of jobs (<c>0070_notification.sql</c>)
/// and with what a look at the inventory gave (<c>0110_inventory_notification.sql</c>).</summary>
internal sealed class NotificationStore(NpgsqlDataSource database)
{
    /// <summary>Events whose deliveries are not decided yet, oldest first.</summary>
    public async Task<IReadOnlyList<NotificationEvent>> NewAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<NotificationEvent>(new CommandDefinition(
            """
            select event.id, event.at, event.kind, event.subject, event.job_id, event.state, event.detail,
                   job.role, job.environment, job.sub, job.submitted_by, job.worker_name, job.exit_code,
                   (select array_agg(host || ' ' || status order by host) from (
                        select host, status from job_host where job_id = event.job_id and status in ('failed', 'unreachable') order by host limit 20) bad) as hosts
            from notification_event event left join job on job.id = event.job_id
            where taken_at is null order by event.id limit @limit
            """,
            new { limit }, cancellationToken: cancellationToken));
        return rows.AsList();
    }

    /// <summary>Stores the deliveries of an event and takes it from the list, in one transaction: none is lost and none is made twice.</summary>
    /// <param name="notification">The event.</param>
    /// <param name="deliveries">What goes to whom.</param>
    /// <param name="repeatAfter">How long a receiver is not told again that the same goes wrong in the same way.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    public async Task TakeAsync(
        NotificationEvent notification, IReadOnlyList<(string Receiver, string Title, string Body)> deliveries, TimeSpan repeatAfter, CancellationToken cancellationToken)
    {
        const string Tell = """
            insert into notification_told as told (receiver, subject, kind, told_at) values (@receiver, @Subject, @Kind, osism_now())
            on conflict (receiver, subject) do update set
                held_back = case when told.kind = excluded.kind and told.told_at > osism_now() - @repeatAfter then told.held_back + 1 else 0 end,
                told_at = case when told.kind = excluded.kind and told.told_at > osism_now() - @repeatAfter then told.told_at else excluded.told_at end,
                kind = excluded.kind
            returning held_back
            """;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var taken = await connection.ExecuteAsync(new CommandDefinition(
            "update notification_event set taken_at = osism_now() where id = @Id and taken_at is null", notification, transaction, cancellationToken: cancellationToken));
        if (taken == 0)
        {
            return;
        }

        foreach (var (receiver, title, body) in deliveries)
        {
            var held = await connection.ExecuteScalarAsync<int>(new CommandDefinition(
                Tell, new { receiver, notification.Subject, notification.Kind, repeatAfter }, transaction, cancellationToken: cancellationToken));
            if (held == 0)
            {
                await connection.ExecuteAsync(new CommandDefinition(
                    """
                    insert into notification_delivery (event_id, receiver, title, body, created_at, next_at)
                    values (@Id, @receiver, @title, @body, osism_now(), osism_now())
                    """,
                    new { notification.Id, receiver, title, body }, transaction, cancellationToken: cancellationToken));
            }
        }

        if (notification.Kind == "recovery")
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "update notification_event set open = false where subject = @Subject and open and id < @Id", notification, transaction, cancellationToken: cancellationToken));
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Notes running jobs that have written nothing for long, each silence once. It is counted where it is stored: who notes it may change.</summary>
    public async Task NoteSilenceAsync(TimeSpan after, CancellationToken cancellationToken) => await ExecuteAsync(
        """
        insert into notification_event (at, kind, subject, job_id, state, detail, open)
        select osism_now(), 'silence', notification_subject(environment, sub, role), id, state,
               'no output for ' || floor(extract(epoch from osism_now() - coalesce(output_at, started_at)) / 60)::bigint || ' min', false
        from job
        where state = 2 and state in (1, 2, 10, 11) and role is not null and coalesce(output_at, started_at) < osism_now() - @after
          and not exists (
              select 1 from notification_event told
              where told.job_id = job.id and told.kind = 'silence' and told.at > coalesce(job.output_at, job.started_at))
        """,
        new { after }, cancellationToken);

    /// <summary>The next delivery that is due for a receiver, counted as an attempt: who dies while sending has tried.</summary>
    public async Task<NotificationDelivery?> BeginAsync(string receiver, TimeSpan retryAfter, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<NotificationDelivery>(new CommandDefinition(
            """
            update notification_delivery set attempts = attempts + 1,
                next_at = osism_now() + least(@retryAfter * power(2, least(attempts, 20)), interval '1 hour')
            where id = (select id from notification_delivery where receiver = @receiver and state = 'pending' and next_at <= osism_now() order by next_at, id limit 1 for update skip locked)
            returning id, title, body, attempts, created_at, osism_now() as now
            """,
            new { receiver, retryAfter }, cancellationToken: cancellationToken));
    }

    /// <summary>Stores how an attempt went.</summary>
    /// <param name="id">The delivery.</param>
    /// <param name="error">Null when it was taken.</param>
    /// <param name="final">Whether it is tried no more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task EndAsync(long id, string? error, bool final, CancellationToken cancellationToken) => await ExecuteAsync(
        """
        update notification_delivery set error = @error, state = case when @error is null then 'sent' when @final then 'failed' else state end,
            ended_at = case when @error is null or @final then osism_now() end
        where id = @id and state = 'pending'
        """,
        new { id, error, final }, cancellationToken);

    /// <summary>How receivers do.</summary>
    public async Task<IReadOnlyDictionary<string, ReceiverState>> StatesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<ReceiverState>(new CommandDefinition(
            """
            select receiver, count(*) filter (where state = 'pending')::int as pending, count(*) filter (where state = 'sent')::int as sent,
                   count(*) filter (where state = 'failed')::int as failed, max(ended_at) filter (where state = 'sent') as last_sent_at,
                   (array_agg(error order by id desc) filter (where error is not null and state <> 'sent'))[1] as last_error
            from notification_delivery group by receiver
            """,
            cancellationToken: cancellationToken));
        return rows.ToDictionary(row => row.Receiver, StringComparer.Ordinal);
    }

    /// <summary>Forgets what is old: 30 days; some at a time.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(
            """
            with old as (delete from notification_delivery where id in (
                select id from notification_delivery where created_at < osism_now() - interval '30 days' and state <> 'pending' order by created_at limit 500))
            delete from notification_event where id in (
                select id from notification_event where at < osism_now() - interval '30 days' and taken_at is not null order by at limit 500)
            """,
            cancellationToken: cancellationToken));
    }

    private async Task ExecuteAsync(string sql, object values, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, values, cancellationToken: cancellationToken));
    }
}

/// <summary>Something people may want to hear of, and what is known of its job.</summary>
internal sealed record NotificationEvent
{
    public long Id { get; init; }

    public DateTimeOffset At { get; init; }

    public string Kind { get; init; } = "";

    public string Subject { get; init; } = "";

    /// <summary>Null for what is no job: the sources of the inventory.</summary>
    public Guid? JobId { get; init; }

    public short? State { get; init; }

    public string? Detail { get; init; }

    public string? Role { get; init; }

    public string? Environment { get; init; }

    public string? Sub { get; init; }

    public string? SubmittedBy { get; init; }

    public string? WorkerName { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Hosts that failed or were unreachable, 20 at most.</summary>
    public string[]? Hosts { get; init; }
}

/// <summary>One attempt that begins.</summary>
internal sealed record NotificationDelivery
{
    public long Id { get; init; }

    public string Title { get; init; } = "";

    public string Body { get; init; } = "";

    public int Attempts { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset Now { get; init; }
}

/// <summary>What the store says of a receiver.</summary>
internal sealed record ReceiverState
{
    public string Receiver { get; init; } = "";

    public int Pending { get; init; }

    public int Sent { get; init; }

    public int Failed { get; init; }

    public DateTimeOffset? LastSentAt { get; init; }

    public string? LastError { get; init; }
}
