using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Testing;

namespace Osism.Tests.Platform.Database;

/// <summary>Roles that only one process may play; two instances stand for two processes.</summary>
public sealed class LeadershipTests : IAsyncLifetime
{
    private const string Role = "sweep";
    private static readonly TimeSpan Patience = Bounds.Long;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly ConcurrentQueue<string> _did = new();
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(_token);

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Of_two_processes_one_plays_a_role_and_the_other_takes_over_at_once_after_an_orderly_stop()
    {
        await using var one = Process("one");
        await one.PlaysAsync();
        await using var two = Process("two");
        await Task.Delay(TimeSpan.FromSeconds(1), _token);
        Assert.False(two.Plays);
        Assert.Equal("one", Assert.Single(await one.Leadership.ListAsync(_token)).HolderName);

        await one.StopAsync();
        Assert.False(one.Plays);

        await two.PlaysAsync();
        var leader = Assert.Single(await two.Leadership.ListAsync(_token));
        Assert.Equal(("two", 2), (leader.HolderName, leader.Term));
    }

    [Fact]
    public async Task A_holder_without_its_database_stops_before_another_begins()
    {
        await using var cut = NpgsqlDataSource.Create(_database.ConnectionString + ";Application Name=cut;Command Timeout=2");
        await using var one = Process("one", cut);
        await one.PlaysAsync();
        await using var two = Process("two");

        // The database answers it no more, as behind a link that was cut.
        await using var blocker = await _database.Source.OpenConnectionAsync(_token);
        await using var transaction = await blocker.BeginTransactionAsync(_token);
        await using (var command = new NpgsqlCommand("select 1 from leadership for update", blocker, transaction))
        {
            await command.ExecuteNonQueryAsync(_token);
        }

        await Eventually.TrueAsync("the one that cannot renew stops", () => !one.Plays, Patience, _token);
        Assert.False(two.Plays);
        await transaction.RollbackAsync(_token);

        await Eventually.TrueAsync("one of both goes on", () => one.Plays || two.Plays, Patience, _token);
        Assert.False(one.Plays && two.Plays);
        AssertNeverBoth();
    }

    [Fact]
    public async Task A_row_taken_over_by_another_stops_the_work_with_the_next_renewal()
    {
        await using var one = Process("one");
        await one.PlaysAsync();

        await ExecuteAsync("update leadership set holder = gen_random_uuid(), holder_name = 'other', term = term + 1, lease_until = osism_now() + interval '1 hour'");

        await Eventually.TrueAsync("the work stops", () => !one.Plays, Patience, _token);
        Assert.Equal("other", Assert.Single(await one.Leadership.ListAsync(_token)).HolderName);
    }

    [Fact]
    public async Task A_database_whose_clock_is_set_forward_takes_no_role_from_who_renews_it()
    {
        await using var one = Process("one");
        await one.PlaysAsync();
        await using var two = Process("two");
        await Task.Delay(TimeSpan.FromSeconds(2), _token);

        await ShiftAsync("1 hour");
        await Task.Delay(TimeSpan.FromSeconds(3), _token);

        Assert.True(one.Plays);
        Assert.False(two.Plays);
        Assert.Equal(("one", 1), Assert.Single((await one.Leadership.ListAsync(_token)).Select(leader => (leader.HolderName, leader.Term))));
        AssertNeverBoth();
    }

    [Fact]
    public async Task A_database_whose_clock_is_set_back_keeps_no_role_with_who_died_before_that()
    {
        await ExecuteAsync(
            $"insert into leadership (role, holder, holder_name, term, since, lease_until) values ('{Role}', gen_random_uuid(), 'dead', 7, osism_now(), osism_now() + interval '20 seconds')");
        await ShiftAsync("-1 hour");
        await using var two = Process("two");

        await two.PlaysAsync();

        Assert.Equal(("two", 8), Assert.Single((await two.Leadership.ListAsync(_token)).Select(leader => (leader.HolderName, leader.Term))));
    }

    [Fact]
    public async Task Work_that_fails_is_begun_again_under_a_new_term()
    {
        var terms = new ConcurrentQueue<long>();
        var leadership = New("one", _database.Source);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_token);
        var holding = leadership.HoldAsync(
            Role,
            (term, _) =>
            {
                terms.Enqueue(term.Number);
                throw new InvalidOperationException("by the test");
            },
            stop.Token);

        await Eventually.TrueAsync("it was begun three times", () => terms.Count >= 3, Patience, _token);

        await stop.CancelAsync();
        await holding;
        Assert.Equal([1, 2, 3], terms.Take(3));
    }

    private void AssertNeverBoth()
    {
        string? playing = null;
        foreach (var line in _did)
        {
            var (who, what) = (line.Split(' ')[0], line.Split(' ')[1]);
            if (what == "begins")
            {
                Assert.Null(playing);
                playing = who;
            }
            else
            {
                Assert.Equal(playing, who);
                playing = null;
            }
        }
    }

    private Player Process(string name, NpgsqlDataSource? database = null) => new(name, New(name, database ?? _database.Source), _did, _token);

    private static Leadership New(string name, NpgsqlDataSource database) =>
        new(database, new DaemonInstance(Guid.NewGuid(), name), TimeProvider.System, NullLogger<Leadership>.Instance)
        {
            // A busy machine may stop us for seconds, and none of them may cost a role: it is lost after 10 s only.
            Lease = TimeSpan.FromSeconds(20),
            Renewal = TimeSpan.FromSeconds(0.5),
            Margin = TimeSpan.FromSeconds(10),
            Look = TimeSpan.FromSeconds(0.1),
        };

    private Task ShiftAsync(string by) => ExecuteAsync(
        $"create or replace function osism_now() returns timestamptz language sql volatile as $$ select clock_timestamp() + interval '{by}' $$");

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(_token);
    }

    /// <summary>Plays the role until it is stopped, and tells when it began and ended.</summary>
    private sealed class Player : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop;
        private readonly Task _holding;

        public Player(string name, Leadership leadership, ConcurrentQueue<string> did, CancellationToken cancellationToken)
        {
            Leadership = leadership;
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _holding = leadership.HoldAsync(
                Role,
                async (_, lost) =>
                {
                    did.Enqueue($"{name} begins");
                    Plays = true;
                    try
                    {
                        await Task.Delay(Timeout.Infinite, lost);
                    }
                    finally
                    {
                        Plays = false;
                        did.Enqueue($"{name} ends");
                    }
                },
                _stop.Token);
        }

        public Leadership Leadership { get; }

        public bool Plays { get; private set; }

        public Task PlaysAsync() => Eventually.TrueAsync("it plays the role", () => Plays, Patience, _stop.Token);

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _holding;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _stop.Dispose();
        }
    }
}
