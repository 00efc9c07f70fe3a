using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Inventory;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Lifecycle.Upgrades;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Hosting;

/// <summary><c>osismd [--roles LIST]</c>: from settings to a serving manager, and back.</summary>
internal static partial class DaemonProgram
{
    private const string Usage = """
        usage: osismd [--roles ROLE,...] [--version] [--help]
               osismd inventory list|host|graph|match ... -i PATH
               osismd join ...
               osismd manager backup|list|verify|restore|reset ...
               osismd doctor
               osismd init [DIR] ... | release show|set VERSION | sync versions
               osismd console|container|compose|log ... (what 'osism' becomes for them)

        Runs the OSISM manager in the foreground. Without --roles it plays all of them: api, console, beat,
        listener, watchdog, reconciler and a worker of every queue. 'worker:QUEUE' works for one queue only.
        'join' makes this machine part of an installation that runs elsewhere: see osismd join --help.

        Settings: OSISM_HOME, OSISM_CONFIGURATION, OSISM_LISTEN, OSISM_DATABASE, OSISM_ROLES; all others are
        section.key in $OSISM_HOME/osismd.yml, /etc/osism/osismd.yml, or OSISM_<SECTION>__<KEY>.
        """;

    /// <summary>Others, such as the users of the runs and of the database, may read what is not made for its owner alone.</summary>
    private const uint OthersMayNotWrite = 0x12;

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            if (args is [InventoryCommand.Name, .. var words])
            {
                // Nothing is built or read that only a manager needs: this is called in loops.
                using var output = Console.OpenStandardOutput();
                return InventoryCommand.Run(words, DaemonSettings.Variable, Directory.GetCurrentDirectory(), output, Console.Error);
            }

            // That of whoever started us must not decide who can do his work.
            Posix.SetMask(OthersMayNotWrite);
            if (args is ["join", .. var joining])
            {
                return await JoinProgram.RunAsync(joining);
            }

            if (args is [InitProgram.Name, .. var making])
            {
                return await InitProgram.RunAsync(making);
            }

            if (args is [ReleaseProgram.Name, .. var releasing])
            {
                return await ReleaseProgram.RunAsync(releasing);
            }

            if (args is ["sync", "versions", .. var syncing])
            {
                return await VersionsProgram.RunAsync(syncing);
            }

            if (args is [var word, ..] && Array.IndexOf(RemoteProgram.Names, word) >= 0)
            {
                return await RemoteProgram.RunAsync(args);
            }

            var signals = StopSignals.Take();
            if (args is [ManagerProgram.Name, .. var managing])
            {
                return await ManagerProgram.RunAsync(managing, signals);
            }

            if (args is [DoctorProgram.Name, .. var examining])
            {
                return await DoctorProgram.RunAsync(examining, signals);
            }

            string? roles = null;
            for (var i = 0; i < args.Length; i++)
            {
                switch (args[i])
                {
                    case "--help" or "-h":
                        Console.Out.WriteLine(Usage);
                        return ExitCode.Success;
                    case "--version":
                        Console.Out.WriteLine($"osismd {ProgramVersion.Current}");
                        return ExitCode.Success;
                    case "--roles" when i + 1 < args.Length:
                        roles = args[++i];
                        break;
                    case var option when option.StartsWith("--roles=", StringComparison.Ordinal):
                        roles = option["--roles=".Length..];
                        break;
                    default:
                        throw new OsismException(ErrorCodes.RequestInvalid, $"there is no option '{args[i]}': see osismd --help");
                }
            }

            return await ServeAsync(DaemonSettings.Read(roles), signals);
        }
        catch (OptionsValidationException e)
        {
            // All bad values at once: nobody should have to start ten times.
            foreach (var failure in e.Failures)
            {
                Console.Error.WriteLine($"error: {ErrorCodes.SettingsInvalid.Code}: {failure}");
            }

            return ErrorCodes.SettingsInvalid.ExitCode;
        }
        catch (OsismException e)
        {
            Console.Error.WriteLine($"error: {e.Code.Code}: {e.Message}");
            return e.Code.ExitCode;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"error: {ErrorCodes.InternalError.Code}: {e}");
            return ExitCode.Internal;
        }
    }

    private static async Task<int> ServeAsync(DaemonSettings settings, StopSignals signals)
    {
        var app = DaemonApplication.Build(settings);
        await using var disposing = app;
        SettingsCheck.Validate(app.Services);
        signals.LeaveTo(app.Lifetime);
        var home = settings.Home;
        HomeFolder.Prepare(home, app.Services.GetRequiredService<RunUser>());
        using var only = PidLock.Take(Path.Combine(home.Root, $"{settings.Roles.FileName}.pid"));
        await FinishRestoreAsync(home, isManager: home.PidFile == Path.Combine(home.Root, $"{settings.Roles.FileName}.pid"), app.Logger);
        using var monitor = CancellationTokenSource.CreateLinkedTokenSource(signals.Starting);
        try
        {
            return await ServeAsync(app, settings, monitor);
        }
        catch (OperationCanceledException) when (signals.Starting.IsCancellationRequested)
        {
            // Stopped while it was still starting.
            return ExitCode.Success;
        }
    }

    /// <summary>A restore that was killed is brought to its end when it had come to the exchange, and forgotten when it had not.</summary>
    private static async Task FinishRestoreAsync(OsismHome home, bool isManager, ILogger logger)
    {
        var stage = new RestoreStage(home);
        if (!stage.IsThere)
        {
            return;
        }

        if (!isManager)
        {
            // The lock that keeps a restore and the manager apart is not ours.
            throw new OsismException(ErrorCodes.ManagerBusy, $"a restore of {home.Root} is under way, or was cut off: call it again, or start osismd with all its roles, which finishes it");
        }

        if (await stage.FinishAsync(_ => ValueTask.CompletedTask) is { } aside)
        {
            Log.RestoreFinished(logger, aside);
        }
        else
        {
            stage.Clear();
        }
    }

    private static async Task<int> ServeAsync(WebApplication app, DaemonSettings settings, CancellationTokenSource monitor)
    {
        if (!app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value.IsEmbedded)
        {
            return await ServeAsync(app, settings, isEmbedded: false, monitor);
        }

        var postgres = app.Services.GetRequiredService<EmbeddedPostgres>();
        try
        {
            await postgres.StartAsync(monitor.Token);
            var code = await ServeAsync(app, settings, isEmbedded: true, monitor);

            // The process has nothing else to do any more: how long this may take is the option database.stop_timeout.
            await postgres.LeaveAsync(CancellationToken.None);
            return code;
        }
        catch when (postgres.HasStarted && !app.Lifetime.ApplicationStarted.IsCancellationRequested)
        {
            // A start that failed leaves nothing behind, unless other processes of this home have come to use it.
            await monitor.CancelAsync();
            await postgres.LeaveAsync(CancellationToken.None);
            throw;
        }
    }

    private static async Task<int> ServeAsync(WebApplication app, DaemonSettings settings, bool isEmbedded, CancellationTokenSource monitor)
    {
        var postgres = app.Services.GetRequiredService<EmbeddedPostgres>();
        var migrator = app.Services.GetRequiredService<Migrator>();
        if (isEmbedded || settings.Roles.HasApi)
        {
            await migrator.MigrateAsync(monitor.Token, async (plan, token) =>
            {
                Log.Upgrading(app.Logger, plan.Missing.Count);
                if (await app.Services.GetRequiredService<UpgradeBackup>().EnsureAsync(plan, freshServes: true, token) is { } backup)
                {
                    Log.BackedUp(app.Logger, backup);
                }
            });
        }
        else
        {
            await migrator.RequireAsync(monitor.Token);
        }

        var watching = isEmbedded ? postgres.MonitorAsync(monitor.Token) : Task.CompletedTask;
        await app.PrepareAsync(settings, monitor.Token);
        var background = app.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToList();
        await RunAsync(app, monitor.Token);
        await monitor.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The host stops when one of them fails: whoever supervises us must see that it was not an orderly stop.
        return background.Exists(service => service.ExecuteTask is { IsFaulted: true }) ? ExitCode.Internal : ExitCode.Success;
    }

    private static async Task RunAsync(WebApplication app, CancellationToken starting)
    {
        try
        {
            // Not app.RunAsync, which disposes the services at its end: the database is still to be stopped.
            await app.StartAsync(starting);
            await app.WaitForShutdownAsync(starting);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            var listen = app.Services.GetRequiredService<IOptions<ApiOptions>>().Value.Listen;
            throw new OsismException(
                ErrorCodes.SettingsInvalid, $"api.listen is {listen}, which is in use by another program: set OSISM_LISTEN or api.listen to a free port, or to none", e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A restore that was cut off is finished; what was there before it is in {Folder}")]
        public static partial void RestoreFinished(ILogger logger, string folder);

        [LoggerMessage(Level = LogLevel.Information, Message = "The tables are older than this osismd: {Count} migrations are applied, after a backup unless there is a fresh one or backup.before_upgrade is false")]
        public static partial void Upgrading(ILogger logger, int count);

        [LoggerMessage(Level = LogLevel.Information, Message = "The backup before the upgrade is {Backup}")]
        public static partial void BackedUp(ILogger logger, string backup);
    }
}
