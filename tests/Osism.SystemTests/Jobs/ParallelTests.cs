using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Jobs;

/// <summary>Many runs at once, and runs that call the manager themselves.</summary>
[Collection(Collections.Unusual)]
public sealed class ParallelTests(SiteFixture site)
{
    private const int Runs = 20;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Twenty_runs_at_once_succeed_each_with_its_own_connections()
    {
        await using var daemon = await site.StartManagerAsync(_token, ("OSISM_WORKER__SLOTS", $"{Runs}"), ("OSISM_WORKER__OVERFLOW_SLOTS", "0"));
        var runs = new List<(HeldRun Run, Guid Id)>();
        for (var i = 0; i < Runs; i++)
        {
            var run = site.Hold();
            runs.Add((run, await daemon.SubmitAsync(_token, ["traces", .. run.Arguments])));
        }

        // None may go on before all are in their middle.
        foreach (var (run, _) in runs)
        {
            await run.BeganAsync(_token);
        }

        var controlFolders = new List<string>();
        foreach (var (run, id) in runs)
        {
            var plan = await daemon.GetAsync($"{ApiRoutes.Job(id)}/plan", OsismJson.Default.RunPlanInfo, _token);
            controlFolders.Add(plan.Env["ANSIBLE_SSH_CONTROL_PATH_DIR"]);
            run.Go();
        }

        Assert.Equal(Runs, controlFolders.Distinct().Count());
        foreach (var (run, id) in runs)
        {
            Assert.Equal(JobState.Succeeded, (await daemon.EndAsync(id, _token)).State);
            Assert.Equal(1, run.Traces);
            Assert.Equal(1, await run.TracesOnAsync(site.Lab, "node-0", _token));
            Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(await daemon.OutputAsync(id, _token)));
            await Leftovers.GoneAsync(daemon, id, _token);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1)]
    public async Task A_play_that_calls_osism_apply_over_ssh_ends_although_its_queue_has_one_slot(int overflowAfter)
    {
        await using var daemon = await site.StartManagerAsync(
            _token, ("OSISM_WORKER__SLOTS", "1"), ("OSISM_WORKER__OVERFLOW_AFTER", $"00:00:{overflowAfter:00}"));
        var run = site.Hold();
        run.Go();

        var outer = await daemon.SubmitAsync(_token, ["nested", "-e", $"manager_home={daemon.Home}", .. run.Arguments]);

        var ended = await daemon.EndAsync(outer, _token);
        Assert.Equal((JobState.Succeeded, null), (ended.State, ended.Reason));
        Assert.Equal(1, run.Traces);
        var all = (await daemon.GetAsync(ApiRoutes.Jobs, OsismJson.Default.PageJobInfo, _token)).Items;
        var inner = Assert.Single(all, job => job.Role == "hold");
        Assert.Equal((JobState.Succeeded, "dragon"), (inner.State, inner.SubmittedBy));
        Assert.Equal(ended.Queue, inner.Queue);
        Assert.InRange(inner.StartedAt!.Value - inner.SubmittedAt, TimeSpan.FromSeconds(overflowAfter), TimeSpan.FromSeconds(overflowAfter) + Bounds.Long);
    }
}
