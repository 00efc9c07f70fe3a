using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>Makes a manager of a backup, while none runs in this home.</summary>
/// <param name="home">The home that is to become the one of the backup.</param>
/// <param name="stagedServices">The manager's services on another home; the caller disposes them.</param>
/// <param name="prepare">Makes the folders of a home, with their modes.</param>
/// <param name="failpoint">Called where somebody may want to kill us.</param>
/// <param name="say">For people: what is being done.</param>
internal sealed class Restorer(OsismHome home, Func<OsismHome, IServiceProvider> stagedServices, Action<OsismHome> prepare, Func<string, ValueTask> failpoint, Action<string> say)
{
    private const string Actor = "restore";

    /// <summary>Folders every home has: where a backup lacks one, an empty one takes the place of what is there.</summary>
    private static readonly string[] Folders = ["inventory", "interface", "secrets", "share", "spool"];

    /// <exception cref="OsismException">Something is in the way, or not right with the backup: nothing has changed then.</exception>
    /// <returns>Where the manager is that was there before.</returns>
    public async Task<string> RestoreAsync(OpenBackup backup, bool isEmbedded, TimeProvider time, CancellationToken cancellationToken)
    {
        RequireRest(home);
        var known = Migration.Of(typeof(Migration).Assembly).Select(migration => migration.Number);
        if (backup.Manifest.Migrations.Except(known).Order().FirstOrDefault() is > 0 and var unknown)
        {
            throw new OsismException(
                ErrorCodes.BackupNewer, $"the backup was made by osismd {backup.Manifest.Version} and holds migration {unknown:0000}, which this one ({ProgramVersion.Current}) does not know");
        }

        say("reading all of the backup");
        await backup.VerifyAsync(cancellationToken);
        var stage = new RestoreStage(home);
        stage.Begin();
        try
        {
            await failpoint("restore-files");
            prepare(stage.Home);
            var names = await backup.ReadFilesAsync(stage.Home.Root, cancellationToken);

            say($"filling the database: {backup.Manifest.Jobs} jobs");
            await FillAsync(stage.Home, backup, isEmbedded, cancellationToken);
            await failpoint("restore-filled");
            List<string> moved = [.. names.Union(Folders)];
            if (File.Exists(home.Settings))
            {
                // Those of this machine: addresses and folders may be others.
                moved.Remove(Path.GetFileName(home.Settings));
            }

            if (isEmbedded)
            {
                moved.Add(Path.GetFileName(home.Postgres));
            }

            await stage.CommitAsync(moved, $"before-restore-{time.GetUtcNow().UtcDateTime:yyyyMMdd'T'HHmmss'Z'}", cancellationToken);
        }
        catch when (!stage.IsCommitted)
        {
            stage.Clear();
            throw;
        }

        await failpoint("restore-committed");
        return (await stage.FinishAsync(name => failpoint($"restore-move-{name}")))!;
    }

    /// <exception cref="OsismException"><see cref="ErrorCodes.ManagerBusy"/>: runs go on although their manager has stopped.</exception>
    public static void RequireRest(OsismHome home)
    {
        if (!Directory.Exists(home.Spool))
        {
            return;
        }

        var alive = Directory.EnumerateDirectories(home.Spool).Select(path => new SpoolFolder(path))
            .Where(folder => folder.ReadSupervisor() is { IsAlive: true }).Select(folder => Path.GetFileName(folder.Path).Split('.')[0]).ToList();
        if (alive.Count > 0)
        {
            throw new OsismException(
                ErrorCodes.ManagerBusy, $"jobs run: {string.Join(", ", alive)}. Start the manager and wait for them ('osism wait') or end them ('osism task revoke'), then stop it again");
        }
    }

    private async Task FillAsync(OsismHome stage, OpenBackup backup, bool isEmbedded, CancellationToken cancellationToken)
    {
        var services = stagedServices(stage);
        var postgres = services.GetRequiredService<EmbeddedPostgres>();
        if (isEmbedded)
        {
            await postgres.StartAsync(cancellationToken);
        }

        try
        {
            await using (var dump = backup.OpenFile(BackupMaker.DatabaseFile))
            {
                await services.GetRequiredService<DatabaseDump>().ReadAsync(dump, cancellationToken);
            }

            await failpoint("restore-dump");
            await services.GetRequiredService<Migrator>().MigrateAsync(cancellationToken);
            await CalmAsync(services, stage, cancellationToken);
            await using var analyze = services.GetRequiredService<NpgsqlDataSource>().CreateCommand("analyze");
            analyze.CommandTimeout = 0;
            await analyze.ExecuteNonQueryAsync(cancellationToken);
        }
        finally
        {
            if (isEmbedded)
            {
                await postgres.StopAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>What waited when the backup was made must not begin today by itself. What ran then is found lost by the manager's next start.</summary>
    private static async Task CalmAsync(IServiceProvider services, OsismHome stage, CancellationToken cancellationToken)
    {
        await using var waiting = services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            $"select id, attempt from job where state in ({(int)JobState.Queued}, {(int)JobState.Starting}) order by seq desc");
        var found = new List<(Guid Id, int Attempt)>();
        await using (var reader = await waiting.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                found.Add((reader.GetGuid(0), reader.GetInt32(1)));
            }
        }

        var reason = new ReasonInfo(ErrorCodes.JobCancelled.Code, "had not begun when the backup was made that the manager was restored from");
        foreach (var (id, attempt) in found)
        {
            if (FileStatus.Of(Path.Combine(SpoolFolder.Of(stage.Spool, id, attempt).Path, "started")) is null)
            {
                await services.GetRequiredService<JobStore>().ChangeAsync(
                    id, null, Actor, (job, at) => job.IsTerminal ? job : job.End(JobState.Cancelled, reason, at), cancellationToken);
            }
        }
    }
}
