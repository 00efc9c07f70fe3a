using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Osism.Daemon.Jobs;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform.Database;
using Osism.Testing;
using Osism.Tests.Platform.Database;

namespace Osism.Tests.Jobs;

/// <summary>Notifications between processes that share a database.</summary>
public sealed class JobNotifierTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = Bounds.Long;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(_token);

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task What_is_queued_in_one_process_wakes_the_workers_of_another()
    {
        await using var here = await StartAsync(_database.Source);
        await using var there = await StartAsync(_database.Source);
        var woken = there.Signals.NextQueued();

        here.Signals.Queued();

        await woken.WaitAsync(Patience, _token);
    }

    [Fact]
    public async Task What_was_said_while_nobody_listened_is_looked_for_as_soon_as_somebody_does()
    {
        var signals = new JobSignals();
        var woken = signals.NextQueued();

        await using var here = await StartAsync(_database.Source, signals);

        await woken.WaitAsync(Patience, _token);
    }

    [Fact]
    public async Task Many_submissions_in_a_moment_become_few_notifications()
    {
        await using var here = await StartAsync(_database.Source);
        await using var heard = await HearAsync();
        var clock = Stopwatch.StartNew();

        while (clock.Elapsed < TimeSpan.FromMilliseconds(300))
        {
            here.Signals.Queued();
        }

        await heard.SomethingAsync();

        // The last one is told after a pause, too.
        await Task.Delay(TimeSpan.FromMilliseconds(50), _token);
        var elapsed = clock.Elapsed;
        Assert.InRange(await heard.CountAsync(), 1, (int)(elapsed / TimeSpan.FromMilliseconds(2)) + 2);
    }

    [Fact]
    public async Task What_is_heard_from_another_process_is_not_told_again()
    {
        await using var here = await StartAsync(_database.Source);
        await using var there = await StartAsync(_database.Source);
        await using var heard = await HearAsync();
        var woken = there.Signals.NextQueued();

        here.Signals.Queued();
        await woken.WaitAsync(Patience, _token);

        // A telling-on would have taken a way to the database and back, as this does a few times.
        for (var i = 0; i < 20; i++)
        {
            await _database.Source.CreateCommand("select pg_sleep(0.005)").ExecuteNonQueryAsync(_token);
        }

        Assert.Equal(1, await heard.CountAsync());
    }

    [Fact]
    public async Task Listening_goes_on_after_the_database_was_restarted_and_nobody_need_say_anything()
    {
        using var home = new PostgresHome();
        var (server, database) = home.Manage();
        await server.StartAsync(_token);
        await using var here = await StartAsync(database);
        await using var there = await StartAsync(database);

        await server.StopAsync(_token);
        var missed = there.Signals.NextQueued();
        here.Signals.Queued();
        await server.StartAsync(_token);

        await missed.WaitAsync(Patience, _token);
        await ListenersAsync(database, 2);
        var woken = there.Signals.NextQueued();
        here.Signals.Queued();
        await woken.WaitAsync(Patience, _token);
    }

    private async Task<Running> StartAsync(NpgsqlDataSource database, JobSignals? given = null)
    {
        var signals = given ?? new JobSignals();
        var notifier = new JobNotifier(database, signals, new LockStore(database), TimeProvider.System, NullLogger<JobNotifier>.Instance);
        var before = await CountAsync(database);
        var listening = signals.NextQueued();
        await notifier.StartAsync(_token);
        await ListenersAsync(database, before + 1);

        // It wakes everybody once when it begins to listen: a test must not take that for its own.
        await listening.WaitAsync(Patience, _token);
        return new Running(signals, notifier);
    }

    private async Task<Listener> HearAsync()
    {
        var listener = new Listener(await _database.Source.OpenConnectionAsync(_token), _database.Source);
        await listener.BeginAsync();
        return listener;
    }

    private Task ListenersAsync(NpgsqlDataSource database, int wanted) => Eventually.TrueAsync(
        $"{wanted} connections listen", async _ => await CountAsync(database) == wanted, Patience, _token);

    private async Task<int> CountAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "select count(*)::int from pg_stat_activity where datname = current_database() and query = 'listen osism_job' and state = 'idle'");
        return await DatabaseErrors.RetryWhileAwayAsync(
            async token => (int)(await command.ExecuteScalarAsync(token))!, "the test", TimeProvider.System, NullLogger.Instance, _token);
    }

    private sealed record Running(JobSignals Signals, JobNotifier Notifier) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Notifier.StopAsync(TestContext.Current.CancellationToken);
            Notifier.Dispose();
        }
    }

    /// <summary>Counts what is told until it is asked.</summary>
    private sealed class Listener(NpgsqlConnection connection, NpgsqlDataSource database) : IAsyncDisposable
    {
        private readonly CancellationToken _token = TestContext.Current.CancellationToken;
        private int _heard;
        private bool _isOver;

        public async Task BeginAsync()
        {
            connection.Notification += (_, told) =>
            {
                _heard += told.Channel == "osism_job" ? 1 : 0;
                _isOver |= told.Channel == "test_end";
            };
            await using var listen = new NpgsqlCommand("listen osism_job; listen test_end", connection);
            await listen.ExecuteNonQueryAsync(_token);
        }

        /// <summary>Waits for the first.</summary>
        public async Task SomethingAsync()
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_token);
            limit.CancelAfter(Patience);
            while (_heard == 0)
            {
                await connection.WaitAsync(limit.Token);
            }
        }

        public async Task<int> CountAsync()
        {
            await using (var end = database.CreateCommand("notify test_end"))
            {
                await end.ExecuteNonQueryAsync(_token);
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_token);
            limit.CancelAfter(Patience);
            while (!_isOver)
            {
                await connection.WaitAsync(limit.Token);
            }

            return _heard;
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
