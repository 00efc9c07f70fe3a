using Microsoft.Extensions.DependencyInjection;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform.Processes;

namespace Osism.Tests.Jobs;

/// <summary>Leases by the database's clock.</summary>
public sealed class WorkerRegistryTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 3, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly WorkerIdentity _worker = JobsSetup.Worker("one");
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync()
    {
        _jobs = await JobsSetup.CreateAsync();
        await _jobs.SetNowAsync(Now);
    }

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task A_lease_runs_out_when_no_heartbeat_came_for_so_long_and_not_before()
    {
        await RegisterAsync(_worker);
        await _jobs.RunningAsync(_worker);

        await _jobs.SetNowAsync(Now + Lease);
        Assert.False(Assert.Single(await _jobs.Registry.HeldAsync(_token)).Holder.Expired);

        await _jobs.SetNowAsync(Now + Lease + TimeSpan.FromMilliseconds(1));
        Assert.True(Assert.Single(await _jobs.Registry.HeldAsync(_token)).Holder.Expired);

        await _jobs.Registry.BeatAsync(_worker, 1, null, false, Lease, _token);
        Assert.False(Assert.Single(await _jobs.Registry.HeldAsync(_token)).Holder.Expired);
    }

    [Fact]
    public async Task An_orderly_stop_ends_the_lease_at_once()
    {
        await RegisterAsync(_worker);
        await _jobs.RunningAsync(_worker);

        await _jobs.Registry.EndAsync(_worker, _token);

        Assert.True(Assert.Single(await _jobs.Registry.HeldAsync(_token)).Holder.Expired);
        Assert.Equal("away", Assert.Single(await _jobs.Registry.ListAsync(_token)).State);
    }

    [Fact]
    public async Task A_heartbeat_tells_which_jobs_are_to_end_and_what_time_it_is()
    {
        await RegisterAsync(_worker);
        var job = await _jobs.RunningAsync(_worker);
        await _jobs.RunningAsync(_worker, JobsSetup.Draft("netbox"));
        await _jobs.CancelAsync(job);
        await _jobs.SetNowAsync(Now.AddSeconds(2));

        var beat = await _jobs.Registry.BeatAsync(_worker, 2, null, false, Lease, _token);

        Assert.Equal(Now.AddSeconds(2), beat!.Now);
        Assert.Equal((job.Id, "grace"), Assert.Single(beat.Cancel));
    }

    [Fact]
    public async Task A_worker_the_table_does_not_know_is_told_so()
    {
        Assert.Null(await _jobs.Registry.BeatAsync(_worker, 0, null, false, Lease, _token));

        await RegisterAsync(_worker);
        await RegisterAsync(_worker);

        Assert.NotNull(await _jobs.Registry.BeatAsync(_worker, 0, null, false, Lease, _token));
    }

    [Fact]
    public async Task A_job_whose_worker_is_not_in_the_table_counts_as_abandoned()
    {
        await _jobs.RunningAsync(_worker);

        var held = Assert.Single(await _jobs.Registry.HeldAsync(_token));

        Assert.True(held.Holder.Expired);
        Assert.Null(held.Holder.Machine);
    }

    [Fact]
    public async Task Workers_of_long_ago_are_forgotten_unless_they_still_hold_something()
    {
        var (holding, idle) = (JobsSetup.Worker("holding"), JobsSetup.Worker("idle"));
        await RegisterAsync(holding);
        await RegisterAsync(idle);
        await _jobs.RunningAsync(holding);
        await _jobs.SetNowAsync(Now.AddDays(8));

        await RegisterAsync(_worker);

        Assert.Equal(["holding", "one"], await _jobs.QueryAsync<string>("select name from worker order by name"));
    }

    [Fact]
    public async Task A_queue_is_ready_since_its_oldest_job_waits_for_nothing_but_a_slot()
    {
        var parent = await _jobs.RunningAsync(_worker);
        await _jobs.SubmitAsync(JobsSetup.Draft("netbox") with { After = parent.Id });
        await _jobs.SetNowAsync(Now.AddSeconds(30));
        Assert.Empty(await _jobs.Registry.ReadyAsync(WorkerQueues.All, _token));

        await _jobs.EndAsync(parent, JobState.Succeeded);
        await _jobs.SetNowAsync(Now.AddSeconds(40));

        Assert.Equal(new ReadyQueue("netbox", TimeSpan.FromSeconds(10)), Assert.Single(await _jobs.Registry.ReadyAsync(WorkerQueues.All, _token)));
    }

    [Fact]
    public async Task Orphans_are_those_whose_worker_is_dead_here_or_silent_anywhere()
    {
        var dead = JobsSetup.Worker("dead") with { PidStart = ProcessIdentity.Current.StartTime + 1 };
        var away = JobsSetup.Worker("away", "elsewhere");
        foreach (var worker in new[] { _worker, dead, away })
        {
            await RegisterAsync(worker);
        }

        var mine = await _jobs.RunningAsync(_worker, JobsSetup.Draft("netbox"));
        var dropped = await _jobs.RunningAsync(dead, JobsSetup.Draft("openstack"));
        var silent = await _jobs.RunningAsync(away, JobsSetup.Draft("reconciler"));
        var adoption = _jobs.Get<Adoption>();

        Assert.Equal([new Orphan(dropped, IsHere: true)], await OrphansAsync(adoption, kept: mine.Id), new SameJob());
        Assert.Equal([mine.Id, dropped.Id], (await OrphansAsync(adoption, kept: null)).Select(orphan => orphan.Job.Id));

        await _jobs.SetNowAsync(Now + Lease + Lease);
        await _jobs.Registry.BeatAsync(_worker, 1, null, false, Lease, _token);
        var later = await OrphansAsync(adoption, kept: mine.Id);
        Assert.Equal([(dropped.Id, true), (silent.Id, false)], later.Select(orphan => (orphan.Job.Id, orphan.IsHere)));
    }

    [Fact]
    public async Task A_job_on_another_machine_is_disconnected_once_and_back_when_its_worker_is()
    {
        var away = JobsSetup.Worker("away", "elsewhere");
        await RegisterAsync(away);
        var job = await _jobs.RunningAsync(away);
        var adoption = _jobs.Get<Adoption>();

        await adoption.DisconnectAsync(job, _worker, _token);
        await adoption.DisconnectAsync(job, _worker, _token);

        var lost = await _jobs.GetAsync(job);
        Assert.Equal((JobState.Disconnected, "job.disconnected", job.Attempt, away.Id), (lost.State, lost.ReasonCode, lost.Attempt, lost.Worker));
        Assert.Equal(1, _jobs.Get<JobMetrics>().LeasesExpired);
        Assert.Contains(await adoption.FindAsync(away, _ => true, _token), orphan => orphan.Job.Id == job.Id);

        await adoption.ReconnectAsync(job, away, _token);
        var back = await _jobs.GetAsync(job);
        Assert.Equal((JobState.Running, null, job.StartedAt), (back.State, back.ReasonCode, back.StartedAt));
    }

    private Task<IReadOnlyList<Orphan>> OrphansAsync(Adoption adoption, Guid? kept) => adoption.FindAsync(_worker, job => job.Id == kept, _token);

    [Fact]
    public async Task A_worker_that_is_to_drain_learns_it_with_its_heartbeat_and_its_successor_with_its_start()
    {
        await RegisterAsync(_worker);
        await _jobs.Registry.DrainAsync(_worker.Machine, "grace", "new disk", _token);
        var listed = Assert.Single(await _jobs.Registry.ListAsync(_token));
        Assert.Equal(("draining", true, "grace", "new disk"), (listed.State, listed.TakesJobs, listed.DrainedBy, listed.DrainReason));

        Assert.True((await _jobs.Registry.BeatAsync(_worker, 0, null, false, Lease, _token))!.Drain);
        Assert.True(Assert.Single(await _jobs.Registry.ListAsync(_token)).TakesJobs);
        await _jobs.Registry.BeatAsync(_worker, 0, null, true, Lease, _token);
        Assert.False(Assert.Single(await _jobs.Registry.ListAsync(_token)).TakesJobs);
        Assert.True((await RegisterAsync(JobsSetup.Worker("one"))).Drain);

        Assert.True(await _jobs.Registry.ResumeAsync(_worker.Machine, _token));
        Assert.False((await _jobs.Registry.BeatAsync(_worker, 0, null, true, Lease, _token))!.Drain);
    }

    [Fact]
    public async Task A_worker_that_was_resumed_has_not_heard_of_the_next_drain_because_it_drained_before()
    {
        await RegisterAsync(_worker);
        await _jobs.Registry.DrainAsync(_worker.Machine, "grace", null, _token);
        await _jobs.Registry.BeatAsync(_worker, 0, null, draining: true, Lease, _token);
        Assert.False(Assert.Single(await _jobs.Registry.ListAsync(_token)).TakesJobs);

        // Its heartbeat still says what it knew before it hears that it is resumed.
        await _jobs.Registry.ResumeAsync(_worker.Machine, _token);
        Assert.False((await _jobs.Registry.BeatAsync(_worker, 0, null, draining: true, Lease, _token))!.Drain);
        await _jobs.Registry.DrainAsync(_worker.Machine, "grace", null, _token);

        Assert.True(Assert.Single(await _jobs.Registry.ListAsync(_token)).TakesJobs);
        await _jobs.Registry.ResumeAsync(_worker.Machine, _token);
        await _jobs.Registry.BeatAsync(_worker, 0, null, draining: true, Lease, _token);
        await _jobs.Registry.ResumeAsync(_worker.Machine, _token);
        await _jobs.Registry.DrainAsync(_worker.Machine, "grace", null, _token);
        Assert.True(Assert.Single(await _jobs.Registry.ListAsync(_token)).TakesJobs);
    }

    [Fact]
    public async Task A_worker_that_died_is_shown_until_it_is_started_again()
    {
        await RegisterAsync(_worker);
        await _jobs.SetNowAsync(Now + Lease + TimeSpan.FromSeconds(1));
        Assert.Equal("away", Assert.Single(await _jobs.Registry.ListAsync(_token)).State);

        await RegisterAsync(_worker with { Id = Guid.CreateVersion7() });

        Assert.Equal("up", Assert.Single(await _jobs.Registry.ListAsync(_token)).State);
    }

    [Fact]
    public async Task A_worker_is_shown_with_what_it_holds_and_whether_its_version_is_the_managers()
    {
        await RegisterAsync(_worker);
        var job = await _jobs.RunningAsync(_worker);

        var worker = Assert.Single(await _jobs.Registry.ListAsync(_token));

        Assert.True(worker.Skew);
        Assert.Equal((job.Id, JobState.Running), (Assert.Single(worker.Jobs).Id, worker.Jobs[0].State));
        Assert.Equal([job.Id], (await _jobs.Registry.BeatAsync(_worker, 1, null, false, Lease, _token))!.Held);
    }

    [Fact]
    public async Task Jobs_of_a_silent_worker_are_disconnected_and_lost_only_when_it_promised_to_end_them_and_had_the_time()
    {
        var killing = JobsSetup.Worker("killing", "elsewhere");
        await RegisterAsync(_worker);
        await _jobs.Registry.RegisterAsync(killing, WorkerQueues.All, new WorkerOptions { OnPartition = "kill", Lease = Lease }, "1", _token);
        var (kept, killed) = (await _jobs.RunningAsync(_worker), await _jobs.RunningAsync(killing, JobsSetup.Draft("netbox")));
        var clock = new HandClock();
        var watch = ActivatorUtilities.CreateInstance<PartitionWatch>(_jobs.Services, new HolderWatch(clock));
        async Task LookAtAsync(TimeSpan after)
        {
            clock.Elapsed = after;
            await _jobs.SetNowAsync(Now + after);
            await watch.LookAsync(_token);
        }

        await LookAtAsync(TimeSpan.Zero);
        Assert.Equal(JobState.Running, (await _jobs.GetAsync(kept)).State);

        await LookAtAsync(Lease + TimeSpan.FromSeconds(1));
        Assert.Equal((JobState.Disconnected, JobState.Disconnected), ((await _jobs.GetAsync(kept)).State, (await _jobs.GetAsync(killed)).State));

        await LookAtAsync(Lease + new WorkerOptions().KillWithin - TimeSpan.FromSeconds(1));
        Assert.Equal(JobState.Disconnected, (await _jobs.GetAsync(killed)).State);

        await LookAtAsync(Lease + new WorkerOptions().KillWithin + TimeSpan.FromSeconds(1));
        Assert.Equal((JobState.Disconnected, JobState.Lost), ((await _jobs.GetAsync(kept)).State, (await _jobs.GetAsync(killed)).State));
    }

    private Task<WorkerBeat> RegisterAsync(WorkerIdentity worker) =>
        _jobs.Registry.RegisterAsync(worker, WorkerQueues.All, new WorkerOptions { Slots = 4, Lease = Lease }, "1.2.3", _token);

    private sealed class SameJob : IEqualityComparer<Orphan>
    {
        public bool Equals(Orphan? x, Orphan? y) => (x?.Job.Id, x?.IsHere) == (y?.Job.Id, y?.IsHere);

        public int GetHashCode(Orphan obj) => obj.Job.Id.GetHashCode();
    }
}
