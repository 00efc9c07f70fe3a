using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;

namespace Osism.Tests.Jobs;

/// <summary>Jobs that come after others, and the repetitions of those that failed.</summary>
public sealed class JobStoreChainTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly WorkerIdentity _worker = JobsSetup.Worker("one");
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task A_chain_in_one_submission_is_claimed_link_by_link()
    {
        var chain = await SubmitChainAsync(3);

        foreach (var link in chain)
        {
            var claimed = Assert.Single(await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token));
            Assert.Equal(link.Id, claimed.Id);
            await SucceedAsync(claimed);
        }

        Assert.All(await _jobs.AllAsync(), job => Assert.Equal((JobState.Succeeded, 0), (job.State, job.Blocked)));
    }

    [Fact]
    public async Task A_failure_cancels_all_that_come_after_it_down_to_the_last()
    {
        var chain = await SubmitChainAsync(4);
        var bystander = await _jobs.SubmitAsync(JobsSetup.Draft("netbox"));

        await FailAsync(Assert.Single(await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token)));

        foreach (var (link, parent) in chain.Skip(1).Zip(chain))
        {
            var ended = await _jobs.GetAsync(link);
            Assert.Equal((JobState.Cancelled, "parent.failed"), (ended.State, ended.ReasonCode));
            Assert.Contains(parent.Id.ToString(), ended.ReasonMessage, StringComparison.Ordinal);
            Assert.Equal(["submitted", "cancelled"], await _jobs.HistoryAsync(link));
        }

        Assert.Equal(JobState.Queued, (await _jobs.GetAsync(bystander)).State);
    }

    [Fact]
    public async Task Several_may_come_after_one()
    {
        var parent = await _jobs.SubmitAsync();
        var followers = await _jobs.Store.SubmitAsync([.. Enumerable.Range(0, 3).Select(_ => JobsSetup.Draft() with { After = parent.Id })], _token);
        var running = Assert.Single(await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token));

        await SucceedAsync(running);

        Assert.Equal(
            followers.Select(job => job.Id), (await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token)).Select(job => job.Id));
    }

    [Fact]
    public async Task Cancelling_a_link_cancels_what_comes_after_it_and_leaves_what_is_before()
    {
        var chain = await SubmitChainAsync(3);

        await _jobs.CancelAsync(chain[1]);

        Assert.Equal(
            [JobState.Queued, JobState.Cancelled, JobState.Cancelled], (await _jobs.AllAsync()).Select(job => job.State));
        Assert.Equal("parent.failed", (await _jobs.GetAsync(chain[2])).ReasonCode);
    }

    [Theory]
    [InlineData(JobState.Succeeded, JobState.Queued)]
    [InlineData(JobState.Failed, JobState.Cancelled)]
    [InlineData(JobState.Lost, JobState.Cancelled)]
    public async Task A_job_submitted_after_its_parent_has_ended_is_ready_or_over_at_once(JobState parentState, JobState expected)
    {
        var parent = await _jobs.RunningAsync(_worker);
        await _jobs.EndAsync(parent, parentState);

        var follower = await _jobs.SubmitAsync(JobsSetup.Draft() with { After = parent.Id });

        Assert.Equal((expected, expected == JobState.Queued ? 0 : 1), (follower.State, follower.Blocked));
        Assert.Equal(expected == JobState.Queued ? 1 : 0, (await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token)).Count);
    }

    [Fact]
    public async Task A_chain_after_a_failed_parent_ends_as_a_whole()
    {
        var parent = await _jobs.RunningAsync(_worker);
        await FailAsync(parent);
        var (first, second) = (JobsSetup.Draft() with { After = parent.Id }, JobsSetup.Draft());

        var stored = await _jobs.Store.SubmitAsync([first, second with { After = first.Id }], _token);

        Assert.All(stored, job => Assert.Equal((JobState.Cancelled, "parent.failed"), (job.State, job.ReasonCode)));
    }

    [Fact]
    public async Task An_end_and_a_submission_at_the_same_time_forget_no_follower()
    {
        for (var round = 0; round < 25; round++)
        {
            var parent = await _jobs.RunningAsync(_worker, JobsSetup.Draft($"q{round}"));

            var ending = _jobs.EndAsync(parent, JobState.Succeeded);
            var submitting = _jobs.SubmitAsync(JobsSetup.Draft($"q{round}") with { After = parent.Id });
            await ending;
            await submitting;

            Assert.Single(await _jobs.Store.ClaimAsync(_worker, $"q{round}", 1, _token));
        }
    }

    [Fact]
    public async Task A_failure_is_repeated_as_often_as_asked_for_and_followers_wait_for_the_repetition()
    {
        var first = JobsSetup.Draft() with { RetriesLeft = 2, TaskTimeout = 7, DryRun = true, Role = "facts" };
        var chain = await _jobs.Store.SubmitAsync([first, JobsSetup.Draft() with { After = first.Id }], _token);
        var follower = chain[1];
        var last = chain[0];

        foreach (var left in new[] { 1, 0 })
        {
            await FailAsync(Assert.Single(await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token)));
            var again = Assert.Single(await _jobs.AllAsync(), job => job.RetryOf == last.Id);
            Assert.Equal(
                (JobState.Queued, 0, left, 7, true, "facts"),
                (again.State, again.Attempt, again.RetriesLeft, again.TaskTimeout, again.DryRun, again.Role));
            Assert.Equal((JobState.Queued, again.Id, 1), await StateOf(follower));
            last = again;
        }

        await FailAsync(Assert.Single(await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token)));
        Assert.Equal((JobState.Cancelled, last.Id, 1), await StateOf(follower));
        Assert.Equal(4, (await _jobs.AllAsync()).Count);
    }

    [Fact]
    public async Task A_repetition_that_succeeds_lets_the_followers_go()
    {
        var first = JobsSetup.Draft() with { RetriesLeft = 1 };
        var chain = await _jobs.Store.SubmitAsync([first, JobsSetup.Draft() with { After = first.Id }], _token);
        await FailAsync(Assert.Single(await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token)));

        await SucceedAsync(Assert.Single(await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token)));

        Assert.Equal(chain[1].Id, Assert.Single(await _jobs.Store.ClaimAsync(_worker, JobsSetup.Queue, 10, _token)).Id);
    }

    [Fact]
    public async Task Who_comes_after_a_failed_job_that_is_being_repeated_waits_for_the_repetition_too()
    {
        var first = await _jobs.RunningAsync(_worker, JobsSetup.Draft() with { RetriesLeft = 1 });
        await FailAsync(first);
        var again = Assert.Single(await _jobs.AllAsync(), job => job.RetryOf == first.Id);

        var late = await _jobs.SubmitAsync(JobsSetup.Draft() with { After = first.Id });

        Assert.Equal((JobState.Queued, again.Id, 1), (late.State, late.After, late.Blocked));
    }

    [Theory]
    [InlineData(JobState.Failed, false, true)]
    [InlineData(JobState.Unreachable, false, true)]
    [InlineData(JobState.TimedOut, false, true)]
    [InlineData(JobState.Lost, true, true)]
    [InlineData(JobState.Lost, false, false)]
    [InlineData(JobState.Cancelled, true, false)]
    [InlineData(JobState.Succeeded, true, false)]
    public async Task Only_ends_that_may_be_repeated_are(JobState end, bool idempotent, bool repeated)
    {
        var job = await _jobs.RunningAsync(_worker, JobsSetup.Draft() with { RetriesLeft = 3, Idempotent = idempotent });

        await _jobs.EndAsync(job, end);

        Assert.Equal(repeated ? 1 : 0, (await _jobs.AllAsync()).Count(other => other.RetryOf == job.Id));
    }

    [Fact]
    public async Task A_job_that_somebody_wanted_to_end_is_not_repeated_whatever_it_became()
    {
        var job = await _jobs.RunningAsync(_worker, JobsSetup.Draft() with { RetriesLeft = 3, Idempotent = true });
        await _jobs.CancelAsync(job);

        await _jobs.EndAsync(job, JobState.Lost);

        Assert.Single(await _jobs.AllAsync());
    }

    [Fact]
    public async Task A_rejected_job_is_not_repeated()
    {
        var job = await _jobs.ClaimedAsync(_worker, JobsSetup.Draft() with { RetriesLeft = 3 });

        await _jobs.EndAsync(job, JobState.Rejected);

        Assert.Single(await _jobs.AllAsync());
    }

    private async Task<IReadOnlyList<Job>> SubmitChainAsync(int links)
    {
        var drafts = new List<Job>();
        for (var i = 0; i < links; i++)
        {
            drafts.Add(JobsSetup.Draft() with { After = i == 0 ? null : drafts[^1].Id });
        }

        return await _jobs.Store.SubmitAsync(drafts, _token);
    }

    private Task<Job?> FailAsync(Job claimed) => _jobs.EndAsync(claimed, JobState.Failed);

    private Task<Job?> SucceedAsync(Job claimed) => _jobs.EndAsync(claimed, JobState.Succeeded);

    private async Task<(JobState State, Guid? After, int Blocked)> StateOf(Job job)
    {
        var now = await _jobs.GetAsync(job);
        return (now.State, now.After, now.Blocked);
    }
}
