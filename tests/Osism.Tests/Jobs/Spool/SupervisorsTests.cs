using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Jobs.Spool;

/// <summary>The supervisor that is there before it is needed.</summary>
public sealed class SupervisorsTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task After_the_first_run_one_waits_and_becomes_that_of_the_next()
    {
        await RunAsync("exit 3", 3);
        var waiting = await WaitingAsync();

        var folder = await SpoolLab.StartedAsync(_jobs, "echo up; sleep 300", _token);
        await SpoolLab.SaysAsync(folder, "up", _token);
        var supervisor = await SpoolLab.SupervisorAsync(folder, _token);

        Assert.False(waiting.Identity.IsAlive);
        Assert.Contains($"/supervise.pl\0{folder.Path}\0", await File.ReadAllTextAsync($"/proc/{supervisor.Pid}/cmdline", _token), StringComparison.Ordinal);
        Assert.Empty(await _jobs.Get<AttemptKiller>().KillAsync(Path.GetFileName(folder.Path), supervisor, Cgroup.None, _token));
    }

    [Fact]
    public async Task One_that_was_killed_is_not_missed()
    {
        await RunAsync("exit 0", 0);
        var waiting = await WaitingAsync();
        Assert.True(waiting.Identity.TrySignal(Signal.Kill));

        await RunAsync("exit 4", 4);
    }

    [Fact]
    public async Task It_ends_with_its_manager()
    {
        await RunAsync("exit 0", 0);
        var waiting = await WaitingAsync();

        _jobs.Get<Supervisors>().Dispose();

        await Eventually.TrueAsync("it is gone", () => !waiting.Identity.IsAlive, SpoolLab.Patience, _token);
        await RunAsync("exit 5", 5);
    }

    private async Task RunAsync(string script, int code) =>
        Assert.Equal(code, await SpoolLab.ExitAsync(await SpoolLab.StartedAsync(_jobs, script, _token), _token));

    /// <summary>Our own child, not that of a test which runs at the same time.</summary>
    private Task<ProcessEntry> WaitingAsync() =>
        Eventually.SomeAsync("one waits", _ => Task.FromResult(_jobs.Get<Supervisors>().WaitingPid is { } pid ? ProcessTree.All().SingleOrDefault(entry => entry.Identity.Pid == pid) : null), SpoolLab.Patience, _token);
}
