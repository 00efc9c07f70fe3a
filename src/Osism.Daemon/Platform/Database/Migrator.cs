using System.Data;
using Npgsql;
using Osism.Contracts;

namespace Osism.Daemon.Platform.Database;

/// <summary>Brings the tables to what this program needs. Several may do so at once; one does the work.</summary>
/// <param name="database">Where to.</param>
/// <param name="migrations">All the program knows.</param>
/// <param name="logger">Is told of each that was applied.</param>
/// <param name="failpoints">Where a test may kill us between two of them.</param>
internal sealed partial class Migrator(NpgsqlDataSource database, IReadOnlyList<Migration> migrations, ILogger<Migrator> logger, Failpoints? failpoints = null)
{
    /// <summary>"OSISM" on a telephone's keys: any number no other program of the database uses.</summary>
    private const long AdvisoryLock = 67476;

    /// <summary>What the tables have and what they lack. Nothing is changed.</summary>
    /// <exception cref="OsismException">As with <see cref="MigrateAsync"/>.</exception>
    public async Task<MigrationPlan> PlanAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var applied = await AppliedAsync(connection, cancellationToken);
        return new MigrationPlan([.. applied.Keys.Order()], Missing(applied));
    }

    /// <summary>Applies what is missing, by number, each in a transaction of its own: a process that is killed leaves whole ones, and the next goes on.</summary>
    /// <param name="cancellationToken">Nothing of the one that is being applied stays.</param>
    /// <param name="before">Called before the first is applied to tables that hold something, while everybody else who wants to do so waits.</param>
    /// <returns>How many were applied.</returns>
    /// <exception cref="OsismException">
    /// <see cref="ErrorCodes.DatabaseSchema"/>: the database holds a migration this program does not know, or another text of one it knows.
    /// </exception>
    /// <exception cref="PostgresException">A migration is wrong; nothing of it stays.</exception>
    public async Task<int> MigrateAsync(CancellationToken cancellationToken, Func<MigrationPlan, CancellationToken, Task>? before = null)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (Missing(await AppliedAsync(connection, cancellationToken)).Count == 0)
        {
            return 0;
        }

        await ExecuteAsync(connection, $"select pg_advisory_lock({AdvisoryLock})", cancellationToken);
        try
        {
            await ExecuteAsync(
                connection,
                """
                create table if not exists schema_migration (
                    number int primary key,
                    name text not null,
                    checksum text not null,
                    applied_at timestamptz not null default now())
                """,
                cancellationToken);
            // Asked again: who held the lock before us may have done it.
            var applied = await AppliedAsync(connection, cancellationToken);
            var missing = Missing(applied);
            if (before is not null && missing.Count > 0 && applied.Count > 0)
            {
                await before(new MigrationPlan([.. applied.Keys.Order()], missing), cancellationToken);
            }

            foreach (var migration in missing)
            {
                await ApplyAsync(connection, migration, cancellationToken);
                LogApplied(migration);
                if (failpoints is not null)
                {
                    await failpoints.ReachAsync("migrated", $"{migration.Number:0000}", cancellationToken);
                }
            }

            if (missing.Count > 0)
            {
                // Types made by a migration are unknown to this process's connections until they are read again.
                await connection.ReloadTypesAsync(cancellationToken);
            }

            return missing.Count;
        }
        finally
        {
            // A connection that broke has lost the lock with it.
            if (connection.State == ConnectionState.Open)
            {
                // Not cancellable: a pooled connection must not keep the lock.
                await ExecuteAsync(connection, $"select pg_advisory_unlock({AdvisoryLock})", CancellationToken.None);
            }
        }
    }

    /// <summary>For those who must not change the tables: a worker that was updated before its manager waits for it.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.DatabaseSchema"/>: the tables are older or newer than this program.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (Missing(await AppliedAsync(connection, cancellationToken)) is [var first, ..])
        {
            throw new OsismException(
                ErrorCodes.DatabaseSchema,
                $"The database was made by an older osismd: it lacks migration {first}. Start a manager of this version first; a worker does not change the tables.");
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, migration.Sql, cancellationToken);
        await using var record = new NpgsqlCommand("insert into schema_migration (number, name, checksum) values ($1, $2, $3)", connection)
        {
            Parameters = { new() { Value = migration.Number }, new() { Value = migration.Name }, new() { Value = migration.Checksum } },
        };
        await record.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<Dictionary<int, (string Name, string Checksum)>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<int, (string Name, string Checksum)>();
        try
        {
            await using var command = new NpgsqlCommand("select number, name, checksum from schema_migration", connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                applied.Add(reader.GetInt32(0), (reader.GetString(1), reader.GetString(2)));
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // A new database.
        }

        return applied;
    }

    private List<Migration> Missing(Dictionary<int, (string Name, string Checksum)> applied)
    {
        foreach (var (number, (name, checksum)) in applied.OrderBy(pair => pair.Key))
        {
            var known = migrations.FirstOrDefault(migration => migration.Number == number);
            if (known is null)
            {
                throw new OsismException(
                    ErrorCodes.DatabaseSchema,
                    $"The database was used by a newer osismd: it holds migration {number:0000}_{name}, which this one does not know. Start the newer one, or restore a backup.");
            }

            if (known.Checksum != checksum)
            {
                throw new OsismException(
                    ErrorCodes.DatabaseSchema,
                    $"Migration {known} was applied to the database with another text (checksum {checksum[..12]}, here {known.Checksum[..12]}). Start the osismd that made the database, or restore a backup.");
            }
        }

        return [.. migrations.Where(migration => !applied.ContainsKey(migration.Number)).OrderBy(migration => migration.Number)];
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Migration {Migration} is applied")]
    private partial void LogApplied(Migration migration);
}

/// <param name="Applied">Numbers of the migrations the tables have, ascending; empty for a new database.</param>
/// <param name="Missing">Those they lack, in the order in which they are applied.</param>
internal sealed record MigrationPlan(IReadOnlyList<int> Applied, IReadOnlyList<Migration> Missing);
