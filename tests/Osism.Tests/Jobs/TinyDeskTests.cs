using Microsoft.Extensions.DependencyInjection;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;

namespace Osism.Tests.Jobs;

/// <summary>Tiny jobs that are given to the worker of the same process in the transaction that stores them.</summary>
public sealed class TinyDeskTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly WorkerIdentity _worker = JobsSetup.Worker("w");
    private JobsSetup _jobs = null!;
    private TinyDesk _desk = null!;

    public async ValueTask InitializeAsync()
    {
        _jobs = await JobsSetup.CreateAsync();
        _desk = _jobs.Get<TinyDesk>();
        await _jobs.Registry.RegisterAsync(_worker, [JobsSetup.Queue], new WorkerOptions(), "0", _token);
        _jobs.Get<WorkerClock>().Set(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetTimestamp());
        _desk.Attend(_worker, new WorkerQueues([JobsSetup.Queue]));
    }

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task A_tiny_job_is_claimed_by_the_commit_that_stores_it_and_completed_by_the_next_turn()
    {
        var answered = await _jobs.SubmitAsync(Tiny());

        var stored = await _jobs.GetAsync(answered);
        Assert.Equal((JobState.Starting, 1, _worker.Id, "w"), (answered.State, answered.Attempt, answered.Worker!.Value, answered.WorkerName));
        Assert.Equal(
            (stored.Seq, stored.State, stored.Attempt, stored.Worker, stored.ClaimedAt, stored.SubmittedAt),
            (answered.Seq, answered.State, answered.Attempt, answered.Worker, answered.ClaimedAt, answered.SubmittedAt));

        Assert.True(_desk.Next.IsCompleted);
        var handed = _desk.Take();
        Assert.Equal([new TinyJobs.Claimed(stored.Id, 1, stored.SubmittedAt)], handed);
        Assert.Empty(await TurnAsync(handed));
        Assert.Equal(JobState.Succeeded, (await _jobs.GetAsync(stored)).State);
        Assert.Equal(["submitted", "claimed", "succeeded"], await _jobs.HistoryAsync(stored));
        Assert.Empty(_desk.Take());
        Assert.False(_desk.Next.IsCompleted);
    }

    [Fact]
    public async Task It_does_not_overtake_one_of_its_queue_that_waits()
    {
        _desk.Leave();
        var first = await _jobs.SubmitAsync(Tiny());
        Assert.Equal((JobState.Queued, 0), (first.State, first.Attempt));
        _desk.Attend(_worker, new WorkerQueues([JobsSetup.Queue, "netbox"]));

        var second = await _jobs.SubmitAsync(Tiny());
        var elsewhere = await _jobs.SubmitAsync(Tiny("netbox"));

        Assert.Equal(JobState.Queued, second.State);
        Assert.Equal(JobState.Starting, elsewhere.State);
        var claimed = await TurnAsync(_desk.Take());
        Assert.Equal([first.Id, second.Id], claimed.OrderBy(job => job.SubmittedAt).Select(job => job.Id));
    }

    [Fact]
    public async Task One_of_a_queue_that_nobody_here_works_for_and_one_that_is_not_tiny_wait()
    {
        Assert.Equal(JobState.Queued, (await _jobs.SubmitAsync(Tiny("netbox"))).State);
        Assert.Equal(JobState.Queued, (await _jobs.SubmitAsync()).State);
        _jobs.Get<WorkerClock>().IsDraining = true;
        Assert.Equal(JobState.Queued, (await _jobs.SubmitAsync(Tiny())).State);
        Assert.Empty(_desk.Take());
    }

    [Fact]
    public async Task One_that_a_lock_holds_is_refused()
    {
        await _jobs.Locks.PlaceAsync(new LockScope(null, null, null), "ada", "ada", "maintenance", null, null, _token);

        var refused = await Assert.ThrowsAsync<OsismException>(() => _jobs.SubmitAsync(Tiny()));

        Assert.Equal(ErrorCodes.LockHeld, refused.Code);
        Assert.Empty(_desk.Take());
        Assert.Empty(await _jobs.AllAsync());
    }

    [Fact]
    public async Task Many_at_the_same_time_are_each_claimed_once_or_wait_in_their_order()
    {
        var jobs = (await Task.WhenAll(Enumerable.Range(0, 600).Select(_ => Task.Run(() => _jobs.SubmitAsync(Tiny()), _token)))).ToList();

        var handed = _desk.Take();
        Assert.Equal(jobs.Where(job => job.State == JobState.Starting).Select(job => job.Id).Order(), handed.Select(job => job.Id).Order());
        for (var turn = handed; turn.Count > 0;)
        {
            turn = await TurnAsync(turn);
        }

        Assert.All(await _jobs.AllAsync(), job => Assert.Equal((JobState.Succeeded, 1), (job.State, job.Attempt)));
    }

    private Task<IReadOnlyList<TinyJobs.Claimed>> TurnAsync(IReadOnlyList<TinyJobs.Claimed> held) =>
        ActivatorUtilities.CreateInstance<TinyJobs>(_jobs.Services).TurnAsync(_worker, new WorkerQueues([JobsSetup.Queue]), held, _token);

    private static Job Tiny(string queue = JobsSetup.Queue) => JobsSetup.Draft(queue) with { Tiny = true };
}
