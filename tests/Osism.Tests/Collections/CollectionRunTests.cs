using System.Net.Http.Json;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.Daemon.Collections;
using Osism.Testing;
using Osism.Tests.Hosting;

namespace Osism.Tests.Collections;

/// <summary>Whole runs through the real manager; a script stands in for ansible-playbook: it writes down that its role ran, and fails or waits when a file says so.</summary>
public sealed class CollectionRunTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _marks = new();
    private Manager _manager = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OSISM_WORKER__HEARTBEAT"] = "00:00:00.2",
            ["OSISM_WORKER__SLOTS"] = "8",
            ["OSISM_WORKER__INTERRUPT_GRACE"] = "00:00:01",
            ["OSISM_WORKER__TERMINATE_GRACE"] = "00:00:01",
        });
        _manager.Play($$"""
            for last; do :; done
            role=${last##*playbook-}; role=${role%.yml}
            echo "$role" >>{{_marks.Path}}/ran
            echo "this is $role with $*"
            touch {{_marks.Path}}/$role.began
            while [ -e {{_marks.Path}}/$role.hold ]; do sleep 0.05; done
            if [ -e {{_marks.Path}}/$role.once ]; then rm {{_marks.Path}}/$role.once; exit 1; fi
            [ ! -e {{_marks.Path}}/$role.fail ]
            """);
        foreach (var file in new[] { "configuration", "images", "secrets" })
            Write($"environments/custom/{file}.yml", "a: b\n");
        foreach (var role in new[] { "a", "b", "c", "d", "e" })
            Write($"environments/custom/playbook-{role}.yml", "- hosts: all\n");
        Define("""
            diamond:
              nodes:
                a:
                b: {after: [a]}
                c: {after: [a]}
                d: {after: [b, c]}
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _marks.Dispose();
    }

    [Fact]
    public async Task Siblings_run_side_by_side_and_a_node_with_several_parents_waits_for_all_of_them()
    {
        Mark("b.hold");
        Mark("c.hold");
        var run = await SubmitAsync("diamond");
        await BeganAsync("b");
        await BeganAsync("c");

        Unmark("b.hold");
        var half = await InAsync(run, now => now.Nodes[1].State == "succeeded");
        Unmark("c.hold");
        var whole = await EndAsync(run);

        Assert.Equal(("running", "pending"), (half.State, half.Nodes[3].State));
        Assert.Equal("succeeded", whole.State);
        Assert.Equal(["a", "d"], new[] { Ran()[0], Ran()[^1] });
        Assert.Equal(4, Ran().Length);
        var job = await _manager.GetAsync(ApiRoutes.Job(whole.Nodes[3].Job!.Value), OsismJson.Default.JobInfo);
        Assert.Equal((run.Id, "diamond", "d"), (job.Collection, job.CollectionName, job.Node));
        Assert.Equal(2, job.Parents.Count);
        Assert.Equal(4, (await _manager.GetAsync($"{ApiRoutes.Jobs}?collection={run.Id}", OsismJson.Default.PageJobInfo)).Items.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_graph_of_any_shape_runs_each_node_once_and_behind_all_it_comes_after(int seed)
    {
        const int Nodes = 80;
        var random = new Random(seed);
        var lines = Enumerable.Range(0, Nodes).Select(node =>
            $"n{node}: {{kind: noop, after: [{string.Join(", ", Enumerable.Range(0, node).Where(_ => random.Next(node) < 3).Select(parent => $"n{parent}"))}]}}");

        // Whoever writes the file need not sort it.
        Define("any:\n  nodes:\n" + string.Join('\n', lines.OrderBy(_ => random.Next()).Select(line => $"    {line}")));
        var run = await EndAsync(await SubmitAsync("any"));

        Assert.Equal(("succeeded", Nodes), (run.State, run.Nodes.Count));
        var nodes = run.Nodes.ToDictionary(node => node.Name, StringComparer.Ordinal);
        Assert.All(run.Nodes, node => Assert.Equal(1, node.Tries));
        Assert.All(run.Nodes, node => Assert.All(node.After, parent => Assert.True(nodes[parent].EndedAt <= node.StartedAt)));
    }

    [Fact]
    public async Task Of_several_parents_that_fail_each_stops_what_comes_after_it_once()
    {
        Mark("b.fail");
        Mark("c.fail");

        var stopped = await EndAsync(await SubmitAsync("diamond"));
        Unmark("b.fail");
        await PostAsync(ApiRoutes.ResumeCollectionRun(stopped.Id));
        var again = await EndAsync(stopped);
        Unmark("c.fail");
        await PostAsync(ApiRoutes.ResumeCollectionRun(stopped.Id));
        var whole = await EndAsync(stopped);

        Assert.Equal(["succeeded", "failed", "failed", "skipped"], stopped.Nodes.Select(node => node.State));
        Assert.Equal(["succeeded", "succeeded", "failed", "skipped"], again.Nodes.Select(node => node.State));
        Assert.Equal(("succeeded", "1 2 3 3"), (whole.State, string.Join(' ', whole.Nodes.Select(node => node.Tries))));
    }

    [Fact]
    public async Task A_failure_stops_what_comes_after_it_and_nothing_else_and_a_resumed_run_repeats_only_what_did_not_succeed()
    {
        Define("wide: {nodes: {a: , b: {after: [a]}, c: {after: [b]}, d: , e: {after: [d]}}}");
        Mark("b.fail");

        var stopped = await EndAsync(await SubmitAsync("wide"));

        Assert.Equal("failed", stopped.State);
        Assert.Equal(["succeeded", "failed", "skipped", "succeeded", "succeeded"], stopped.Nodes.Select(node => node.State));
        Assert.Equal("parent.failed", stopped.Nodes[2].Reason!.Code);
        Assert.Contains("b", stopped.Nodes[2].Reason!.Message, StringComparison.Ordinal);

        Unmark("b.fail");
        var before = Ran().Length;
        await PostAsync(ApiRoutes.ResumeCollectionRun(stopped.Id));
        var resumed = await EndAsync(stopped);

        Assert.Equal("succeeded", resumed.State);
        Assert.Equal(["b", "c"], Ran()[before..]);
        Assert.Equal([1, 2, 2, 1, 1], resumed.Nodes.Select(node => node.Tries));
        Assert.Equal("collection.wrong_state", (await RefusedAsync(ApiRoutes.ResumeCollectionRun(stopped.Id))).Code);
    }

    [Fact]
    public async Task Of_those_who_resume_a_run_at_the_same_time_one_does()
    {
        Mark("a.fail");
        var stopped = await EndAsync(await SubmitAsync("diamond"));
        Unmark("a.fail");
        Mark("a.hold");

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var answer = await _manager.Http.PostAsync(ApiRoutes.ResumeCollectionRun(stopped.Id), null, _token);
            return answer.IsSuccessStatusCode;
        }));
        Unmark("a.hold");

        Assert.Single(answers, ok => ok);
        Assert.Equal([2, 2, 2, 2], (await EndAsync(stopped)).Nodes.Select(node => node.Tries));
    }

    [Fact]
    public async Task A_repetition_takes_the_place_of_the_node_that_failed()
    {
        Mark("b.once");

        var run = await EndAsync(await SubmitAsync(new SubmitJob { Role = "diamond", Retry = 1 }));

        Assert.Equal("succeeded", run.State);
        Assert.Equal([1, 2, 1, 1], run.Nodes.Select(node => node.Tries));
        Assert.Equal("d", Ran()[^1]);
    }

    [Fact]
    public async Task A_cancelled_run_is_dead_and_says_so_of_each_node()
    {
        Mark("a.hold");
        var run = await SubmitAsync("diamond");
        await BeganAsync("a");

        await PostAsync(ApiRoutes.CancelCollectionRun(run.Id));
        var ended = await EndAsync(run);

        Assert.Equal("cancelled", ended.State);
        Assert.All(ended.Nodes, node => Assert.Equal("cancelled", node.State));
        Assert.Equal("collection.wrong_state", (await RefusedAsync(ApiRoutes.CancelCollectionRun(run.Id))).Code);
    }

    [Fact]
    public async Task A_rehearsal_walks_the_graph_and_runs_nothing()
    {
        var run = await EndAsync(await SubmitAsync(new SubmitJob { Role = "diamond", DryRun = true }));

        Assert.Equal(("succeeded", true), (run.State, run.DryRun));
        Assert.False(File.Exists(Path.Combine(_marks.Path, "ran")));
        Assert.All(run.Nodes, node => Assert.NotNull(node.EndedAt));
    }

    [Fact]
    public async Task A_command_of_the_repository_runs_like_a_play()
    {
        Write("environments/custom/tell.sh", "#!/bin/sh\necho \"$1 in $PWD as $(id -un), $GREETING, $OSISM_HOME\"; exit $2\n");
        Define("""
            told:
              nodes:
                a:
                tell: {command: [/bin/sh, ./tell.sh, "two words", 0], environment: custom, variables: {GREETING: hello}, after: [a]}
                fails: {command: [/bin/sh, ./tell.sh, no, 3], environment: custom, after: [tell]}
            """);

        var run = await EndAsync(await SubmitAsync("told"));

        Assert.Equal(["succeeded", "succeeded", "failed"], run.Nodes.Select(node => node.State));
        Assert.Contains("exit code 3", run.Nodes[2].Reason!.Message, StringComparison.Ordinal);
        var output = await _manager.Http.GetStringAsync(ApiRoutes.Output(run.Nodes[1].Job!.Value, 0, 0), _token);
        Assert.Equal($"two words in {_manager.Repository}/environments/custom as {Environment.UserName}, hello, {_manager.Home.Root}\n", output);
        var job = await _manager.GetAsync(ApiRoutes.Job(run.Nodes[1].Job!.Value), OsismJson.Default.JobInfo);
        Assert.Equal(("command", "conductor", "custom", null), (job.Kind, job.Queue, job.Environment, job.Role));
        Assert.Equal(["/bin/sh", "./tell.sh", "two words", "0"], job.Arguments);
    }

    [Fact]
    public async Task No_request_can_bring_a_command() => Assert.Equal(
        "request.invalid",
        (await Manager.ProblemAsync(_manager.Http.PostAsync(ApiRoutes.Jobs, Manager.Json("""{"kind":"command","role":"x","arguments":["id"]}"""), _token))).Code);

    [Theory]
    [InlineData("{nodes: {a: , nowhere: {after: [a]}, nothing: {role: nothere}}}", "role.unknown", "node nowhere")]
    [InlineData("{nodes: {a: , b: {after: [c]}, c: {after: [b]}}}", "collection.broken", "b -> c -> b")]
    [InlineData("{nodes: {a: , b: {after: [x]}}}", "collection.broken", "no such node")]
    [InlineData("{nodes: {a: , b: {command: [no-such-program]}}}", "file.missing", "node b")]
    [InlineData("{nodes: {a: , b: {environment: nowhere}}}", "environment.missing", "node b")]
    public async Task Nothing_is_submitted_when_one_node_cannot_be(string definition, string code, string message)
    {
        Define($"bad: {definition}");

        var problem = await RefusedAsync(ApiRoutes.CollectionRuns, "bad");

        Assert.Equal(code, problem.Code);
        Assert.Contains(message, problem.Detail, StringComparison.Ordinal);
        Assert.Empty((await _manager.GetAsync(ApiRoutes.Jobs, OsismJson.Default.PageJobInfo)).Items);
        Assert.Empty((await _manager.GetAsync(ApiRoutes.CollectionRuns, OsismJson.Default.PageCollectionRunInfo)).Items);
    }

    [Fact]
    public async Task A_locked_environment_refuses_the_whole_and_names_the_holder()
    {
        Write("environments/custom/.lock", "by the test\n");

        var problem = await RefusedAsync(ApiRoutes.CollectionRuns, "diamond");

        Assert.Equal("lock.held", problem.Code);
        Assert.NotNull(problem.Holder);
        Assert.Empty((await _manager.GetAsync(ApiRoutes.Jobs, OsismJson.Default.PageJobInfo)).Items);
    }

    [Fact]
    public async Task A_submission_that_is_sent_again_makes_no_second_run()
    {
        var first = await SubmitAsync(new SubmitJob { Role = "diamond" }, "0198c0de-0000-4000-8000-00000000000a");
        var again = await SubmitAsync(new SubmitJob { Role = "diamond" }, "0198c0de-0000-4000-8000-00000000000a");

        Assert.Equal(first.Id, again.Id);
        await EndAsync(first);
        Assert.Equal(4, Ran().Length);
    }

    [Fact]
    public async Task A_collection_is_told_from_a_role_and_named_where_roles_are_submitted()
    {
        var single = await Manager.ProblemAsync(_manager.Http.PostAsJsonAsync(ApiRoutes.Jobs, new SubmitJob { Role = "diamond" }, OsismJson.Default.SubmitJob, _token));
        var chain = await Manager.ProblemAsync(_manager.Http.PostAsJsonAsync(
            ApiRoutes.Chain, new SubmitChain([new SubmitJob { Role = "a" }, new SubmitJob { Role = "nutshell" }]), OsismJson.Default.SubmitChain, _token));

        Assert.Equal(["role.is_collection", "role.is_collection"], new[] { single.Code, chain.Code });
        var known = await _manager.GetAsync(ApiRoutes.Collection("diamond"), OsismJson.Default.CollectionInfo);
        Assert.Equal(("repository", 3, null), (known.Source, known.Depth, known.Problem));
        Assert.All(known.Nodes, node => Assert.Equal(("custom", "custom"), (node.Environment, node.Runtime)));
        Assert.Equal(12, (await _manager.GetAsync(ApiRoutes.Collections, OsismJson.Default.PageCollectionInfo)).Items.Count);
    }

    [Fact]
    public async Task Whoever_runs_a_collection_from_within_the_manager_needs_its_name_only()
    {
        var run = await _manager.Get<CollectionRuns>().SubmitAsync("diamond", "the clock", _token);

        Assert.Equal(("diamond", "the clock"), (run.Name, run.SubmittedBy));
        Assert.Equal("succeeded", (await EndAsync(run)).State);
    }

    private Task<CollectionRunInfo> SubmitAsync(string name) => SubmitAsync(new SubmitJob { Role = name });

    private async Task<CollectionRunInfo> SubmitAsync(SubmitJob link, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, ApiRoutes.CollectionRuns)
        {
            Content = JsonContent.Create(new SubmitChain([link]), OsismJson.Default.SubmitChain),
        };
        if (key is not null)
            request.Headers.Add(ApiRoutes.IdempotencyKeyHeader, key);
        using var answer = await _manager.Http.SendAsync(request, _token);
        return await Manager.ReadAsync(answer, OsismJson.Default.CollectionRunInfo);
    }

    private async Task PostAsync(string path)
    {
        using var answer = await _manager.Http.PostAsync(path, null, _token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(_token));
    }

    private Task<ProblemInfo> RefusedAsync(string path) => Manager.ProblemAsync(_manager.Http.PostAsync(path, null, _token));

    private Task<ProblemInfo> RefusedAsync(string path, string name) => Manager.ProblemAsync(_manager.Http.PostAsJsonAsync(
        path, new SubmitChain([new SubmitJob { Role = name }]), OsismJson.Default.SubmitChain, _token));

    private Task<CollectionRunInfo> EndAsync(CollectionRunInfo run) => InAsync(run, now => CollectionRunStates.IsEnd(now.State));

    private async Task<CollectionRunInfo> InAsync(CollectionRunInfo run, Predicate<CollectionRunInfo> wanted)
    {
        var last = await _manager.GetAsync(ApiRoutes.CollectionRun(run.Id), OsismJson.Default.CollectionRunInfo);
        var began = TimeProvider.System.GetTimestamp();
        while (!wanted(last))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Bounds.Long, string.Join(' ', last.Nodes.Select(node => $"{node.Name}={node.State}")));
            last = await _manager.GetAsync(ApiRoutes.CollectionRunSince(run.Id, last.Version, 5), OsismJson.Default.CollectionRunInfo);
        }

        return last;
    }

    private Task BeganAsync(string role) => Eventually.TrueAsync(
        $"{role} began", () => File.Exists(Path.Combine(_marks.Path, $"{role}.began")), Bounds.Long, _token);

    private string[] Ran() => File.ReadAllLines(Path.Combine(_marks.Path, "ran"));

    private void Mark(string name) => File.WriteAllText(Path.Combine(_marks.Path, name), "");

    private void Unmark(string name) => File.Delete(Path.Combine(_marks.Path, name));

    private void Define(string collections) => Write(
        "environments/collections.yml", "collections:\n" + string.Join('\n', collections.Split('\n').Select(line => $"  {line}")) + "\n");

    private void Write(string name, string text)
    {
        var path = Path.Combine(_manager.Repository, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
