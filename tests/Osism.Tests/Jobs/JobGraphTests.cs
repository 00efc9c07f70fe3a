using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;

namespace Osism.Tests.Jobs;

/// <summary>Jobs that come after several others.</summary>
public sealed class JobGraphTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly WorkerIdentity _worker = JobsSetup.Worker("one");
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task A_job_starts_only_when_all_its_parents_have_succeeded()
    {
        var (left, right, last) = (JobsSetup.Draft(), JobsSetup.Draft(), JobsSetup.Draft());
        await _jobs.Store.SubmitAsync([left, right, last with { Parents = [left.Id, right.Id] }], _token);
        var both = await ClaimAsync();
        Assert.Equal([left.Id, right.Id], both.Select(job => job.Id));

        await _jobs.EndAsync(both[1], JobState.Succeeded);
        Assert.Equal(1, (await _jobs.GetAsync(last.Id)).Blocked);
        Assert.Empty(await ClaimAsync());

        await _jobs.EndAsync(both[0], JobState.Succeeded);
        Assert.Equal(last.Id, Assert.Single(await ClaimAsync()).Id);
    }

    [Fact]
    public async Task A_graph_may_be_given_in_any_order_and_comes_back_in_that_order()
    {
        var (top, left, right, bottom) = (JobsSetup.Draft(), JobsSetup.Draft(), JobsSetup.Draft(), JobsSetup.Draft());
        left = left with { Parents = [top.Id] };
        right = right with { After = top.Id };
        bottom = bottom with { Parents = [right.Id, left.Id] };

        var stored = await _jobs.Store.SubmitAsync([bottom, right, left, top], _token);

        Assert.Equal([bottom.Id, right.Id, left.Id, top.Id], stored.Select(job => job.Id));
        Assert.Equal([2, 1, 1, 0], stored.Select(job => job.Blocked));
        Assert.Equal(right.Id, stored[0].After);
        Assert.True(stored[0].Seq > stored[1].Seq && stored[0].Seq > stored[2].Seq && stored[2].Seq > stored[3].Seq);
    }

    [Fact]
    public async Task One_failed_parent_ends_all_that_hang_on_it_once_and_leaves_the_rest()
    {
        var (bad, good, left, right, bottom, other) =
            (JobsSetup.Draft(), JobsSetup.Draft(), JobsSetup.Draft(), JobsSetup.Draft(), JobsSetup.Draft(), JobsSetup.Draft());
        await _jobs.Store.SubmitAsync(
            [
                bad, good, left with { Parents = [bad.Id, good.Id] }, right with { Parents = [bad.Id] },
                bottom with { Parents = [left.Id, right.Id] }, other with { Parents = [good.Id] },
            ],
            _token);

        await _jobs.EndAsync((await ClaimAsync()).Single(job => job.Id == bad.Id), JobState.Failed);

        foreach (var ended in new[] { left, right, bottom })
        {
            Assert.Equal((JobState.Cancelled, "parent.failed"), ((await _jobs.GetAsync(ended.Id)).State, (await _jobs.GetAsync(ended.Id)).ReasonCode));
            Assert.Equal(["submitted", "cancelled"], await _jobs.HistoryAsync(ended));
        }

        Assert.Equal(JobState.Queued, (await _jobs.GetAsync(other.Id)).State);
    }

    [Fact]
    public async Task A_repetition_takes_the_place_of_one_parent_and_the_other_stays()
    {
        var (shaky, calm, last) = (JobsSetup.Draft() with { RetriesLeft = 1 }, JobsSetup.Draft(), JobsSetup.Draft());
        await _jobs.Store.SubmitAsync([shaky, calm, last with { Parents = [shaky.Id, calm.Id] }], _token);
        var running = await ClaimAsync();
        await _jobs.EndAsync(running[0], JobState.Failed);
        await _jobs.EndAsync(running[1], JobState.Succeeded);
        var again = Assert.Single(await ClaimAsync());

        var shown = (await _jobs.Get<JobQueries>().FindAsync(last.Id, _token))!;
        Assert.Equal((again.Id, again.RetryOf), (shown.After!.Value, (Guid?)shaky.Id));
        Assert.Equal([again.Id, calm.Id], shown.Parents);
        Assert.Equal(("parent", again.Id.ToString()), Assert.Single(shown.WaitingFor.Select(waiting => (waiting.Kind, waiting.Key))));

        await _jobs.EndAsync(again, JobState.Succeeded);
        Assert.Equal(last.Id, Assert.Single(await ClaimAsync()).Id);
    }

    [Fact]
    public async Task A_parent_named_twice_counts_once()
    {
        var parent = await _jobs.SubmitAsync();

        var job = await _jobs.SubmitAsync(JobsSetup.Draft() with { After = parent.Id, Parents = [parent.Id, parent.Id] });

        Assert.Equal(1, job.Blocked);
    }

    [Fact]
    public async Task Jobs_that_wait_for_each_other_are_refused_and_nothing_is_stored()
    {
        var (a, b, c) = (JobsSetup.Draft(), JobsSetup.Draft(), JobsSetup.Draft());

        foreach (var circle in new[]
        {
            new[] { a with { Parents = [c.Id] }, b with { Parents = [a.Id] }, c with { Parents = [b.Id] } },
            [a with { Parents = [a.Id] }],
            [a, a],
        })
        {
            var refused = await Assert.ThrowsAsync<OsismException>(() => _jobs.Store.SubmitAsync(circle, _token));
            Assert.Equal(ErrorCodes.RequestInvalid, refused.Code);
        }

        Assert.Empty(await _jobs.AllAsync());
    }

    /// <summary>Before the one lock over all ties these were deadlocks of PostgreSQL (40P01).</summary>
    [Fact]
    public async Task Many_that_name_the_same_parents_in_opposite_order_while_those_end_never_wait_for_each_other_in_a_circle()
    {
        for (var round = 0; round < 12; round++)
        {
            var parents = await _jobs.Store.SubmitAsync([JobsSetup.Draft(), JobsSetup.Draft(), JobsSetup.Draft()], _token);
            var ids = parents.Select(job => job.Id).ToArray();
            var queue = $"q{round}";
            var running = await ClaimAsync();
            Assert.Equal(3, running.Count);

            var submitting = Enumerable.Range(0, 12).Select(i => Task.Run(
                async () =>
                {
                    var first = JobsSetup.Draft(queue) with { Parents = i % 2 == 0 ? ids : [.. ids.Reverse()] };
                    var second = JobsSetup.Draft(queue) with { Parents = i % 2 == 0 ? [ids[2], first.Id] : [first.Id, ids[0]] };
                    return await _jobs.Store.SubmitAsync([first, second], _token);
                },
                _token)).ToList();
            var ending = running.Select(job => Task.Run(() => _jobs.EndAsync(job, JobState.Succeeded), _token)).ToList();
            var cancelling = Task.Run(async () => await _jobs.CancelAsync((await submitting[0])[0]), _token);
            await Task.WhenAll([.. submitting, .. ending, cancelling]);

            var first = await _jobs.QueryAsync<Job>($"select {JobStore.Columns} from job where queue = @queue and state = 0 and blocked = 0", new { queue });
            Assert.Equal(11, first.Count);
        }
    }

    private Task<IReadOnlyList<Job>> ClaimAsync() => _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token);
}
