using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Jobs;

/// <summary>Runs of collections on real processes: what a manager that dies leaves of them, and what a cancelled command leaves.</summary>
[Collection(Collections.Crashes)]
public sealed class CollectionTests(SiteFixture site)
{
    private static readonly TimeSpan Patience = Bounds.Long;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_goes_on_after_kill_9_of_the_manager_in_its_middle_and_every_node_runs_once()
    {
        var daemon = await site.ReadyAsync(_token);
        var (play, command) = (site.Hold(), site.Hold());
        await DefineAsync($$"""
            survives:
              nodes:
                play: {role: hold, arguments: [{{string.Join(", ", play.Arguments)}}]}
                command: {command: [./wait.sh, "{{command.Folder}}/{{command.Name}}"]}
                last: {role: hold, arguments: [{{string.Join(", ", play.Arguments)}}], after: [play, command]}
            """);
        var id = await SubmitAsync(daemon, "survives");
        await play.BeganAsync(_token);
        await command.BeganAsync(_token);

        await daemon.KillAsync(_token);
        play.Go();
        command.Go();
        await daemon.StartAsync(_token);
        var wait = await (daemon.Cli.Command("wait", "--format", "script", $"{id}") with { Timeout = Patience }).RunAsync(_token);

        Assert.Equal((0, $"{id} = succeeded\n"), (wait.ExitCode, wait.Text));
        Assert.Equal((2, 1), (play.Traces, command.Traces));
        var run = await RunAsync(daemon, id);
        Assert.All(run.Nodes, node => Assert.Equal(1, node.Tries));
        var output = System.Text.Encoding.UTF8.GetString(await daemon.OutputAsync(run.Nodes[1].Job!.Value, _token));
        Assert.Equal("waiting as dragon\ndone\n", output);
    }

    [Fact]
    public async Task A_cancelled_command_is_dead_with_all_it_started()
    {
        var daemon = await site.ReadyAsync(_token);
        var held = site.Hold();
        await DefineAsync($$"""
            stays:
              nodes:
                stay: {command: [./stay.sh, "{{held.Folder}}/{{held.Name}}"]}
                never: {role: hold, after: [stay]}
            """);
        var id = await SubmitAsync(daemon, "stays");
        await held.BeganAsync(_token);
        var job = (await RunAsync(daemon, id)).Nodes[0].Job!.Value;
        Assert.NotEmpty(AttemptProcesses.Of(job));

        var cancel = await daemon.Cli.RunAsync(_token, "collection", "cancel", "stays");

        Assert.True(cancel.ExitCode == 0, cancel.Errors);
        var run = await RunAsync(daemon, id);
        Assert.Equal(("cancelled", "cancelled", "cancelled"), (run.State, run.Nodes[0].State, run.Nodes[1].State));
        await Leftovers.GoneAsync(daemon, job, _token);
    }

    [Fact]
    public async Task A_failed_collection_ends_with_the_code_of_its_failure_and_resumes_where_it_stopped()
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        run.Go();
        var arguments = string.Join(", ", run.Arguments);
        await DefineAsync($$"""
            again:
              nodes:
                first: {role: hold, arguments: [{{arguments}}]}
                second: {role: second-time, arguments: [{{arguments}}], after: first}
                third: {role: hold, arguments: [{{arguments}}], after: second}
            """);

        var failed = await (daemon.Cli.Command("apply", "again", "--format", "script") with { Timeout = Patience }).RunAsync(_token);
        var resumed = await (daemon.Cli.Command("collection", "resume", "again") with { Timeout = Patience }).RunAsync(_token);

        Assert.Equal(ExitCode.Failed, failed.ExitCode);
        Assert.Contains("node third skipped", failed.Errors, StringComparison.Ordinal);
        Assert.Contains("Ask for the mark", failed.Text, StringComparison.Ordinal);
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        // first, second twice, third
        Assert.Equal(4, run.Traces);
        Assert.Equal([1, 2, 2], (await RunAsync(daemon, Guid.Parse(failed.Errors.Split('\n')[0]))).Nodes.Select(node => node.Tries));
        Assert.Contains("again", (await daemon.Cli.MustAsync(_token, "task", "list", "--limit", "1")).Text, StringComparison.Ordinal);
    }

    private async Task DefineAsync(string collection)
    {
        var lines = string.Join('\n', collection.Split('\n').Select(line => $"  {line}"));
        await site.Pod.WriteAsync("environments/collections.yml", $"collections:\n{lines}\n", _token);
        await ScriptAsync("wait.sh", """
            echo "waiting as $(id -un)"
            echo x >>$1.trace && touch $1.began
            until [ -e $1.go ]; do sleep 0.05; done
            echo done
            """);
        await ScriptAsync("stay.sh", """
            trap '' INT TERM HUP
            setsid -f sleep 1001 >/dev/null 2>&1 </dev/null
            touch $1.began
            while :; do sleep 0.1; done
            """);
    }

    private async Task ScriptAsync(string name, string text)
    {
        await site.Pod.WriteAsync(name, $"#!/bin/sh\n{text}\n", _token);
        File.SetUnixFileMode(site.Pod.PathOf(name), (UnixFileMode)0b111_101_101);
    }

    private async Task<Guid> SubmitAsync(Daemon daemon, string name) =>
        Guid.Parse((await daemon.Cli.MustAsync(_token, "apply", "--no-wait", "--format", "script", name)).Text.Trim());

    private Task<CollectionRunInfo> RunAsync(Daemon daemon, Guid id) =>
        daemon.GetAsync(ApiRoutes.CollectionRun(id), OsismJson.Default.CollectionRunInfo, _token);
}
