using System.Text;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Jobs;

/// <summary>Clients come and go; the run does not care, and every client sees the same bytes.</summary>
[Collection(Collections.Site)]
public sealed class DetachTests(SiteFixture site)
{
    private static readonly TimeSpan Soon = Bounds.Long;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task SIGINT_detaches_a_client_without_terminal_and_others_see_the_same_bytes()
    {
        var run = site.Hold();
        using var first = site.Cli.Start(["apply", "hold", "--format", "script", .. run.Arguments]);
        await run.BeganAsync(_token);
        var id = Guid.Parse((await first.ErrorLinesAsync(1, _token))[0]);
        using var second = site.Cli.Start("task", "output", "--follow", $"{id}");
        using var third = site.Cli.Start("log", "--follow", $"{id}");
        await Eventually.TrueAsync(
            "three clients have seen the first lines", () => first.Stdout.Length > 0 && second.Stdout.Length >= first.Stdout.Length && third.Stdout.Length > 0, Soon, _token);

        await first.SignalAsync("INT", _token);
        var left = await first.WaitAsync(Soon, _token);

        Assert.Equal(ExitCode.Detached, left.ExitCode);
        Assert.Contains($"osism task output --follow {id}", left.Errors, StringComparison.Ordinal);
        Assert.Equal(JobState.Running, (await site.Daemon.JobAsync(id, _token)).State);
        run.Go();
        var whole = await second.WaitAsync(Soon, _token);
        Assert.Equal((0, 0), (whole.ExitCode, (await third.WaitAsync(Soon, _token)).ExitCode));
        var stored = await site.Daemon.OutputAsync(id, _token);
        Assert.Equal(stored, whole.Stdout);
        Assert.Equal(stored, third.Stdout);
        Assert.Equal(left.Stdout, stored[..left.Stdout.Length]);
        Assert.Equal(stored[left.Stdout.Length..], (await site.Cli.MustAsync(_token, "task", "output", "--offset", $"{left.Stdout.Length}", $"{id}")).Stdout);
        Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(stored));
    }

    [Fact]
    public async Task Ctrl_C_at_a_terminal_asks_and_d_leaves_the_run_alone()
    {
        var run = site.Hold();
        using var terminal = AtTerminal(["apply", "hold", .. run.Arguments]);
        await run.BeganAsync(_token);

        // Before it shows what comes it has nothing to ask about.
        await Eventually.TrueAsync("it shows the run", () => Screen(terminal).Contains("line-1-end", StringComparison.Ordinal), Soon, _token);
        await terminal.TypeAsync("\u0003", _token);
        await Eventually.TrueAsync("it asks", () => Screen(terminal).Contains("[d]etach", StringComparison.Ordinal), Soon, _token);
        await terminal.TypeAsync("d\n", _token);

        var result = await terminal.WaitAsync(Soon, _token);
        Assert.Equal(ExitCode.Detached, result.ExitCode);
        run.Go();
        Assert.Equal(JobState.Succeeded, (await site.Daemon.EndAsync(JobOf(result), _token)).State);
    }

    [Fact]
    public async Task Ctrl_C_at_a_terminal_and_c_cancels()
    {
        var run = site.Hold();
        using var terminal = AtTerminal(["apply", "hold", .. run.Arguments]);
        await run.BeganAsync(_token);

        // Before it shows what comes it has nothing to ask about.
        await Eventually.TrueAsync("it shows the run", () => Screen(terminal).Contains("line-1-end", StringComparison.Ordinal), Soon, _token);
        await terminal.TypeAsync("\u0003", _token);
        await Eventually.TrueAsync("it asks", () => Screen(terminal).Contains("[c]ancel", StringComparison.Ordinal), Soon, _token);
        await terminal.TypeAsync("c\n", _token);

        var result = await terminal.WaitAsync(Soon, _token);
        Assert.Equal(ExitCode.Cancelled, result.ExitCode);
        Assert.Equal(JobState.Cancelled, (await site.Daemon.JobAsync(JobOf(result), _token)).State);
    }

    [Fact]
    public async Task A_client_that_is_killed_changes_nothing_and_the_chain_goes_on()
    {
        var run = site.Hold();
        using var client = site.Cli.Start(["apply", "hold//hold", "--format", "script", .. run.Arguments]);
        await run.BeganAsync(_token);
        var ids = (await client.ErrorLinesAsync(2, _token)).Select(Guid.Parse).ToList();
        Assert.Equal("parent", Assert.Single((await site.Daemon.JobAsync(ids[1], _token)).WaitingFor).Kind);

        await client.SignalAsync("KILL", _token);
        await client.WaitAsync(Soon, _token);
        run.Go();

        var first = await site.Daemon.EndAsync(ids[0], _token);
        var second = await site.Daemon.EndAsync(ids[1], _token);
        Assert.Equal((JobState.Succeeded, JobState.Succeeded), (first.State, second.State));
        Assert.True(second.StartedAt >= first.EndedAt);
        Assert.Equal(2, run.Traces);
    }

    /// <summary>script(1) gives the client a terminal and hands on its exit code. Without exec a shell in between would meet the Ctrl-C too,
    /// and some shells end at once with its 130.</summary>
    private RunningCommand AtTerminal(string[] arguments)
    {
        var line = "exec " + string.Join(' ', arguments.Prepend(Checkout.Cli).Select(word => $"'{word}'"));
        return (site.Cli.Command() with { File = "/usr/bin/script", Arguments = ["-qefc", line, "/dev/null"], Interactive = true }).Start();
    }

    private static Guid JobOf(CommandResult result) =>
        Guid.Parse(result.Text[(result.Text.IndexOf("job ", StringComparison.Ordinal) + 4)..][..36]);

    private static string Screen(RunningCommand terminal) => Encoding.UTF8.GetString(terminal.Stdout);
}
