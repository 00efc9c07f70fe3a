using System.Security.Cryptography;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Spool;

/// <summary><c>kill -9</c> of <c>osismd</c> in each phase of a run: nothing is lost, nothing happens twice.</summary>
[Collection(Collections.Crashes)]
public sealed class DaemonKilledTests(SiteFixture site)
{
    private static readonly TimeSpan Phase = Bounds.Long;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("claimed")]
    [InlineData("spooled")]
    public async Task Before_anything_began_the_job_returns_to_the_queue_and_runs_once(string phase)
    {
        var (daemon, run, id) = await KillInAsync(phase);
        run.Go();

        await daemon.StartAsync(_token);

        var job = await SucceededOnceAsync(daemon, run, id);
        Assert.True(job.Attempt > 1, $"attempt {job.Attempt}");
        Assert.Equal(
            ["submitted", "claimed", "adopted", "queued", "claimed", "running", "succeeded"], await daemon.HistoryAsync(id, _token));
    }

    [Theory]
    [InlineData("spawned")]
    [InlineData("running")]
    [InlineData("following")]
    public async Task A_run_in_its_middle_is_adopted_and_goes_on(string phase)
    {
        var (daemon, run, id) = await KillInAsync(phase);
        await run.BeganAsync(_token);

        await daemon.StartAsync(_token);
        await daemon.InStateAsync(id, JobState.Running, _token);
        Assert.False((await daemon.JobAsync(id, _token)).State.IsTerminal());
        run.Go();

        var job = await SucceededOnceAsync(daemon, run, id);
        Assert.Equal(2, job.Attempt);
        Assert.Single(await daemon.HistoryAsync(id, _token), step => step == "adopted");
    }

    [Theory]
    [InlineData("running")]
    [InlineData("following")]
    public async Task A_run_that_ends_while_no_manager_lives_is_recorded_by_the_next(string phase)
    {
        var (daemon, run, id) = await KillInAsync(phase);
        await run.BeganAsync(_token);
        run.Go();
        await Eventually.TrueAsync(
            "the run leaves its exit record", () => File.Exists(Path.Combine(AttemptProcesses.Folder(daemon, id), "exit")), Phase, _token);

        await daemon.StartAsync(_token);

        await SucceededOnceAsync(daemon, run, id);
    }

    [Theory]
    [InlineData("exited")]
    [InlineData("finishing")]
    [InlineData("stored")]
    public async Task A_run_that_has_ended_is_recorded_once(string phase)
    {
        var (daemon, run, id) = await KillInAsync(phase, letGo: true);

        await daemon.StartAsync(_token);

        await SucceededOnceAsync(daemon, run, id);
        Assert.Single(await daemon.HistoryAsync(id, _token), step => step == "succeeded");
    }

    [Fact]
    public async Task A_cancel_under_way_is_carried_out_by_the_next_manager()
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        var id = await daemon.SubmitAsync(_token, ["stubborn", .. run.Arguments]);
        await run.BeganAsync(_token);
        daemon.Failpoints.Arm("cancelling");
        using var revoke = daemon.Cli.Start("task", "revoke", $"{id}");
        await daemon.Failpoints.ReachedAsync("cancelling", Phase, _token);
        await daemon.KillAsync(_token);
        daemon.Failpoints.Release("cancelling");
        Assert.NotEmpty(AttemptProcesses.Of(id));

        await daemon.StartAsync(_token);

        Assert.Equal(JobState.Cancelled, (await daemon.EndAsync(id, _token)).State);
        await Leftovers.GoneAsync(daemon, id, _token);
        // The client waited for the manager to come back.
        Assert.Equal(0, (await revoke.WaitAsync(Phase, _token)).ExitCode);
    }

    [Fact]
    public async Task A_client_that_follows_waits_for_the_next_manager_and_misses_no_byte()
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        using var following = daemon.Cli.Start(["apply", "hold", "--format", "script", .. run.Arguments]);
        await run.BeganAsync(_token);
        var id = Guid.Parse((await following.ErrorLinesAsync(1, _token))[0]);
        await Eventually.TrueAsync("the client has seen the first lines", () => Plays.Counted(following.Stdout).Count() == Plays.Lines / 2, Phase, _token);

        await daemon.KillAsync(_token);
        await Eventually.TrueAsync("the client says that the manager is away", () => following.Errors.Contains("away", StringComparison.Ordinal), Phase, _token);
        run.Go();
        await daemon.StartAsync(_token);

        var result = await following.WaitAsync(Phase, _token);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(await daemon.OutputAsync(id, _token), result.Stdout);
        Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(result.Stdout));
    }

    [Fact]
    public async Task Killed_again_and_again_a_run_is_still_recorded_once()
    {
        var (daemon, run, id) = await KillInAsync("following");
        foreach (var phase in new[] { "following", "following" })
        {
            daemon.Failpoints.Arm(phase);
            await daemon.StartAsync(_token);
            await daemon.Failpoints.ReachedAsync(phase, Phase, _token);
            await daemon.KillAsync(_token);
            daemon.Failpoints.Release(phase);
        }

        daemon.Failpoints.Arm("finishing");
        run.Go();
        await daemon.StartAsync(_token);
        await daemon.Failpoints.ReachedAsync("finishing", Phase, _token);
        await daemon.KillAsync(_token);
        daemon.Failpoints.Release("finishing");
        await daemon.StartAsync(_token);

        await SucceededOnceAsync(daemon, run, id);
    }

    [Fact]
    public async Task An_orderly_stop_leaves_the_run_alone_and_the_next_start_adopts_it()
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        var id = await daemon.SubmitAsync(_token, ["traces", .. run.Arguments]);
        await run.BeganAsync(_token);

        Assert.Equal(0, await daemon.StopAsync(_token));
        run.Go();
        await daemon.StartAsync(_token);

        await SucceededOnceAsync(daemon, run, id);
    }

    private async Task<(Daemon Daemon, HeldRun Run, Guid Id)> KillInAsync(string phase, bool letGo = false)
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        if (letGo)
        {
            run.Go();
        }

        daemon.Failpoints.Arm(phase);
        var id = await daemon.SubmitAsync(_token, ["traces", .. run.Arguments]);
        await daemon.Failpoints.ReachedAsync(phase, Phase, _token);
        await daemon.KillAsync(_token);
        daemon.Failpoints.Release(phase);
        return (daemon, run, id);
    }

    private async Task<JobInfo> SucceededOnceAsync(Daemon daemon, HeldRun run, Guid id)
    {
        var job = await daemon.EndAsync(id, _token);
        Assert.Equal((JobState.Succeeded, null, 0), (job.State, job.Reason, job.ExitCode));
        Assert.Equal(new HostCounts(1, 1, 0, 0, 0), job.Hosts);
        Assert.Equal(1, run.Traces);
        Assert.Equal(1, await run.TracesOnAsync(site.Lab, "node-0", _token));
        var output = await daemon.OutputAsync(id, _token);
        Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(output));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(output)), job.OutputSha256);
        Assert.Equal(job.SpoolSha256, job.OutputSha256);
        await Leftovers.GoneAsync(daemon, id, _token);
        return job;
    }
}
