using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Lifecycle;
using Osism.Daemon.Lifecycle.Resets;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Hosting;

/// <summary><c>osism manager reset</c></summary>
internal static class ResetProgram
{
    /// <exception cref="OsismException">Whatever stands in the way; what was begun goes on with the next call.</exception>
    public static async Task<int> RunAsync(IServiceProvider services, DaemonSettings settings, ProgramWords given, CancellationToken cancellationToken)
    {
        var home = settings.Home;
        home.RequireManager();
        var user = services.GetRequiredService<RunUser>();
        HomeFolder.Prepare(home, user);
        var isEmbedded = services.GetRequiredService<IOptions<DatabaseOptions>>().Value.IsEmbedded;
        await using var staged = new StagedManagers(settings);
        try
        {
            var failpoints = services.GetRequiredService<Failpoints>();
            var resetter = new Resetter(
                home, services, staged.On, stage => HomeFolder.Prepare(stage, user), point => failpoints.ReachAsync(point, null, cancellationToken), ManagerProgram.Say);
            var journal = ResetJournal.Open(home);
            if (journal is not null)
            {
                ManagerProgram.Say($"going on with the reset of {journal.Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
            }
            else
            {
                journal = await BeginAsync(services, settings, given, resetter, isEmbedded, cancellationToken);
            }

            var (aside, failed) = await resetter.GoOnAsync(journal, isEmbedded, (words, token) => CallAsync(settings, words, token), TimeProvider.System, cancellationToken);
            Console.Out.WriteLine($"{home.Root} is reset and works. What was there before is in {aside}: remove it when all is well.");
            if (failed is null)
            {
                return ExitCode.Success;
            }

            ManagerProgram.Say($"warning: '{failed.Command}' ended with exit code {failed.ExitCode}: see what it says above, put it right, and call it again");
            return failed.ExitCode;
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Explain(e) ?? new OsismException(ErrorCodes.DatabaseAway, e.Message, e);
        }
    }

    private static async Task<ResetJournal> BeginAsync(
        IServiceProvider services, DaemonSettings settings, ProgramWords given, Resetter resetter, bool isEmbedded, CancellationToken cancellationToken)
    {
        var (home, keeps) = (settings.Home, given.Has("--keep-history"));
        if (!isEmbedded && !keeps)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, "the database is not the manager's own (OSISM_DATABASE): a reset leaves it alone and wants --keep-history; its tables are yours to drop");
        }

        var running = RunningManager.Find(home);
        var postgres = services.GetRequiredService<EmbeddedPostgres>();
        var isReadable = running is not null || !isEmbedded || await StartAsync(postgres, given.Has("--without-secrets"), cancellationToken);
        try
        {
            IReadOnlyList<string> losses = ["all the database holds, which does not start any more; set the vault password again afterwards"];
            if (isReadable)
            {
                await resetter.DrainAsync(given.Has("--drain"), cancellationToken);
                losses = await resetter.LossesAsync(keeps, cancellationToken);
            }

            var what = $"the manager in {home.Root} is reset. Put aside are:\n  {string.Join("\n  ", losses)}\n{(isReadable ? "/share, keys, settings and the vault password stay" : "/share, keys and settings stay")}";
            if (given.Has("--yes"))
            {
                ManagerProgram.Say(what);
            }
            else
            {
                ManagerProgram.Confirm(what);
            }

            var manager = running is null ? RunningManager.New(home, settings.Environment) : RunningManager.Of(running, home);
            return await resetter.BeginAsync(keeps, isEmbedded, isReadable, manager, cancellationToken);
        }
        finally
        {
            if (postgres.HasStarted)
            {
                await postgres.StopAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>The database of a manager that does not run.</summary>
    /// <returns>Whether it can be read.</returns>
    private static async Task<bool> StartAsync(EmbeddedPostgres postgres, bool mayBeLost, CancellationToken cancellationToken)
    {
        try
        {
            await postgres.StartAsync(cancellationToken);
            return true;
        }
        catch (OsismException e) when (mayBeLost)
        {
            ManagerProgram.Say($"{e.Code.Code}: {e.Message}");
            return false;
        }
        catch (OsismException e)
        {
            throw new OsismException(
                e.Code, $"{e.Message} The manager's secrets are in its database: restore a backup, or say --without-secrets and set the vault password again", e);
        }
    }

    /// <summary>The client, as the operator would call it.</summary>
    private static async Task<int> CallAsync(DaemonSettings settings, string[] words, CancellationToken cancellationToken)
    {
        var client = ShippedFolder.FindProgram("osism") ?? throw new OsismException(ErrorCodes.FileMissing, "osism is not beside osismd");
        var environment = new Dictionary<string, string>(settings.Environment, StringComparer.Ordinal) { ["OSISM_HOME"] = settings.Home.Root };
        var result = await ProcessRunner.PipeAsync(
            new ProcessSpec(client, words) { Environment = environment }, write: null,
            async (output, token) =>
            {
                await using var screen = Console.OpenStandardOutput();
                await output.CopyToAsync(screen, token);
            },
            cancellationToken);
        Console.Error.Write(result.Error);
        return result.ExitCode;
    }
}
