using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Ansible;
using Osism.Daemon.Lifecycle;
using Osism.Daemon.Lifecycle.Upgrades;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Hosting;

/// <summary><c>osism manager upgrade</c>: this program takes the place of the osismd that runs; the runs of that one go on.</summary>
/// <remarks>What if we die here? Until the old osismd is stopped nothing has changed. From then on the journal says how a manager is started, and the same call does it.
/// Each migration is whole or not there.</remarks>
internal static class UpgradeProgram
{
    /// <summary>A migration that fills a column of ten million rows takes its time.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);

    private static readonly int[] Live = [(int)JobState.Starting, (int)JobState.Running, (int)JobState.Disconnected, (int)JobState.CancelFailed];

    /// <exception cref="OsismException">Whatever stands in the way.</exception>
    public static async Task<int> RunAsync(IServiceProvider services, DaemonSettings settings, ProgramWords given, CancellationToken cancellationToken)
    {
        var home = settings.Home;
        home.RequireManager();
        HomeFolder.Prepare(home, services.GetRequiredService<RunUser>());
        await using var only = new StagedManagers(settings);
        try
        {
            if (UpgradeJournal.Open(home) is { } journal && !given.Has("--check"))
            {
                ManagerProgram.Say($"going on with the upgrade of {journal.Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
                return await ExchangeAsync(services, home, journal, [], cancellationToken);
            }

            return RunningManager.Find(home) is { } process
                ? await RunningAsync(services, home, process, given, cancellationToken)
                : await StoppedAsync(services, home, given, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Explain(e) ?? new OsismException(ErrorCodes.DatabaseAway, $"the manager's database does not answer: {e.Message}", e);
        }
    }

    private static async Task<int> RunningAsync(
        IServiceProvider services, OsismHome home, ProcessIdentity process, ProgramWords given, CancellationToken cancellationToken)
    {
        var plan = await services.GetRequiredService<Migrator>().PlanAsync(cancellationToken);
        if (plan.Missing.Count == 0 && RunningManager.IsThisProgram(process))
        {
            Console.Out.WriteLine($"nothing to do: osismd {ProgramVersion.Current} runs already, and its tables are up to date");
            return ExitCode.Success;
        }

        var runs = await RunsAsync(services, cancellationToken);
        var backup = await BeginAsync(services, plan, given, [
            $"osismd {ProgramVersion.Current} takes the place of process {process.Pid}", runs.Count > 0 ? $"{runs.Count} runs are under way and go on meanwhile" : "no run is under way",
        ], cancellationToken);
        if (backup is null)
        {
            return ExitCode.Success;
        }

        var old = RunningManager.Of(process, home);
        var journal = new UpgradeJournal(TimeProvider.System.GetUtcNow(), backup.Path, process, old.Unit is null ? old with { Arguments = [Environment.ProcessPath!, .. old.Arguments.Skip(1)] } : old);
        await journal.WriteAsync(home, cancellationToken);
        return await ExchangeAsync(services, home, journal, runs, cancellationToken);
    }

    /// <summary>A manager that does not run is not started either: its tables are brought up to date.</summary>
    private static async Task<int> StoppedAsync(IServiceProvider services, OsismHome home, ProgramWords given, CancellationToken cancellationToken)
    {
        using var place = PidLock.Take(home.PidFile);
        var postgres = services.GetRequiredService<EmbeddedPostgres>();
        if (services.GetRequiredService<IOptions<DatabaseOptions>>().Value.IsEmbedded)
        {
            await postgres.StartAsync(cancellationToken);
        }

        try
        {
            var migrator = services.GetRequiredService<Migrator>();
            var plan = await migrator.PlanAsync(cancellationToken);
            if (plan.Missing.Count == 0)
            {
                Console.Out.WriteLine($"nothing to do: the tables are those of osismd {ProgramVersion.Current}, which is not running");
                return ExitCode.Success;
            }

            if (await BeginAsync(services, plan, given, ["the manager does not run, and is not started"], cancellationToken) is null)
            {
                return ExitCode.Success;
            }

            var count = await migrator.MigrateAsync(cancellationToken);
            Console.Out.WriteLine($"{count} migrations are applied: the tables are those of osismd {ProgramVersion.Current}. Start it");
            return ExitCode.Success;
        }
        finally
        {
            if (postgres.HasStarted)
            {
                await postgres.StopAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>Says what is going to happen, asks, and makes the backup.</summary>
    /// <returns>Null when that was all that was asked for.</returns>
    private static async Task<Begun?> BeginAsync(IServiceProvider services, MigrationPlan plan, ProgramWords given, string[] facts, CancellationToken cancellationToken)
    {
        var steps = plan.Missing.Count > 0 ? await services.GetRequiredService<UpgradeRehearsal>().RunAsync(plan.Missing, cancellationToken) : [];
        List<string> lines =
        [
            .. facts,
            steps.Count > 0 ? $"{steps.Count} migrations, tried on a copy of the tables without rows:" : "the tables stay as they are",
            .. steps.Select(step => $"  {step}"),
        ];
        if (given.Has("--check"))
        {
            Console.Out.WriteLine(string.Join('\n', lines));
            return null;
        }

        var what = string.Join("\n  ", lines.Prepend("An upgrade:"));
        if (given.Has("--yes"))
        {
            ManagerProgram.Say(what);
        }
        else
        {
            ManagerProgram.Confirm(what);
        }

        string? path = null;
        if (steps.Count > 0)
        {
            var backup = services.GetRequiredService<UpgradeBackup>();
            path = await backup.EnsureAsync(plan, freshServes: false, cancellationToken);
            ManagerProgram.Say(path is null
                ? "no backup is made: backup.before_upgrade is false"
                : $"should the upgrade be regretted: osism manager restore {path} --passphrase-file {backup.PassphraseFile}");
        }

        await ReachAsync(services, "upgrade-ready", cancellationToken);
        return new Begun(path);
    }

    private static async Task<int> ExchangeAsync(IServiceProvider services, OsismHome home, UpgradeJournal journal, IReadOnlyList<Guid> runs, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var since = time.GetTimestamp();
        // The one that an upgrade which was cut off has started already stays.
        if (RunningManager.Find(home) is { } process && (process == journal.Old || !RunningManager.IsThisProgram(process)))
        {
            await journal.Manager.StopAsync(home, time, cancellationToken);
        }

        await ReachAsync(services, "upgrade-stopped", cancellationToken);
        try
        {
            await journal.Manager.StartAsync(home, time, cancellationToken, Longest);
        }
        catch (OsismException e)
        {
            throw new OsismException(
                ErrorCodes.UpgradeFailed,
                $"{e.Message}. Put right what it says and call 'osism manager upgrade' again{(journal.Backup is null ? "" : $", or bring the backup {journal.Backup} back with 'osism manager restore'")}; runs go on meanwhile", e);
        }

        var away = time.GetElapsedTime(since);
        await ReachAsync(services, "upgrade-started", cancellationToken);
        UpgradeJournal.Remove(home);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"osismd {ProgramVersion.Current} runs; the manager was away for {away.TotalSeconds:0.0} s"));
        // The server is another one since we asked it.
        services.GetRequiredService<NpgsqlDataSource>().Clear();
        var lost = await LostAsync(services, runs, cancellationToken);
        foreach (var job in lost)
        {
            ManagerProgram.Say($"warning: job {job} was running before and is lost; see osism task list");
        }

        return lost.Count == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    private static ValueTask ReachAsync(IServiceProvider services, string point, CancellationToken cancellationToken) =>
        services.GetRequiredService<Failpoints>().ReachAsync(point, null, cancellationToken);

    private static Task<List<Guid>> RunsAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        JobsAsync(services, "select id from job where state = any($1) order by seq", Live, cancellationToken);

    private static async Task<List<Guid>> LostAsync(IServiceProvider services, IReadOnlyList<Guid> runs, CancellationToken cancellationToken) =>
        runs.Count == 0 ? [] : await JobsAsync(services, $"select id from job where id = any($1) and state = {(int)JobState.Lost} order by seq", runs.ToArray(), cancellationToken);

    private static async Task<List<Guid>> JobsAsync(IServiceProvider services, string sql, Array values, CancellationToken cancellationToken)
    {
        await using var command = services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = values });
        var found = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(reader.GetGuid(0));
        }

        return found;
    }

    /// <param name="Path">The backup; null where the setting wants none, or no table changes.</param>
    private sealed record Begun(string? Path);
}
