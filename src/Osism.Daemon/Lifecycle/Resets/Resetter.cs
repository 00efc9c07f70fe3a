using System.Globalization;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Lifecycle.Resets;

/// <summary>Gives a manager a new life: state that grew is put aside, what cannot be made again stays, and the rest is made anew.</summary>
/// <remarks>What if we die here? Each step is noted before it is begun and can be repeated; the same command goes on.</remarks>
/// <param name="home">The manager's.</param>
/// <param name="services">On <paramref name="home"/>.</param>
/// <param name="stagedServices">The manager's services on another home; the caller disposes them.</param>
/// <param name="prepare">Makes the folders of a home, with their modes.</param>
/// <param name="failpoint">Called where somebody may want to kill us.</param>
/// <param name="say">For people: what is being done.</param>
internal sealed class Resetter(
    OsismHome home, IServiceProvider services, Func<OsismHome, IServiceProvider> stagedServices, Action<OsismHome> prepare, Func<string, ValueTask> failpoint,
    Action<string> say)
{
    /// <summary>What operators gave the manager and it cannot ask for again: sealed secrets, and who may open them.</summary>
    private static readonly string[] Kept = ["sealed_secret", "member"];

    /// <summary>Made again by the manager itself. <c>/share</c>, the keys, the token and the settings stay where they are.</summary>
    private static readonly string[] Files = ["cache", "inventory", "spool"];

    private const string Actor = "reset";
    private const string OpenLocks = "operator_lock where released_at is null";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private static readonly int[] Live = [(int)JobState.Starting, (int)JobState.Running, (int)JobState.Disconnected, (int)JobState.CancelFailed];

    /// <summary>What the reset takes away, a line each. The database must answer.</summary>
    public async Task<IReadOnlyList<string>> LossesAsync(bool keepsHistory, CancellationToken cancellationToken)
    {
        if (keepsHistory)
        {
            var locks = await CountAsync(OpenLocks, cancellationToken);
            return [string.Create(CultureInfo.InvariantCulture, $"{locks} locks of operators"), "the fact cache, the revisions of the inventory, the spool"];
        }

        var lost = new List<string>();
        foreach (var (table, name) in new[]
        {
            ("job", "jobs with their output"), ("rec_result", "results of tasks"), ("job_pin", "pins of jobs"), ("collection_run", "runs of collections"),
            ("fact_set", "sets of facts"), (OpenLocks, "locks of operators"), ("schedule_occurrence", "occurrences of schedules"),
            ("notification_event", "notifications"), ("rec_label", "labels of ARA"), ("rec_record", "records of ARA"),
        })
        {
            if (await CountAsync(table, cancellationToken) is > 0 and var count)
            {
                lost.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {name}"));
            }
        }

        lost.Add("the fact cache, the revisions of the inventory, the spool, pauses of schedules");
        return lost;
    }

    /// <summary>Waits until no job is under way.</summary>
    /// <param name="mayWait">False refuses at once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OsismException"><see cref="ErrorCodes.ManagerBusy"/></exception>
    public async Task DrainAsync(bool mayWait, CancellationToken cancellationToken)
    {
        for (var said = false; await LiveAsync(cancellationToken) is { Count: > 0 } live; await Task.Delay(Look, cancellationToken))
        {
            if (!mayWait)
            {
                throw new OsismException(
                    ErrorCodes.ManagerBusy, $"jobs are under way: {string.Join(", ", live)}. Wait for them ('osism wait', or --drain), or end them ('osism task revoke')");
            }

            if (!said)
            {
                said = true;
                say($"waiting for {string.Join(", ", live)}");
            }
        }
    }

    /// <summary>The first step: makes what takes the place of the old, while that still works, and notes how the manager is started.</summary>
    /// <param name="keepsHistory">The database stays.</param>
    /// <param name="isEmbedded">It is our own.</param>
    /// <param name="keepsSecrets">False when the old database cannot be read any more.</param>
    /// <param name="manager">How it is started.</param>
    /// <param name="cancellationToken">Nothing has changed.</param>
    public async Task<ResetJournal> BeginAsync(bool keepsHistory, bool isEmbedded, bool keepsSecrets, RunningManager manager, CancellationToken cancellationToken)
    {
        var stage = new RestoreStage(home);
        stage.Begin();
        prepare(stage.Home);
        await failpoint("reset-begun");
        if (!keepsHistory && isEmbedded)
        {
            say("making a new database");
            await MakeDatabaseAsync(stage.Home, keepsSecrets, cancellationToken);
        }

        var journal = new ResetJournal(TimeProvider.System.GetUtcNow(), keepsHistory, ResetStep.Stopping, manager);
        await journal.WriteAsync(home, cancellationToken);
        return journal;
    }

    /// <summary>All further steps, from where a reset stands.</summary>
    /// <param name="journal">Where it stands.</param>
    /// <param name="isEmbedded">Whether the database is our own.</param>
    /// <param name="fill">Calls osism with these words; its exit code.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cut off: the same call goes on.</param>
    /// <returns>Where the old state is, and the call that did not succeed. The manager is reset all the same: a host that is away must not keep it in the middle.</returns>
    public async Task<(string Aside, FailedCall? Failed)> GoOnAsync(
        ResetJournal journal, bool isEmbedded, Func<string[], CancellationToken, Task<int>> fill, TimeProvider time, CancellationToken cancellationToken)
    {
        var stage = new RestoreStage(home);
        if (journal.Step == ResetStep.Stopping)
        {
            say("stopping the manager");
            await failpoint("reset-stopping");
            await journal.Manager.StopAsync(home, time, cancellationToken);
            try
            {
                Restorer.RequireRest(home);
            }
            catch (OsismException)
            {
                // Somebody was quicker than the stop. Nothing has changed.
                ResetJournal.Remove(home);
                await journal.Manager.StartAsync(home, time, cancellationToken);
                throw;
            }

            await failpoint("reset-stopped");
            using var place = PidLock.Take(home.PidFile);
            if (stage.IsThere)
            {
                List<string> names = journal.KeepsHistory || !isEmbedded ? [.. Files] : [.. Files, Path.GetFileName(home.Postgres)];
                await stage.CommitAsync(names, journal.Aside, cancellationToken);
                say("putting the old state aside");
                await stage.FinishAsync(name => failpoint($"reset-move-{name}"));
            }

            journal = await AdvanceAsync(journal, ResetStep.Starting, cancellationToken);
        }

        if (journal.Step == ResetStep.Starting)
        {
            await failpoint("reset-starting");
            say("starting the manager");
            await journal.Manager.StartAsync(home, time, cancellationToken);
            if (journal.KeepsHistory)
            {
                await ReleaseLocksAsync(cancellationToken);
            }

            journal = await AdvanceAsync(journal, ResetStep.Filling, cancellationToken);
        }

        await failpoint("reset-filling");
        await journal.Manager.StartAsync(home, time, cancellationToken);
        FailedCall? failed = null;
        foreach (var words in new string[][] { ["sync", "inventory"], ["apply", "facts"] })
        {
            var command = $"osism {string.Join(' ', words)}";
            say(command);
            if (await fill(words, cancellationToken) is not 0 and var code)
            {
                // Facts of hosts that the inventory does not have cannot be gathered.
                failed = new FailedCall(command, code);
                break;
            }
        }

        ResetJournal.Remove(home);
        return (Path.Combine(home.Root, journal.Aside), failed);
    }

    private async Task<ResetJournal> AdvanceAsync(ResetJournal journal, ResetStep step, CancellationToken cancellationToken)
    {
        var next = journal with { Step = step };
        await next.WriteAsync(home, cancellationToken);
        return next;
    }

    private async Task MakeDatabaseAsync(OsismHome stage, bool keepsSecrets, CancellationToken cancellationToken)
    {
        using var rows = new MemoryStream();
        if (keepsSecrets)
        {
            await services.GetRequiredService<DatabaseDump>().WriteRowsAsync(Kept, rows, cancellationToken);
            rows.Position = 0;
        }

        var staged = stagedServices(stage);
        var postgres = staged.GetRequiredService<EmbeddedPostgres>();
        await postgres.StartAsync(cancellationToken);
        try
        {
            await staged.GetRequiredService<Migrator>().MigrateAsync(cancellationToken);
            if (keepsSecrets)
            {
                await staged.GetRequiredService<DatabaseDump>().ReadRowsAsync(rows, cancellationToken);
            }
        }
        finally
        {
            await postgres.StopAsync(CancellationToken.None);
        }
    }

    private async Task ReleaseLocksAsync(CancellationToken cancellationToken)
    {
        // The server is another one since we asked it what would be lost.
        Database.Clear();
        var locks = services.GetRequiredService<LockStore>();
        foreach (var held in await locks.ListAsync(cancellationToken))
        {
            await locks.ReleaseAsync((held.Id, null), Actor, force: true, cancellationToken);
        }
    }

    private async Task<long> CountAsync(string table, CancellationToken cancellationToken)
    {
        await using var count = Database.CreateCommand($"select count(*) from {table}");
        return (long)(await count.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<List<string>> LiveAsync(CancellationToken cancellationToken)
    {
        await using var live = Database.CreateCommand($"select id || ' (' || coalesce(environment || '/' || role, kind) || ')' from job where state = any($1) order by seq");
        live.Parameters.Add(new NpgsqlParameter { Value = Live });
        var found = new List<string>();
        await using var reader = await live.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(reader.GetString(0));
        }

        return found;
    }

    private NpgsqlDataSource Database => services.GetRequiredService<NpgsqlDataSource>();
}

/// <param name="Command">As an operator would type it.</param>
/// <param name="ExitCode">What it ended with.</param>
internal sealed record FailedCall(string Command, int ExitCode);
