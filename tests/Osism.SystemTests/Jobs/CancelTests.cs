using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Jobs;

/// <summary><c>osism task revoke</c>: everything that belongs to a job dies, and only then does the command end.</summary>
[Collection(Collections.Site)]
public sealed class CancelTests(SiteFixture site)
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("hold")]
    [InlineData("stubborn")]
    [InlineData("runaway")]
    public async Task Nothing_of_a_revoked_job_lives(string role)
    {
        var id = await RunningAsync(role);
        Assert.NotEmpty(AttemptProcesses.Of(id));

        var revoke = await site.Cli.RunAsync(_token, "task", "revoke", $"{id}");

        Assert.Equal(0, revoke.ExitCode);
        Assert.Empty(AttemptProcesses.Described(id));
        var job = await site.Daemon.JobAsync(id, _token);
        Assert.Equal((JobState.Cancelled, "job.cancelled"), (job.State, job.Reason!.Code));
        Assert.Equal("root", job.CancelledBy);
        Assert.Contains("cancel_requested", await site.Daemon.HistoryAsync(id, _token));
        await Leftovers.GoneAsync(site.Daemon, id, _token);
    }

    [Fact]
    public async Task Commands_that_may_go_on_elsewhere_are_named_by_host_and_task()
    {
        var id = await RunningAsync("remote");
        await Eventually.TrueAsync(
            "the command runs on the node", async token => (await site.Lab.ExecAsync("node-1", ["pgrep", "-x", "sleep"], token)).ExitCode == 0,
            Bounds.Long, _token);

        var revoke = await site.Cli.RunAsync(_token, "task", "revoke", $"{id}");
        await site.Lab.ExecAsync("node-1", ["pkill", "-x", "sleep"], _token);

        Assert.Equal(0, revoke.ExitCode);
        var job = await site.Daemon.JobAsync(id, _token);
        Assert.Equal(JobState.Cancelled, job.State);
        Assert.Contains("node-1", job.Reason!.Message, StringComparison.Ordinal);
        Assert.Contains("Sleep over there", job.Reason.Message, StringComparison.Ordinal);
        Assert.Empty(AttemptProcesses.Described(id));
        await Leftovers.GoneAsync(site.Daemon, id, _token);
    }

    [Fact]
    public async Task A_queued_job_is_cancelled_at_once_and_never_runs()
    {
        var run = site.Hold();
        var chain = await site.Daemon.SubmitChainAsync(_token, ["hold//fails", .. run.Arguments]);

        var revoke = await site.Cli.RunAsync(_token, "task", "revoke", $"{chain[1]}");
        run.Go();

        Assert.Equal(0, revoke.ExitCode);
        Assert.Equal(JobState.Cancelled, (await site.Daemon.JobAsync(chain[1], _token)).State);
        Assert.Equal(JobState.Succeeded, (await site.Daemon.EndAsync(chain[0], _token)).State);
        Assert.Equal(1, run.Traces);
    }

    [Fact]
    public async Task The_watcher_of_a_revoked_job_ends_with_6()
    {
        var run = site.Hold();
        using var following = site.Cli.Start(["apply", "hold", "--format", "script", .. run.Arguments]);
        await run.BeganAsync(_token);

        await site.Cli.MustAsync(_token, "task", "revoke", (await following.ErrorLinesAsync(1, _token))[0]);

        Assert.Equal(ExitCode.Cancelled, (await following.WaitAsync(Bounds.Long, _token)).ExitCode);
    }

    [Fact]
    public async Task An_ended_job_is_in_the_wrong_state()
    {
        var run = site.Hold();
        run.Go();
        var id = await site.Daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);
        await site.Daemon.EndAsync(id, _token);

        var revoke = await site.Cli.RunAsync(_token, "task", "revoke", $"{id}");

        Assert.Equal(ExitCode.Failed, revoke.ExitCode);
        Assert.StartsWith("error: job.wrong_state: ", revoke.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_job_is_not_found()
    {
        var revoke = await site.Cli.RunAsync(_token, "task", "revoke", "01900000-0000-7000-8000-000000000000");

        Assert.Equal(ExitCode.NotFound, revoke.ExitCode);
        Assert.StartsWith("error: job.not_found: ", revoke.Errors, StringComparison.Ordinal);
    }

    private async Task<Guid> RunningAsync(string role)
    {
        var run = site.Hold();
        var id = await site.Daemon.SubmitAsync(_token, [role, .. run.Arguments]);
        await run.BeganAsync(_token);
        return id;
    }
}
