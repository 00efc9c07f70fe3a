using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;
using Osism.Tests.Jobs;

namespace Osism.Tests.Locks;

/// <summary>Operators' locks and what they hold.</summary>
public sealed class LockStoreTests : IAsyncLifetime
{
    private static readonly LockScope Everything = new(null, null, null);

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly WorkerIdentity _worker = JobsSetup.Worker("one");
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    public static TheoryData<string?, string?, string?, bool> Scopes => new()
    {
        { null, null, null, true },
        { "kolla", null, null, true },
        { "kolla.east", null, null, true },
        { "kolla.west", null, null, false },
        { "generic", null, null, false },
        { "kolla", "nova", null, true },
        { "kolla", "cinder", null, false },
        { null, null, "node-1,node-7", true },
        { null, null, "node-7", false },
        { "kolla", "nova", "node-2", true },
        { "generic", null, "node-1", false },
    };

    [Theory]
    [MemberData(nameof(Scopes))]
    public async Task A_lock_holds_what_its_scope_covers_and_nothing_else(string? environment, string? role, string? hosts, bool holds)
    {
        var before = await _jobs.SubmitAsync(Nova(["node-1", "node-2"]));
        var anywhere = await _jobs.SubmitAsync(Nova(null));
        await PlaceAsync(new LockScope(environment, role, hosts?.Split(',')));

        Assert.Equal(holds ? 1 : 0, (await _jobs.GetAsync(before)).Blocked);
        var holdsAnywhere = holds || (hosts is not null && environment is null or "kolla");
        Assert.Equal(holdsAnywhere ? 1 : 0, (await _jobs.GetAsync(anywhere)).Blocked);
        if (holds)
        {
            var refused = await Assert.ThrowsAsync<OsismException>(() => _jobs.SubmitAsync(Nova(["node-1", "node-2"])));
            Assert.Equal((ErrorCodes.LockHeld, "ada"), (refused.Code, refused.Holder));
            Assert.Contains("mending", refused.Message, StringComparison.Ordinal);
        }
        else
        {
            await _jobs.SubmitAsync(Nova(["node-1", "node-2"]));
        }
    }

    /// <summary>Found by the model: a null was read as "no hosts".</summary>
    [Fact]
    public async Task A_graph_and_a_repetition_that_may_change_any_host_are_held_by_a_lock_on_some()
    {
        var failing = await _jobs.RunningAsync(_worker, Nova(null) with { RetriesLeft = 1 });
        await PlaceAsync(new LockScope(null, null, ["node-1"]));
        var (first, second) = (Nova(null), Nova(null));

        await _jobs.EndAsync(failing, JobState.Failed);
        var refused = await Assert.ThrowsAsync<OsismException>(() => _jobs.Store.SubmitAsync([first, second with { Parents = [first.Id] }], _token));

        Assert.Equal(ErrorCodes.LockHeld, refused.Code);
        Assert.Equal(1, Assert.Single(await _jobs.AllAsync(), job => job.RetryOf == failing.Id).Blocked);
    }

    [Fact]
    public async Task A_queued_job_waits_for_the_lock_says_so_and_goes_on_when_it_is_gone()
    {
        var job = await _jobs.SubmitAsync();
        var placed = await PlaceAsync(Everything);

        Assert.Empty(await ClaimAsync());
        var waiting = Assert.Single((await _jobs.Get<JobQueries>().FindAsync(job.Id, _token))!.WaitingFor);
        Assert.Equal(("lock", "everything", "ada: mending"), (waiting.Kind, waiting.Key, waiting.Holder));

        var woken = 0;
        _jobs.Locks.Released += () => woken++;
        await _jobs.Locks.ReleaseAsync((placed.Id, null), "ada", force: false, _token);

        Assert.Equal(1, woken);
        Assert.Equal(job.Id, Assert.Single(await ClaimAsync()).Id);
        Assert.Empty(await _jobs.QueryAsync<Guid>("select job_id from job_held"));
    }

    [Fact]
    public async Task A_lock_whose_time_is_over_holds_nothing_without_anybody_cleaning_up()
    {
        var now = TimeProvider.System.GetUtcNow();
        await _jobs.SetNowAsync(now);
        var job = await _jobs.SubmitAsync();
        await _jobs.Locks.PlaceAsync(Everything, "ada", "ada", null, now.AddHours(1), null, _token);
        Assert.Empty(await ClaimAsync());

        await _jobs.SetNowAsync(now.AddHours(1));

        Assert.Empty(await _jobs.Locks.ListAsync(_token));
        await _jobs.SubmitAsync();
        Assert.Equal(2, (await ClaimAsync()).Count);
        Assert.Equal(0, (await _jobs.GetAsync(job)).Blocked);
        Assert.Equal("grace", (await _jobs.Locks.PlaceAsync(Everything, "grace", "grace", null, null, null, _token)).Owner);
    }

    [Fact]
    public async Task One_scope_has_one_owner_who_may_change_reason_and_end()
    {
        var first = await PlaceAsync(Everything);

        var refused = await Assert.ThrowsAsync<OsismException>(() => _jobs.Locks.PlaceAsync(Everything, "grace", "grace", null, null, null, _token));
        var changed = await _jobs.Locks.PlaceAsync(Everything, "ada", "ada", "painting", null, TimeSpan.FromHours(1), _token);

        Assert.Equal((ErrorCodes.LockHeld, "ada"), (refused.Code, refused.Holder));
        Assert.Equal((first.Id, first.Since, "painting"), (changed.Id, changed.Since, changed.Reason));
        Assert.NotNull(changed.Until);
        Assert.Single(await _jobs.Locks.ListAsync(_token));
    }

    [Fact]
    public async Task Many_who_lock_the_same_at_once_make_one_lock()
    {
        var owners = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            try
            {
                return (await _jobs.Locks.PlaceAsync(Everything, $"user-{i}", "x", null, null, null, _token)).Owner;
            }
            catch (OsismException e) when (e.Code == ErrorCodes.LockHeld)
            {
                return e.Holder;
            }
        }));

        Assert.Equal(Assert.Single(await _jobs.Locks.ListAsync(_token)).Owner, Assert.Single(owners.Distinct()));
    }

    [Fact]
    public async Task Only_its_owner_takes_a_lock_away_unless_forced()
    {
        await PlaceAsync(Everything);

        Assert.Equal(
            ErrorCodes.LockHeld,
            (await Assert.ThrowsAsync<OsismException>(() => _jobs.Locks.ReleaseAsync((null, "everything"), "grace", force: false, _token))).Code);
        Assert.NotNull(await _jobs.Locks.ReleaseAsync((null, "everything"), "grace", force: true, _token));
        Assert.Null(await _jobs.Locks.ReleaseAsync((null, "everything"), "grace", force: true, _token));
        Assert.Equal(("grace", 1), (await _jobs.QueryAsync<(string, int)>("select released_by, count(*)::int from operator_lock group by 1")).Single());
    }

    [Fact]
    public async Task A_lock_that_would_be_over_at_once_is_refused() => Assert.Equal(
        ErrorCodes.RequestInvalid,
        (await Assert.ThrowsAsync<OsismException>(
            () => _jobs.Locks.PlaceAsync(Everything, "ada", "ada", null, TimeProvider.System.GetUtcNow().AddMinutes(-1), null, _token))).Code);

    [Fact]
    public async Task What_goes_back_to_the_queue_or_is_repeated_is_held_too()
    {
        var claimed = await _jobs.ClaimedAsync(_worker);
        var failing = await _jobs.RunningAsync(_worker, JobsSetup.Draft() with { RetriesLeft = 1 });
        await PlaceAsync(Everything);

        await _jobs.Store.ChangeAsync(claimed.Id, claimed.Attempt, "one", (job, _) => job.Requeue(), _token);
        await _jobs.EndAsync(failing, JobState.Failed);

        Assert.Empty(await ClaimAsync());
        Assert.Equal([1, 1], (await _jobs.AllAsync()).Where(job => job.State == JobState.Queued).Select(job => job.Blocked));
        await _jobs.Locks.ReleaseAsync((null, "everything"), "ada", force: false, _token);
        Assert.Equal(2, (await ClaimAsync()).Count);
    }

    [Fact]
    public async Task A_held_job_can_be_cancelled()
    {
        var job = await _jobs.SubmitAsync();
        await PlaceAsync(Everything);

        await _jobs.CancelAsync(job);
        await _jobs.Locks.ReleaseAsync((null, "everything"), "ada", force: false, _token);

        Assert.Equal(JobState.Cancelled, (await _jobs.GetAsync(job)).State);
        Assert.Empty(await _jobs.QueryAsync<Guid>("select job_id from job_held"));
    }

    [Fact]
    public async Task Locks_claims_and_submissions_at_the_same_time_start_nothing_behind_a_lock()
    {
        for (var round = 0; round < 20; round++)
        {
            var queue = $"q{round}";
            var submitting = Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
            {
                try
                {
                    await _jobs.SubmitAsync(JobsSetup.Draft(queue));
                }
                catch (OsismException e) when (e.Code == ErrorCodes.LockHeld)
                {
                    // It came after the lock.
                }
            }, _token)));
            var locking = Task.Run(() => PlaceAsync(Everything), _token);
            await locking;
            Assert.Empty(await _jobs.Store.ClaimAsync(_worker, queue, 10, _token));
            await submitting;
            Assert.Empty(await _jobs.Store.ClaimAsync(_worker, queue, 10, _token));
            await _jobs.Locks.ReleaseAsync((null, "everything"), "ada", force: false, _token);
        }
    }

    private static Job Nova(string[]? hosts) => JobsSetup.Draft() with
    {
        Kind = JobKinds.Ansible,
        Environment = "kolla",
        Sub = "east",
        Role = "nova",
        Plays = ["nova"],
        Touches = hosts,
    };

    private Task<OperatorLock> PlaceAsync(LockScope scope) => _jobs.Locks.PlaceAsync(scope, "ada", "ada", "mending", null, null, _token);

    private Task<IReadOnlyList<Job>> ClaimAsync() => _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token);
}
