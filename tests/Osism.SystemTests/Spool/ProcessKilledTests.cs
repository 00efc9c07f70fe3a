using System.Diagnostics;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Spool;

/// <summary><c>kill -9</c> of the processes of a run, alone and together with the manager as a reboot does it.</summary>
[Collection(Collections.Crashes)]
public sealed class ProcessKilledTests(SiteFixture site)
{
    /// <summary>A lease runs out in 15 s; the rest is for a machine that has other things to do.</summary>
    private static readonly TimeSpan LostWithin = TimeSpan.FromSeconds(60);
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_ansible_playbook_the_job_failed_with_137_and_names_the_signal()
    {
        var (daemon, _, id) = await RunningAsync("traces");

        await Signals.SendAsync(AttemptProcesses.Playbook(daemon, id), "KILL", _token);

        var job = await daemon.EndAsync(id, _token);
        Assert.Equal((JobState.Failed, 137), (job.State, job.ExitCode));
        Assert.Equal("run.failed", job.Reason!.Code);
        Assert.Contains("signal 9", job.Reason.Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, Plays.Lines / 2), Plays.Counted(await daemon.OutputAsync(id, _token)));
        await Leftovers.GoneAsync(daemon, id, _token);
    }

    [Fact]
    public async Task Of_the_supervisor_the_job_is_lost_and_nothing_of_it_lives()
    {
        var (daemon, _, id) = await RunningAsync("traces");

        await Signals.SendAsync(AttemptProcesses.Supervisor(daemon, id), "KILL", _token);

        var job = await daemon.EndAsync(id, _token);
        Assert.Equal((JobState.Lost, null, "job.lost"), (job.State, job.ExitCode, job.Reason!.Code));
        Assert.Equal(Enumerable.Range(1, Plays.Lines / 2), Plays.Counted(await daemon.OutputAsync(id, _token)));
        await Leftovers.GoneAsync(daemon, id, _token);
    }

    [Fact]
    public async Task Of_everything_at_once_the_job_is_lost_soon_after_the_start_and_its_successors_do_not_run()
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        var chain = await daemon.SubmitChainAsync(_token, ["traces//fails//fails", .. run.Arguments]);
        await run.BeganAsync(_token);

        await daemon.KillAsync(_token);
        await KillAllAsync(chain[0]);
        await daemon.StartAsync(_token);
        var since = Stopwatch.GetTimestamp();

        var job = await daemon.EndAsync(chain[0], _token);
        var took = Stopwatch.GetElapsedTime(since);
        TestContext.Current.TestOutputHelper?.WriteLine($"lost {took.TotalSeconds:0.0} s after the start");
        Assert.Equal((JobState.Lost, "job.lost"), (job.State, job.Reason!.Code));
        Assert.True(took < LostWithin, $"it took {took.TotalSeconds:0.0} s");
        foreach (var next in chain.Skip(1))
        {
            var successor = await daemon.EndAsync(next, _token);
            Assert.Equal((JobState.Cancelled, "parent.failed"), (successor.State, successor.Reason!.Code));
        }

        Assert.Equal(1, run.Traces);
        var wait = await daemon.Cli.RunAsync(_token, ["wait", .. chain.Select(one => $"{one}")]);
        Assert.Equal(ExitCode.Lost, wait.ExitCode);
        await Leftovers.GoneAsync(daemon, chain[0], _token);
    }

    [Fact]
    public async Task A_pid_that_belongs_to_somebody_else_after_a_reboot_is_not_taken_for_the_run()
    {
        var (daemon, _, id) = await RunningAsync("hold");
        await daemon.KillAsync(_token);
        await KillAllAsync(id);
        var file = Path.Combine(AttemptProcesses.Folder(daemon, id), "started");
        using var stranger = new Command("sleep") { Arguments = ["1000"] }.Start();
        // The same boot id would be wrong as well: another boot, and a process that has the number now.
        await File.WriteAllTextAsync(file, $"{Guid.NewGuid()}\n{AttemptProcesses.Read(stranger.Id, "stat")}", _token);

        await daemon.StartAsync(_token);

        Assert.Equal(JobState.Lost, (await daemon.EndAsync(id, _token)).State);
        Assert.True(Signals.IsAlive(stranger.Id));
    }

    private async Task<(Daemon Daemon, HeldRun Run, Guid Id)> RunningAsync(string role)
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        var id = await daemon.SubmitAsync(_token, [role, .. run.Arguments]);
        await run.BeganAsync(_token);
        return (daemon, run, id);
    }

    private async Task KillAllAsync(Guid job)
    {
        await Eventually.TrueAsync(async () =>
        {
            var left = AttemptProcesses.Of(job);
            foreach (var process in left)
            {
                await Signals.SendAsync(process, "KILL", _token);
            }

            return left.Count == 0;
        }, "all processes of the attempt are dead", _token);
    }
}
