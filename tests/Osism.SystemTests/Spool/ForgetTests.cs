using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Spool;

/// <summary><c>osism task forget</c>: an operator gives up a job whose worker cannot be reached, and the worker comes back all the same.</summary>
public sealed class ForgetTests(KillSite site) : IClassFixture<KillSite>
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_forgotten_job_is_lost_and_its_key_free_at_once_and_nothing_of_it_lives_once_its_worker_is_back()
    {
        await site.ReadyAsync(_token);
        var daemon = site.Daemon;
        var id = await site.SubmitAsync("running", "forgotten", _token);
        await site.BeganAsync("forgotten", _token);
        site.Open("next");
        var next = await site.SubmitAsync("running", "next", _token);
        Assert.Equal(ExitCode.Failed, (await daemon.Cli.RunAsync(_token, "task", "forget", $"{id}", "--force")).ExitCode);

        await Signals.SendAsync(site.First!.Id, "STOP", _token);
        await daemon.InStateAsync(id, JobState.Disconnected, _token);
        Assert.Contains((await daemon.JobAsync(next, _token)).WaitingFor, one => one.Kind == "lock" && one.Holder!.Contains($"{id}", StringComparison.Ordinal));
        var unsure = await daemon.Cli.RunAsync(_token, "task", "forget", $"{id}");
        Assert.Equal((ExitCode.Usage, true), (unsure.ExitCode, unsure.Errors.Contains("--force", StringComparison.Ordinal)));
        await daemon.Cli.MustAsync(_token, "task", "forget", $"{id}", "--force");

        var lost = await daemon.JobAsync(id, _token);
        Assert.Equal((JobState.Lost, "job.lost"), (lost.State, lost.Reason!.Code));
        Assert.Contains("root", lost.Reason.Message, StringComparison.Ordinal);
        Assert.DoesNotContain((await daemon.JobAsync(next, _token)).WaitingFor, one => one.Kind == "lock");
        Assert.NotEmpty(AttemptProcesses.Of(id));
        await Signals.SendAsync(site.First.Id, "CONT", _token);

        Assert.Equal(JobState.Succeeded, (await daemon.EndAsync(next, _token)).State);
        await Leftovers.GoneAsync(daemon, id, _token);
        Assert.Equal(lost.OutputBytes, (await daemon.JobAsync(id, _token)).OutputBytes);
        Assert.Equal(JobState.Lost, (await daemon.JobAsync(id, _token)).State);
        Assert.Equal("0", await daemon.QueryAsync("select count(*) from job_key", _token));
    }
}
