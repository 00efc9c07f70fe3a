using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Testing;

namespace Osism.Tests.Platform.Database;

/// <summary>Migrations of their own (numbers from 9000), beside the product's in the same database.</summary>
public sealed class MigratorTests : IAsyncLifetime
{
    private static readonly IReadOnlyList<Migration> Product = Migration.Of(typeof(Migrator).Assembly);

    private static readonly Migration First = new(9000, "first", """
        create table thing (id int primary key, name text);
        insert into thing values (1, 'it''s; @one :two');
        create function twice(n int) returns int language plpgsql as $$ begin return n * 2; end; $$;
        select twice(id) from thing;
        """);

    private static readonly Migration Second = new(9010, "second", "alter table thing add note text not null default 'none';");

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(_token);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task What_is_missing_is_applied_in_order_and_once()
    {
        Assert.Equal(1, await Migrator(First).MigrateAsync(_token));
        Assert.Equal(1, await Migrator(Second, First).MigrateAsync(_token));
        Assert.Equal(0, await Migrator(First, Second).MigrateAsync(_token));

        Assert.Equal("it's; @one :two none", await ScalarAsync("select name || ' ' || note from thing"));
        Assert.Equal("9000 first, 9010 second", await ScalarAsync(
            "select string_agg(number || ' ' || name, ', ' order by number) from schema_migration where number >= 9000"));
    }

    [Fact]
    public async Task One_that_came_later_with_a_lower_number_is_applied_too()
    {
        await Migrator(First, Second).MigrateAsync(_token);

        Assert.Equal(1, await Migrator(First, new Migration(9005, "between", "create table between_them ()"), Second).MigrateAsync(_token));
    }

    [Fact]
    public async Task A_wrong_one_leaves_nothing_of_itself_and_keeps_those_before_it()
    {
        var wrong = new Migration(9020, "wrong", "create table half (); select no_such_column from thing;");

        await Assert.ThrowsAsync<PostgresException>(() => Migrator(First, wrong).MigrateAsync(_token));

        Assert.Equal("thing", await ScalarAsync("select string_agg(relname, ',') from pg_class where relname in ('half', 'thing')"));
        Assert.Equal(1, await Migrator(First, Second).MigrateAsync(_token));
    }

    [Fact]
    public async Task Several_at_once_apply_each_one_once()
    {
        var applied = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Migrator(First, Second).MigrateAsync(_token)));

        Assert.Equal(2, applied.Sum());
    }

    [Fact]
    public async Task A_database_of_a_newer_program_is_refused_by_name()
    {
        await Migrator(First, Second).MigrateAsync(_token);

        var refused = await Assert.ThrowsAsync<OsismException>(() => Migrator(First).MigrateAsync(_token));

        Assert.Equal(ErrorCodes.DatabaseSchema, refused.Code);
        Assert.Contains("9010_second", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_that_changed_after_it_was_applied_is_refused_by_name()
    {
        await Migrator(First).MigrateAsync(_token);

        var refused = await Assert.ThrowsAsync<OsismException>(() => Migrator(First with { Sql = "select 1" }, Second).MigrateAsync(_token));

        Assert.Equal(ErrorCodes.DatabaseSchema, refused.Code);
        Assert.Contains("9000_first", refused.Message, StringComparison.Ordinal);
        Assert.Null(await ScalarAsync("select to_regclass('nothing')::text"));
    }

    [Fact]
    public async Task A_killed_migrator_frees_the_lock()
    {
        await using var holder = NpgsqlDataSource.Create(_database.ConnectionString);
        var waiting = new Migration(9000, "slow", "select pg_sleep(60)");
        var slow = new Migrator(holder, [.. Product, waiting], NullLogger<Migrator>.Instance).MigrateAsync(_token);
        await Eventually.TrueAsync(
            async () => await ScalarAsync("select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'") is true,
            "the migration runs and its connection is ended",
            _token);

        Assert.True(DatabaseErrors.IsAway(await Assert.ThrowsAnyAsync<NpgsqlException>(() => slow)));
        Assert.Equal(1, await Migrator(First).MigrateAsync(_token));
    }

    [Fact]
    public void The_products_migrations_are_embedded_with_unique_numbers() =>
        Assert.Equal(Product.Count, Product.Select(migration => migration.Number).Distinct().Count());

    private Migrator Migrator(params Migration[] migrations) =>
        new(_database.Source, [.. Product, .. migrations], NullLogger<Migrator>.Instance);

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _database.Source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(_token) is { } value and not DBNull ? value : null;
    }
}
