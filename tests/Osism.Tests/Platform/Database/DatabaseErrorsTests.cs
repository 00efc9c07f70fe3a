using System.Diagnostics;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Testing;

namespace Osism.Tests.Platform.Database;

public sealed class DatabaseErrorsTests : IDisposable
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly LogCollector _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_server_that_is_not_there_is_away()
    {
        await using var nowhere = NpgsqlDataSource.Create(DatabaseConnection.Embedded("/nowhere", "osism").ConnectionString);

        var error = await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await nowhere.OpenConnectionAsync(_token));

        Assert.True(DatabaseErrors.IsAway(error));
        Assert.Equal(ErrorCodes.DatabaseAway, DatabaseErrors.Explain(error)!.Code);
    }

    [Fact]
    public async Task A_connection_the_server_ended_is_away()
    {
        await using var database = await TestDatabase.CreateAsync(_token);
        await using var connection = await database.Source.OpenConnectionAsync(_token);
        await using var command = new NpgsqlCommand("select pg_terminate_backend(pg_backend_pid())", connection);

        var error = await Assert.ThrowsAnyAsync<NpgsqlException>(() => command.ExecuteNonQueryAsync(_token));

        Assert.True(DatabaseErrors.IsAway(error));
    }

    [Theory]
    [InlineData("57P01", "database.away")]
    [InlineData("57P02", "database.away")]
    [InlineData("57P03", "database.away")]
    [InlineData("08006", "database.away")]
    [InlineData("25006", "database.away")]
    [InlineData("53100", "database.disk_full")]
    [InlineData("23505", null)]
    [InlineData("42601", null)]
    [InlineData("57014", null)]
    public async Task What_the_server_says_is_told_apart(string state, string? code)
    {
        await using var database = await TestDatabase.CreateAsync(_token);
        await using var command = database.Source.CreateCommand($"do $$ begin raise exception 'as a test' using errcode = '{state}'; end $$");

        var error = await Assert.ThrowsAnyAsync<PostgresException>(() => command.ExecuteNonQueryAsync(_token));

        Assert.Equal(code, DatabaseErrors.Explain(error)?.Code.Code);
        Assert.Equal(code == "database.away", DatabaseErrors.IsAway(error));
        Assert.Equal(code == "database.disk_full", DatabaseErrors.IsDiskFull(error));
    }

    [Fact]
    public void A_fault_of_ours_is_not_explained_away() => Assert.Null(DatabaseErrors.Explain(new InvalidOperationException("ours")));

    [Fact]
    public async Task Work_is_repeated_until_the_database_is_back_and_said_once()
    {
        var tries = 0;
        var watch = Stopwatch.StartNew();

        var result = await DatabaseErrors.RetryWhileAwayAsync(
            _ => ++tries < 4 ? throw new NpgsqlException("gone", new IOException()) : Task.FromResult("done"), "the worker", TimeProvider.System, _log, _token);

        Assert.Equal(("done", 4), (result, tries));
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(50 + 100 + 200 - 10), Bounds.Long);
        Assert.Collection(
            _log.Lines,
            line => Assert.StartsWith("Warning: the worker waits for the database", line, StringComparison.Ordinal),
            line => Assert.StartsWith("Information: the worker goes on", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Other_failures_are_not_repeated()
    {
        var tries = 0;

        await Assert.ThrowsAsync<OsismException>(() => DatabaseErrors.RetryWhileAwayAsync(
            _ =>
            {
                tries++;
                throw new OsismException(ErrorCodes.DatabaseDiskFull, "full");
            },
            "the worker", TimeProvider.System, _log, _token));

        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task Cancelling_ends_the_waiting()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_token);
        var waiting = DatabaseErrors.RetryWhileAwayAsync(
            _ => throw new NpgsqlException("gone", new IOException()), "the worker", TimeProvider.System, _log, stop.Token);
        await Eventually.TrueAsync(() => _log.Lines.Count > 0, "the first try has failed", _token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
