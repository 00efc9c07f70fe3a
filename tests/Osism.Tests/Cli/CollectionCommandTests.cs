using System.Text.Json;
using Osism.Cli.Collections;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.Testing;

namespace Osism.Tests.Cli;

/// <summary>Collections at the command line: how a run is begun, shown, left and ended.</summary>
public sealed class CollectionCommandTests : IAsyncDisposable
{
    private static readonly Guid Id = new("0198aaaa-0000-7000-8000-00000000cccc");
    private readonly CliRun _run = new();
    private readonly FakeJobs _jobs = new();
    private readonly FakeManager _manager;
    private readonly Queue<CollectionRunInfo> _answers = new();
    private readonly List<string> _posted = [];
    private CollectionRunInfo _last = Info("running");

    public CollectionCommandTests() => _manager = new FakeManager(_run.Home, AnswerAsync);

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _run.Dispose();
    }

    [Fact]
    public void A_collection_is_submitted_as_one_run_whose_end_is_the_exit_code()
    {
        AddJob("what common said\n");
        AddJob("what keystone said\n");
        _answers.Enqueue(Info("running", ("common", "running"), ("keystone", "pending"), ("nova", "pending")));
        _answers.Enqueue(Info("running", ("common", "succeeded"), ("keystone", "running"), ("nova", "pending")));
        _answers.Enqueue(Info("failed", ("common", "succeeded"), ("keystone", "unreachable"), ("nova", "skipped")));

        var exit = _run.Run("apply", "-r", "1", "nutshell", "-l", "a");

        Assert.Equal(ExitCode.Unreachable, exit);
        Assert.Equal("what common said\nwhat keystone said\n", _run.Output);
        Assert.Contains("node keystone is running", _run.Error, StringComparison.Ordinal);
        Assert.Contains("node keystone unreachable", _run.Error, StringComparison.Ordinal);
        Assert.Contains("node nova skipped", _run.Error, StringComparison.Ordinal);
        Assert.Contains($"osism collection resume {Id}", _run.Error, StringComparison.Ordinal);
        var sent = JsonSerializer.Deserialize(_posted.Single(), OsismJson.Default.SubmitChain)!.Jobs.Single();
        Assert.Equal(("nutshell", 1), (sent.Role, sent.Retry));
        Assert.Equal(["-l", "a"], sent.Arguments);
    }

    [Fact]
    public void Without_waiting_a_script_gets_the_id_of_the_run_only()
    {
        Assert.Equal(0, _run.Run("apply", "--no-wait", "--format", "script", "nutshell"));
        Assert.Equal($"{Id}\n", _run.Output);
    }

    [Fact]
    public void Who_watches_sees_the_graph_drawn_in_place_and_at_its_end_what_failed()
    {
        _run.Screen = CliRun.Watched with { Height = 40 };
        _answers.Enqueue(Info("running", ("common", "running"), ("keystone", "pending"), ("nova", "pending")));
        _answers.Enqueue(Info("failed", ("common", "succeeded"), ("keystone", "failed"), ("nova", "skipped")));

        var exit = _run.Run("apply", "nutshell");

        Assert.Equal(ExitCode.Failed, exit);
        Assert.Empty(_run.Output);
        Assert.Contains($"nutshell {Id}: running, 0 of 3 done, 1 running", _run.Error, StringComparison.Ordinal);
        Assert.Contains("\n\e[K    keystone  pending", _run.Error, StringComparison.Ordinal);
        Assert.Contains("\r\e[3A\e[J", _run.Error, StringComparison.Ordinal);
        Assert.Contains("node keystone failed", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_screen_that_is_too_small_shows_what_fails_and_runs()
    {
        _run.Screen = CliRun.Watched with { Height = 6 };
        var nodes = Enumerable.Range(0, 30).Select(number => ($"n{number}", number switch { 20 => "failed", 25 => "running", _ => "pending" })).ToArray();
        _answers.Enqueue(Info("running", nodes));
        _answers.Enqueue(Info("failed", nodes));

        _run.Run("apply", "nutshell");

        Assert.Contains("n20", _run.Error, StringComparison.Ordinal);
        Assert.Contains("n25", _run.Error, StringComparison.Ordinal);
        Assert.Contains("... 27 more", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tree_is_shown_as_the_original_does_and_nothing_is_submitted()
    {
        Assert.Equal(0, _run.Run("apply", "--show-tree", "nutshell"));

        Assert.Equal("""
            A [0] - common (kolla, kolla-ansible)
            A [1] -- keystone (kolla, kolla-ansible)
            A [2] --- nova (role.unknown: there is none), also after common
            A [0] - say (echo hi)

            """, _run.Output);
        Assert.Empty(_posted);
    }

    [Fact]
    public void A_run_can_be_waited_for_like_a_job()
    {
        var job = _jobs.Add();
        job.End(JobState.Succeeded);
        _answers.Enqueue(Info("running", ("a", "running")));
        _answers.Enqueue(Info("running", ("a", "running")));
        _answers.Enqueue(Info("failed", ("a", "failed")));

        var exit = _run.Run("wait", "--format", "script", $"{job.Id}", $"{Id}");

        Assert.Equal(ExitCode.Failed, exit);
        Assert.Equal($"{job.Id} = succeeded\n{Id} = failed\n", _run.Output);
        Assert.Equal(ExitCode.NotFound, _run.Run("wait", "01900000-0000-7000-8000-000000000000"));
    }

    [Fact]
    public async Task Ctrl_C_asks_and_cancels_the_whole_run()
    {
        _run.Screen = CliRun.Watched;
        _run.Input = new MemoryStream("c\n"u8.ToArray());
        _last = Info("running", ("a", "running"));

        var task = _run.Start("apply", "nutshell");
        await Eventually.TrueAsync(
            "the run is shown", () => _run.Error.Contains("running", StringComparison.Ordinal), Bounds.Long, TestContext.Current.CancellationToken);
        _run.Interrupts.Raise(System.Runtime.InteropServices.PosixSignal.SIGINT);

        Assert.Equal(ExitCode.Cancelled, await task.WaitAsync(Bounds.Long, TestContext.Current.CancellationToken));
        Assert.Contains($"run {Id} is being cancelled", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_commands_of_collections_read_what_the_manager_gives()
    {
        AddJob("why it failed\n");
        _last = Info("failed", ("a", "failed"), ("b", "skipped"));

        Assert.Equal(0, _run.Run("collection", "status"));
        Assert.Equal(0, _run.Run("collection", "status", "nutshell"));
        Assert.Equal(0, _run.Run("collection", "list"));
        Assert.Equal(0, _run.Run("collection", "show", "nutshell"));
        Assert.Equal(ExitCode.Failed, _run.Run("collection", "resume", "nutshell"));
        Assert.Equal(0, _run.Run("collection", "cancel", $"{Id}"));

        Assert.Contains("0 of 2 done, 1 failed, 1 skipped", _run.Output, StringComparison.Ordinal);
        Assert.Contains("A [1] -- keystone", _run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_with_several_parents_stands_once_below_the_deepest() => Assert.Equal(
        ["0 a []", "1 b []", "2 d [a]", "0 c []"],
        GraphTree.Rows([("a", []), ("d", ["a", "b"]), ("b", ["a"]), ("c", []), ("x", ["y"]), ("y", ["x"])])
            .Select(row => $"{row.Depth} {"adbcxy"[row.Index]} [{string.Join(',', row.AlsoAfter)}]"));

    private void AddJob(string output)
    {
        var job = _jobs.Add();
        job.Write(output);
        job.End(JobState.Succeeded);
    }

    private static CollectionRunInfo Info(string state, params (string Name, string State)[] nodes) => new()
    {
        Id = Id,
        Name = "nutshell",
        State = state,
        SubmittedBy = "ada",
        SubmittedAt = DateTimeOffset.UnixEpoch,
        StartedAt = DateTimeOffset.UnixEpoch,
        EndedAt = state == "running" ? null : DateTimeOffset.UnixEpoch.AddSeconds(5),
        Version = $"{state}{string.Concat(nodes.Select(node => node.State))}",
        Nodes = [.. nodes.Select((node, index) => new CollectionRunNodeInfo
        {
            Name = node.Name,
            After = nodes.Length > 3 || index == 0 ? [] : [nodes[index - 1].Name],
            State = node.State,
            Job = Guid.Parse($"0198aaaa-0000-7000-8000-{index + 1:000000000000}"),
            Kind = "ansible",
            Role = node.Name,
            Tries = 1,
        })],
    };

    private Task<FakeAnswer> AnswerAsync(FakeRequest request, CancellationToken cancellationToken)
    {
        const string Definition = """
            {"name":"nutshell","description":"all","source":"built-in","problem":null,"depth":3,"nodes":[
            {"name":"common","after":[],"kind":"ansible","role":"common","environment":"kolla","runtime":"kolla-ansible","sub":null,"action":null,"arguments":[],"problem":null},
            {"name":"keystone","after":["common"],"kind":"ansible","role":"keystone","environment":"kolla","runtime":"kolla-ansible","sub":null,"action":null,"arguments":[],"problem":null},
            {"name":"nova","after":["common","keystone"],"kind":"ansible","role":"nova","environment":null,"runtime":null,"sub":null,"action":null,"arguments":[],"problem":{"code":"role.unknown","message":"there is none"}},
            {"name":"say","after":[],"kind":"command","role":null,"environment":null,"runtime":null,"sub":null,"action":null,"arguments":["echo","hi"],"problem":null}]}
            """;
        var path = request.Path.Split('?')[0];
        if (request.Method == "POST" && path is ApiRoutes.Jobs or ApiRoutes.Chain or ApiRoutes.Explain)
            return Task.FromResult(FakeJobs.Problem(new ProblemInfo(409, "role.is_collection", "nutshell is a collection")));
        if (request.Method == "POST" && path == ApiRoutes.CollectionRuns)
        {
            _posted.Add(request.Body);
            return Task.FromResult(Json(Info("queued")));
        }

        if (path.EndsWith("/cancel", StringComparison.Ordinal))
            return Task.FromResult(Json(_last = Info("cancelled", ("a", "cancelled"))));
        if (path == ApiRoutes.CollectionRuns)
            return Task.FromResult(FakeAnswer.Json(200, $$"""{"items":[{{Text(_last)}}],"next":null}"""));
        if (path.StartsWith(ApiRoutes.CollectionRuns, StringComparison.Ordinal))
        {
            return Task.FromResult(!path.Contains($"{Id}", StringComparison.Ordinal)
                ? FakeJobs.Problem(new ProblemInfo(404, "collection.run_not_found", "there is none"))
                : Json(_answers.TryDequeue(out var next) ? _last = next : _last));
        }

        return path == ApiRoutes.Collections ? Task.FromResult(FakeAnswer.Json(200, $$"""{"items":[{{Definition}}],"next":null}"""))
            : path.StartsWith(ApiRoutes.Collections, StringComparison.Ordinal) ? Task.FromResult(FakeAnswer.Json(200, Definition))
            : _jobs.AnswerAsync(request, cancellationToken);
    }

    private static FakeAnswer Json(CollectionRunInfo run) => FakeAnswer.Json(200, Text(run));

    private static string Text(CollectionRunInfo run) => JsonSerializer.Serialize(run, OsismJson.Default.CollectionRunInfo);
}
