using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;

namespace Osism.Tests.Jobs;

/// <summary>Lock keys: who waits for whom, in which order, and what a policy makes of it.</summary>
public sealed class JobKeyTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly WorkerIdentity _worker = JobsSetup.Worker("one");
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task One_key_lets_one_job_run_at_a_time_in_the_order_of_submission()
    {
        var jobs = await _jobs.Store.SubmitAsync([Draft("k"), Draft("k"), Draft("other"), Draft("k")], _token);

        Assert.Equal([jobs[0].Id, jobs[2].Id], (await ClaimAsync()).Select(job => job.Id));
        foreach (var (before, next) in new[] { (jobs[0], jobs[1]), (jobs[1], jobs[3]) })
        {
            await _jobs.EndAsync(await _jobs.GetAsync(before), JobState.Failed);
            Assert.Equal(next.Id, Assert.Single(await ClaimAsync()).Id);
        }
    }

    [Fact]
    public async Task A_job_waits_for_all_its_keys_and_says_for_whom()
    {
        var a = await _jobs.SubmitAsync(Draft("a"));
        await _jobs.SubmitAsync(Draft("b"));
        var both = await _jobs.SubmitAsync(Draft("a", "b"));
        var running = await ClaimAsync();

        Assert.Equal(2, both.Blocked);
        var waiting = (await _jobs.Get<JobQueries>().FindAsync(both.Id, _token))!.WaitingFor;
        Assert.Equal([("lock", "a"), ("lock", "b")], waiting.Select(held => (held.Kind, held.Key)).Order());
        Assert.Contains(waiting, held => held.Holder!.Contains(a.Id.ToString(), StringComparison.Ordinal));

        await _jobs.EndAsync(running[1], JobState.Succeeded);
        Assert.Empty(await ClaimAsync());
        await _jobs.EndAsync(running[0], JobState.Succeeded);
        Assert.Equal(both.Id, Assert.Single(await ClaimAsync()).Id);
    }

    [Fact]
    public async Task Only_runs_that_share_a_host_exclude_each_other_where_the_key_is_by_hosts()
    {
        var jobs = await _jobs.Store.SubmitAsync([ByHosts("a", "b"), ByHosts("c"), ByHosts("b", "c"), ByHosts("a"), ByHosts(), ByHosts("d"), ByHosts("d")], _token);
        Assert.Equal([0, 0, 1, 1, 1, 1, 1], (await _jobs.AllAsync()).Select(job => job.Blocked));
        Assert.Equal([jobs[0].Id, jobs[1].Id], (await ClaimAsync()).Select(job => job.Id));

        await EndAsync(jobs[0]);
        Assert.Equal(jobs[3].Id, Assert.Single(await ClaimAsync()).Id);
        await EndAsync(jobs[1]);
        Assert.Equal(jobs[2].Id, Assert.Single(await ClaimAsync()).Id);
        await EndAsync(jobs[2]);
        Assert.Empty(await ClaimAsync());
        await EndAsync(jobs[3]);

        // The one on everything is not passed by those that came after it.
        Assert.Equal(jobs[4].Id, Assert.Single(await ClaimAsync()).Id);
        await EndAsync(jobs[4]);
        Assert.Equal(jobs[5].Id, Assert.Single(await ClaimAsync()).Id);
    }

    [Fact]
    public async Task Cancelling_one_in_the_middle_lets_go_only_those_that_waited_for_it_alone()
    {
        var jobs = await _jobs.Store.SubmitAsync([ByHosts("a"), ByHosts("a", "b"), ByHosts("b"), ByHosts("a")], _token);

        await _jobs.CancelAsync(jobs[1]);

        Assert.Equal([jobs[0].Id, jobs[2].Id], (await ClaimAsync()).Select(job => job.Id));
    }

    [Fact]
    public async Task A_disconnected_job_keeps_its_keys_and_a_requeued_one_its_place()
    {
        var first = await _jobs.ClaimedAsync(_worker, Draft("k"));
        var second = await _jobs.SubmitAsync(Draft("k"));

        await _jobs.Store.ChangeAsync(first.Id, first.Attempt, "one", (job, _) => job.Disconnect("silent"), _token);
        Assert.Empty(await ClaimAsync());
        await _jobs.Store.ChangeAsync(first.Id, first.Attempt, "one", (job, _) => job.Requeue(), _token);

        Assert.Equal(first.Id, Assert.Single(await ClaimAsync()).Id);
        Assert.Equal(1, (await _jobs.GetAsync(second)).Blocked);
    }

    /// <summary>At the end of the line it would wait for its own follower.</summary>
    [Fact]
    public async Task A_repetition_keeps_the_place_before_the_key_so_that_its_follower_never_waits_for_ever()
    {
        var (parent, follower) = (Draft("k") with { RetriesLeft = 1 }, Draft("k"));
        await _jobs.Store.SubmitAsync([parent, follower with { Parents = [parent.Id] }], _token);
        await _jobs.EndAsync(Assert.Single(await ClaimAsync()), JobState.Failed);

        var again = Assert.Single(await ClaimAsync());
        Assert.Equal(parent.Id, again.RetryOf);
        await _jobs.EndAsync(again, JobState.Succeeded);

        Assert.Equal(follower.Id, Assert.Single(await ClaimAsync()).Id);
    }

    [Fact]
    public async Task A_key_that_refuses_names_who_has_it_and_a_whole_graph_is_refused_with_it()
    {
        await _jobs.SubmitAsync(Draft("k") with { Role = "nova" });

        var refused = await Assert.ThrowsAsync<OsismException>(() => _jobs.Store.SubmitAsync([Draft("x"), Draft(LockPolicy.Reject)], _token));

        Assert.Equal((ErrorCodes.LockHeld, "ada"), (refused.Code, refused.Holder));
        Assert.Contains("nova", refused.Message, StringComparison.Ordinal);
        Assert.Single(await _jobs.AllAsync());
    }

    [Fact]
    public async Task A_replacement_takes_the_place_of_those_that_have_not_begun()
    {
        var running = await _jobs.ClaimedAsync(_worker, Draft("k"));
        var waiting = await _jobs.SubmitAsync(Draft("k"));
        var parent = await _jobs.SubmitAsync(Draft("k"));
        await _jobs.SubmitAsync(Draft("free") with { Parents = [parent.Id] });

        var newest = await _jobs.SubmitAsync(Draft(LockPolicy.Replace));

        var replaced = await _jobs.GetAsync(waiting);
        Assert.Equal((JobState.Cancelled, "job.replaced"), (replaced.State, replaced.ReasonCode));
        Assert.Contains(newest.Id.ToString(), replaced.ReasonMessage, StringComparison.Ordinal);
        Assert.Equal(JobState.Starting, (await _jobs.GetAsync(running)).State);
        Assert.Equal(JobState.Queued, (await _jobs.GetAsync(parent)).State);
        Assert.Equal(1, newest.Blocked);
    }

    [Fact]
    public async Task What_asks_for_the_same_as_one_that_has_not_begun_is_that_one()
    {
        var running = await _jobs.ClaimedAsync(_worker, Draft(LockPolicy.Coalesce));
        var waiting = await _jobs.SubmitAsync(Draft(LockPolicy.Coalesce));

        var same = await _jobs.SubmitAsync(Draft(LockPolicy.Coalesce) with { SubmittedBy = "grace" });
        var other = await _jobs.SubmitAsync(Draft(LockPolicy.Coalesce) with { Arguments = ["-v"] });

        Assert.NotEqual(running.Id, waiting.Id);
        Assert.Equal(waiting.Id, same.Id);
        Assert.NotEqual(waiting.Id, other.Id);
        Assert.Equal(["submitted", "coalesced"], await _jobs.HistoryAsync(waiting));
    }

    [Fact]
    public async Task Many_submitters_and_workers_keep_every_key_exclusive_and_in_order()
    {
        const int Submitters = 4;
        const int Each = 40;
        var done = new List<Guid>();
        var running = new Dictionary<string, Guid>(StringComparer.Ordinal);
        var submitting = Task.WhenAll(Enumerable.Range(1, Submitters).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < Each; i++)
            {
                await _jobs.SubmitAsync(Draft([.. Enumerable.Range(0, random.Next(3)).Select(_ => $"k{random.Next(6)}").Distinct()]));
            }
        }, _token)));
        var working = Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            var worker = JobsSetup.Worker($"w{i}");
            while (true)
            {
                lock (done)
                {
                    if (done.Count == Submitters * Each)
                    {
                        return;
                    }
                }

                foreach (var job in await _jobs.Store.ClaimAsync(worker, JobsSetup.Queue, 2, _token))
                {
                    lock (done)
                    {
                        Assert.All(job.LockKeys, key => Assert.True(running.TryAdd(key, job.Id), $"{key} is held twice"));
                        done.Add(job.Id);
                    }

                    await Task.Yield();
                    lock (done)
                    {
                        Array.ForEach(job.LockKeys, key => running.Remove(key));
                    }

                    await _jobs.EndAsync(job, JobState.Succeeded);
                }
            }
        }, _token)));
        await submitting;
        await working.WaitAsync(TimeSpan.FromMinutes(2), _token);

        var seq = (await _jobs.AllAsync()).ToDictionary(job => job.Id);
        foreach (var key in Enumerable.Range(0, 6).Select(i => $"k{i}"))
        {
            var order = done.Where(id => seq[id].LockKeys.Contains(key)).Select(id => seq[id].Seq).ToList();
            Assert.Equal(order.Order(), order);
        }

        Assert.Empty(await _jobs.QueryAsync<string>("select key from job_key"));
    }

    private static Job Draft(params string[] keys) => JobsSetup.Draft() with
    {
        LockKeys = keys,
        LockWishes = [.. keys.Select(key => new LockWish(key, false, LockPolicy.Queue))],
    };

    private static Job Draft(LockPolicy policy) => Draft("k") with { LockWishes = [new LockWish("k", false, policy)] };

    private static Job ByHosts(params string[] hosts) => JobsSetup.Draft() with
    {
        Touches = hosts.Length == 0 ? null : hosts,
        LockKeys = ["k"],
        LockWishes = [new LockWish("k", true, LockPolicy.Queue)],
    };

    private async Task EndAsync(Job job) => await _jobs.EndAsync(await _jobs.GetAsync(job), JobState.Succeeded);

    private Task<IReadOnlyList<Job>> ClaimAsync() => _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token);
}
