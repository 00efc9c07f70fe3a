using Npgsql;

namespace Osism.Daemon.Platform.Database;

/// <summary>Lets one process of the installation do what must not be done twice, and another go on when that one is gone.</summary>
/// <remarks>
/// A row says who holds a role and until when, by the database's clock. The holder renews it every 5 s on a timer of its own; without that the row is
/// free after 15 s, and others look every 2 s, so a role moves over within 17 s of its holder's last renewal. The holder counts by its own clock from
/// before the renewal was sent, and gives up 2 s early: it has stopped when others may begin.
/// The database's clock may be set, ours counts only: a lease that was renewed meanwhile is not believed to be over before it is so by our clock as well, and one
/// that nobody has renewed for its whole length by our clock is over whatever the database's clock says.
/// What if we die here? Anywhere: the lease runs out. In an orderly stop the row is given back at once.
/// </remarks>
internal sealed partial class Leadership(NpgsqlDataSource database, DaemonInstance self, TimeProvider time, ILogger<Leadership> log)
{
    private const string GivenBack = "-infinity";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>How long a role stays with a holder that is not heard of. Default 15 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Time between renewals. Default 5 s.</summary>
    public TimeSpan Renewal { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long before the end of the lease its holder gives up. Default 2 s.</summary>
    public TimeSpan Margin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Time between looks at a role that somebody else holds. Default 2 s.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Does the work whenever this process holds the role; returns when the caller stops, and never otherwise.</summary>
    /// <param name="role">Name of what is done once; the same in all processes.</param>
    /// <param name="work">Its token is cancelled as soon as the role is lost. Work that ends or fails is begun again, here or elsewhere.</param>
    /// <param name="cancellationToken">Stops the work and gives the role back.</param>
    public async Task HoldAsync(string role, Func<LeaderTerm, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            SeenLease? seen = null;
            while (true)
            {
                var sent = time.GetTimestamp();
                (var term, seen) = await TryTakeAsync(role, seen, cancellationToken);
                if (term is not null)
                {
                    LogTaken(role, term.Number);
                    await PlayAsync(term, sent, work, cancellationToken);
                    seen = null;
                }

                await Task.Delay(Look, time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
    }

    /// <summary>Who does what now; roles whose holder is gone are left out.</summary>
    public async Task<IReadOnlyList<LeaderInfo>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "select role, holder, holder_name, term, since from leadership where lease_until >= osism_now() order by role");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var leaders = new List<LeaderInfo>();
        while (await reader.ReadAsync(cancellationToken))
        {
            leaders.Add(new LeaderInfo(
                reader.GetString(0), reader.GetGuid(1), reader.GetString(2), reader.GetInt64(3), reader.GetFieldValue<DateTimeOffset>(4)));
        }

        return leaders;
    }

    private async Task PlayAsync(LeaderTerm term, long sent, Func<LeaderTerm, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var lost = new CancellationTokenSource(Left(sent), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lost.Token, cancellationToken);
        var renewing = RenewAsync(term, lost, either.Token);
        try
        {
            await Task.Run(() => work(term, either.Token), either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Lost, or stopped.
        }
        catch (Exception e)
        {
            LogFailed(e, term.Role);
        }

        if (lost.IsCancellationRequested)
        {
            LogLost(term.Role, term.Number);
        }

        await either.CancelAsync();
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await GiveBackAsync(term);
    }

    private async Task RenewAsync(LeaderTerm term, CancellationTokenSource lost, CancellationToken cancellationToken)
    {
        var wait = Renewal;
        while (true)
        {
            await Task.Delay(wait, time, cancellationToken);
            var sent = time.GetTimestamp();
            try
            {
                if (!await TryRenewAsync(term, cancellationToken))
                {
                    await lost.CancelAsync();
                    return;
                }

                // Nothing once it was lost.
                lost.CancelAfter(Left(sent));
                wait = Renewal;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotRenewed(term.Role, e.Message);
                wait = Pause;
            }
        }
    }

    private TimeSpan Left(long sent)
    {
        var left = Lease - Margin - time.GetElapsedTime(sent);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <returns>The term that begins, null when somebody else has the role; and the lease that was found.</returns>
    private async Task<(LeaderTerm? Term, SeenLease? Seen)> TryTakeAsync(string role, SeenLease? last, CancellationToken cancellationToken)
    {
        const string Found = "select lease_until::text, lease_until < osism_now(), holder = $2 from leadership where role = $1";
        const string Take = """
            insert into leadership as held (role, holder, holder_name, term, since, lease_until)
            values ($1, $2, $3, 1, osism_now(), osism_now() + $4)
            on conflict (role) do update set holder = excluded.holder, holder_name = excluded.holder_name, term = held.term + 1,
                since = excluded.since, lease_until = excluded.lease_until
            where held.lease_until::text = $5
            returning term
            """;
        try
        {
            SeenLease? seen = null;
            await using (var look = database.CreateCommand(Found))
            {
                look.Parameters.Add(new NpgsqlParameter { Value = role });
                look.Parameters.Add(new NpgsqlParameter { Value = self.Id });
                await using var reader = await look.ExecuteReaderAsync(cancellationToken);
                if (await reader.ReadAsync(cancellationToken))
                {
                    var until = reader.GetString(0);
                    seen = last?.Until == until ? last : new SeenLease(until, time.GetTimestamp(), IsFirst: last is null);

                    // What we held ourselves and could not give back is free for us as well: its work has ended.
                    if (!reader.GetBoolean(2) && !IsOver(seen, reader.GetBoolean(1)))
                    {
                        return (null, seen);
                    }
                }
            }

            await using var command = database.CreateCommand(Take);
            command.Parameters.Add(new NpgsqlParameter { Value = role });
            command.Parameters.Add(new NpgsqlParameter { Value = self.Id });
            command.Parameters.Add(new NpgsqlParameter { Value = self.Name });
            command.Parameters.Add(new NpgsqlParameter { Value = Lease });
            command.Parameters.Add(new NpgsqlParameter { Value = seen?.Until ?? "" });
            return (await command.ExecuteScalarAsync(cancellationToken) is long term ? new LeaderTerm(role, term) : null, seen);
        }
        catch (NpgsqlException e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotAsked(role, e.Message);
            return (null, last);
        }
    }

    private bool IsOver(SeenLease seen, bool byDatabase)
    {
        var unchanged = time.GetElapsedTime(seen.Since);
        return seen.Until == GivenBack || unchanged >= Lease || (byDatabase && (seen.IsFirst || unchanged >= Lease - Margin - Look));
    }

    private async Task<bool> TryRenewAsync(LeaderTerm term, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "update leadership set lease_until = osism_now() + $4 where role = $1 and holder = $2 and term = $3");
        AddTerm(command, term);
        command.Parameters.Add(new NpgsqlParameter { Value = Lease });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private async Task GiveBackAsync(LeaderTerm term)
    {
        using var patience = new CancellationTokenSource(Pause, time);
        try
        {
            // Not the caller's token: it has been cancelled already, and others wait for this.
            await using var command = database.CreateCommand(
                $"update leadership set lease_until = '{GivenBack}' where role = $1 and holder = $2 and term = $3");
            AddTerm(command, term);
            await command.ExecuteNonQueryAsync(patience.Token);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or ObjectDisposedException)
        {
            // The lease runs out by itself.
        }
    }

    private void AddTerm(NpgsqlCommand command, LeaderTerm term)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = term.Role });
        command.Parameters.Add(new NpgsqlParameter { Value = self.Id });
        command.Parameters.Add(new NpgsqlParameter { Value = term.Number });
    }

    /// <param name="Until">The end of the lease, as the database writes it.</param>
    /// <param name="Since">When it was found first.</param>
    /// <param name="IsFirst">Whether no other one was found before it.</param>
    private sealed record SeenLease(string Until, long Since, bool IsFirst);

    [LoggerMessage(Level = LogLevel.Information, Message = "This process plays {Role} now, term {Term}")]
    private partial void LogTaken(string role, long term);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lost {Role}, term {Term}: it was not renewed in time")]
    private partial void LogLost(string role, long term);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Role} could not be renewed: {Reason}")]
    private partial void LogNotRenewed(string role, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Role} could not be asked for: {Reason}")]
    private partial void LogNotAsked(string role, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Role} failed; it begins again")]
    private partial void LogFailed(Exception exception, string role);
}

/// <summary>One stretch of time in which a process holds a role.</summary>
/// <param name="Role">What is done once.</param>
/// <param name="Number">Rises with every change of hands. A transaction that must not come from a holder who was slow to stop checks
/// <c>select 1 from leadership where role = ... and term = ... for share</c>.</param>
internal sealed record LeaderTerm(string Role, long Number);

/// <summary>Who holds a role.</summary>
internal sealed record LeaderInfo(string Role, Guid Holder, string HolderName, long Term, DateTimeOffset Since);
