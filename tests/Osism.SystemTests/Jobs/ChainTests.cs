using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;

namespace Osism.SystemTests.Jobs;

/// <summary>Chains, repetitions and time limits, as the command line shows them.</summary>
[Collection(Collections.Site)]
public sealed class ChainTests(SiteFixture site)
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_comes_after_a_failure_does_not_run_and_the_exit_code_is_that_of_the_failure()
    {
        var run = site.Hold();

        var result = await site.Cli.RunAsync(_token, ["apply", "fails//hold//hold", "--format", "script", .. run.Arguments]);

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        var ids = result.Errors.Split('\n').Take(3).Select(Guid.Parse).ToList();
        Assert.Equal(JobState.Failed, (await site.Daemon.JobAsync(ids[0], _token)).State);
        foreach (var id in ids.Skip(1))
        {
            var job = await site.Daemon.JobAsync(id, _token);
            Assert.Equal((JobState.Cancelled, "parent.failed", 0), (job.State, job.Reason!.Code, job.Attempt));
        }

        Assert.Equal(1, run.Traces);
    }

    [Fact]
    public async Task A_failed_job_is_repeated_as_often_as_was_asked_for()
    {
        var run = site.Hold();

        var result = await site.Cli.RunAsync(_token, ["apply", "-r", "2", "fails", "--format", "script", .. run.Arguments]);

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Equal(3, run.Traces);
        var first = await site.Daemon.JobAsync(Guid.Parse(result.Errors.Split('\n')[0]), _token);
        var second = await RetryOfAsync(first);
        var third = await RetryOfAsync(second);
        Assert.Equal([2, 1, 0], new[] { first, second, third }.Select(job => job.RetriesLeft));
        Assert.Empty((await site.Daemon.GetAsync(ApiRoutes.RetriesOf(third.Id), OsismJson.Default.PageJobInfo, _token)).Items);
    }

    [Fact]
    public async Task What_succeeds_at_the_second_try_lets_its_successor_run()
    {
        var run = site.Hold();
        run.Go();

        var result = await site.Cli.RunAsync(_token, ["apply", "-r", "2", "second-time//hold", .. run.Arguments]);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal(3, run.Traces);
    }

    [Fact]
    public async Task A_job_that_takes_too_long_is_ended_with_all_its_processes()
    {
        var run = site.Hold();

        var result = await site.Cli.RunAsync(_token, ["apply", "--task-timeout", "3", "hold", "--format", "script", .. run.Arguments]);

        Assert.Equal(ExitCode.TimedOut, result.ExitCode);
        var job = await site.Daemon.JobAsync(Guid.Parse(result.Errors.Split('\n')[0]), _token);
        Assert.Equal((JobState.TimedOut, "job.timed_out"), (job.State, job.Reason!.Code));
        await Leftovers.GoneAsync(site.Daemon, job.Id, _token);
    }

    [Fact]
    public async Task Wait_ends_with_the_code_of_the_first_that_did_not_succeed()
    {
        var run = site.Hold();
        run.Go();
        var good = await site.Daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);
        var bad = await site.Daemon.SubmitAsync(_token, ["fails", .. run.Arguments]);

        var wait = await site.Cli.RunAsync(_token, "wait", "--format", "script", $"{good}", $"{bad}");

        Assert.Equal(ExitCode.Failed, wait.ExitCode);
        Assert.Equal($"{good} = succeeded\n{bad} = failed\n", wait.Text);
        Assert.Equal(ExitCode.NotFound, (await site.Cli.RunAsync(_token, "wait", "01900000-0000-7000-8000-000000000000", $"{good}")).ExitCode);
    }

    private async Task<JobInfo> RetryOfAsync(JobInfo job) =>
        Assert.Single((await site.Daemon.GetAsync(ApiRoutes.RetriesOf(job.Id), OsismJson.Default.PageJobInfo, _token)).Items);
}
