using System.Data;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>Makes a backup while the manager works.</summary>
/// <remarks>What if we die here? The folder has a name that no reader looks at until it is whole; the next backup removes it, and the links of the spool.</remarks>
internal sealed class BackupMaker(NpgsqlDataSource database, DatabaseDump dump, OsismHome home, Failpoints failpoints, TimeProvider time)
{
    public const string DatabaseFile = "database.sealed";
    public const string FilesFile = "files.sealed";

    /// <param name="place">Where to.</param>
    /// <param name="passphrase">What opens it again.</param>
    /// <param name="configuration">Commit and state of the configuration repository; null without one.</param>
    /// <param name="cancellationToken">Nothing is left.</param>
    /// <returns>Where it is, and what it says of itself.</returns>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupFailed"/>, the disk being full included.</exception>
    public async Task<(string Path, BackupManifest Manifest)> MakeAsync(
        IBackupPlace place, string passphrase, ConfigurationInfo? configuration, CancellationToken cancellationToken)
    {
        home.RequireManager();
        string? draft = null;
        try
        {
            using var only = FileLock.TryTake(Path.Combine(home.Root, "backup.lock"))
                ?? throw new OsismException(ErrorCodes.ManagerBusy, $"another backup of {home.Root} is being made");
            var salt = BackupKey.NewSalt();
            using var key = BackupKey.Of(passphrase, salt, BackupKey.Iterations);
            using var spool = SpoolPicture.Begin(home.Spool);
            spool.Add();
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var picture = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);

            // It stands still while pg_dump works, which the server would not suffer for long.
            await ScalarAsync<string>(connection, "select set_config('idle_in_transaction_session_timeout', '0', true)", cancellationToken);
            var snapshot = await ScalarAsync<string>(connection, "select pg_export_snapshot()", cancellationToken);
            spool.Add();
            var at = time.GetUtcNow();
            draft = await place.BeginAsync(BackupFolder.NameOf(at), cancellationToken);
            await failpoints.ReachAsync("backup-begun", null, cancellationToken);
            var migrations = await ScalarAsync<int[]>(connection, "select coalesce(array_agg(number order by number), '{}') from schema_migration", cancellationToken);
            var jobs = await ScalarAsync<long>(connection, "select count(*) from job", cancellationToken);
            var files = new List<BackupFile>
            {
                await SealAsync(place, draft, DatabaseFile, key, target => dump.WriteAsync(snapshot, target, cancellationToken), cancellationToken),
            };
            await picture.RollbackAsync(cancellationToken);
            await failpoints.ReachAsync("backup-dumped", null, cancellationToken);
            files.Add(await SealAsync(
                place, draft, FilesFile, key, target => HomeArchive.WriteAsync(home, spool.Path, target, cancellationToken), cancellationToken));
            var manifest = new BackupManifest(
                BackupManifest.CurrentFormat, at, Environment.MachineName, ProgramVersion.Current, migrations, jobs, configuration?.Commit, configuration?.Dirty ?? false, salt,
                BackupKey.Iterations, files).Sign(key);
            await place.WriteAsync(draft, BackupManifest.FileName, stream => stream.WriteAsync(manifest.ToBytes(), cancellationToken).AsTask(), cancellationToken);
            await failpoints.ReachAsync("backup-sealed", null, cancellationToken);
            var path = await place.PublishAsync(draft, cancellationToken);
            draft = null;
            return (path, manifest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(
                ErrorCodes.BackupFailed,
                DiskSpace.IsFull(e) ? $"the disk of {place.Name} is full: nothing of this backup was kept" : $"the backup could not be written to {place.Name}: {e.Message}", e)
            { File = place.Name };
        }
        finally
        {
            if (draft is not null)
            {
                await place.DiscardAsync(draft);
            }
        }
    }

    private static async Task<BackupFile> SealAsync(
        IBackupPlace place, string draft, string name, BackupKey key, Func<Stream, Task> write, CancellationToken cancellationToken)
    {
        BackupFile? file = null;
        await place.WriteAsync(
            draft, name,
            async stream =>
            {
                await using var target = new SealedWriter(stream, key.For(name));
                await write(target);
                var hash = await target.FinishAsync(cancellationToken);
                file = new BackupFile(name, target.Bytes, hash);
            },
            cancellationToken);
        return file!;
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
