using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Lifecycle.Upgrades;

/// <summary>Applies what is missing to a copy of the tables without their rows, so that an upgrade is known to work, and what it touches, before anything is changed.</summary>
internal sealed class UpgradeRehearsal(NpgsqlDataSource database, DatabaseDump dump, OsismHome home, IOptions<DatabaseOptions> options)
{
    private const string Copy = "osism_upgrade_rehearsal";

    /// <summary>All of a table that a migration may change, as one text a table.</summary>
    private const string Shapes = """
        select c.relname::text, concat_ws(';',
            (select string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull), ',' order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
            (select string_agg(pg_get_indexdef(i.indexrelid), ',' order by i.indexrelid) from pg_index i where i.indrelid = c.oid),
            (select string_agg(pg_get_triggerdef(t.oid), ',' order by t.oid) from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal),
            (select string_agg(pg_get_constraintdef(k.oid), ',' order by k.oid) from pg_constraint k where k.conrelid = c.oid))
        from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
        """;

    /// <param name="missing">What is to be applied, in order.</param>
    /// <param name="cancellationToken">The copy is removed.</param>
    /// <returns>One step a migration.</returns>
    /// <exception cref="OsismException"><see cref="ErrorCodes.UpgradeFailed"/>: one cannot be applied to these tables.</exception>
    public async Task<IReadOnlyList<UpgradeStep>> RunAsync(IReadOnlyList<Migration> missing, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(cancellationToken);
        await DropAsync();
        await ExecuteAsync(database, $"create database {Copy} template template0", cancellationToken);
        try
        {
            using var tables = new MemoryStream();
            await dump.WriteTablesAsync(tables, cancellationToken);
            tables.Position = 0;
            await dump.ReadAsync(tables, cancellationToken, into: Copy);
            await using var copy = NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(DatabaseConnection.For(options.Value, home)) { Database = Copy, Pooling = false });
            var steps = new List<UpgradeStep>();
            var before = await ShapesAsync(copy, cancellationToken);
            foreach (var migration in missing)
            {
                try
                {
                    await ExecuteAsync(copy, migration.Sql, cancellationToken);
                }
                catch (PostgresException e)
                {
                    throw new OsismException(
                        ErrorCodes.UpgradeFailed, $"migration {migration} does not fit these tables: {e.MessageText}. Nothing was changed; somebody altered the tables by hand, or this osismd is wrong", e);
                }

                var after = await ShapesAsync(copy, cancellationToken);
                steps.Add(new UpgradeStep(
                    migration.ToString(),
                    [.. after.Keys.Except(before.Keys).Order(StringComparer.Ordinal)],
                    [.. after.Keys.Intersect(before.Keys).Where(name => after[name] != before[name]).Order(StringComparer.Ordinal).Select(name => (name, rows.GetValueOrDefault(name)))],
                    [.. before.Keys.Except(after.Keys).Order(StringComparer.Ordinal)]));
                before = after;
            }

            return steps;
        }
        finally
        {
            await DropAsync();
        }
    }

    private static async Task<Dictionary<string, string>> ShapesAsync(NpgsqlDataSource copy, CancellationToken cancellationToken)
    {
        var shapes = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var command = copy.CreateCommand(Shapes);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            shapes[reader.GetString(0)] = reader.GetString(1);
        }

        return shapes;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>About how many rows each table has; partitions count for their table.</summary>
    private async Task<Dictionary<string, long>> RowsAsync(CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var command = database.CreateCommand("""
            select c.relname::text, (select sum(greatest(p.reltuples, 0))::bigint from pg_partition_tree(c.oid) t join pg_class p on p.oid = t.relid where t.isleaf)
            from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows[reader.GetString(0)] = reader.IsDBNull(1) ? 0 : reader.GetInt64(1);
        }

        return rows;
    }

    /// <summary>One that was killed has left its copy.</summary>
    private Task DropAsync() => ExecuteAsync(database, $"drop database if exists {Copy} with (force)", CancellationToken.None);
}

/// <summary>What one migration does.</summary>
/// <param name="Migration">Number and name.</param>
/// <param name="New">Tables it makes.</param>
/// <param name="Changed">Tables it changes, with about how many rows each has now.</param>
/// <param name="Gone">Tables it removes.</param>
internal sealed record UpgradeStep(string Migration, IReadOnlyList<string> New, IReadOnlyList<(string Name, long Rows)> Changed, IReadOnlyList<string> Gone)
{
    public override string ToString()
    {
        string[] parts =
        [
            New.Count > 0 ? $"makes {string.Join(", ", New)}" : "",
            Changed.Count > 0 ? $"changes {string.Join(", ", Changed.Select(table => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{table.Name} (about {table.Rows} rows)")))}" : "",
            Gone.Count > 0 ? $"removes {string.Join(", ", Gone)}" : "",
        ];
        var text = string.Join("; ", parts.Where(part => part.Length > 0));
        return $"{Migration}: {(text.Length > 0 ? text : "changes no table, only rows or functions")}";
    }
}
