using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Tests.Cli;

/// <summary><c>osism task ...</c>, <c>wait</c>, <c>apply</c> without following.</summary>
public sealed class JobCommandTests : IAsyncDisposable
{
    private const string First = "0198aaaa-0000-7000-8000-000000000001";
    private const string Second = "0198aaaa-0000-7000-8000-000000000002";

    private readonly CliRun _run = new();
    private readonly FakeJobs _jobs = new();
    private readonly FakeManager _manager;

    public JobCommandTests() => _manager = new FakeManager(_run.Home, _jobs.AnswerAsync);

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _run.Dispose();
    }

    [Fact]
    public async Task The_list_can_be_narrowed_and_comes_in_every_format()
    {
        _jobs.Add(JobState.Failed);

        Assert.Equal(0, await _run.Start("task", "list", "--state", "failed,lost", "--queue", "q", "--role", "a b", "--host", "h", "--limit", "7", "--all"));
        Assert.Equal("/v1/jobs?state=failed%2Clost&queue=q&role=a%20b&host=h&limit=7&all=true", Assert.Single(_manager.Requests).Path);
        Assert.Contains($"| {First} | facts | generic ", _run.Output, StringComparison.Ordinal);

        using var json = new CliRun();
        await using var manager = new FakeManager(json.Home, _jobs.AnswerAsync);
        Assert.Equal(0, await json.Start("get", "tasks", "--format", "json", "--status", "all"));
        using var document = JsonDocument.Parse(json.Output);
        Assert.Equal(First, document.RootElement[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task All_pages_are_read_when_all_are_wanted_and_one_otherwise()
    {
        var page = """{"items":[{"role":"a","environment":"e","runtime":"r","source":"s"}],"next":NEXT}""";
        using var run = new CliRun();
        await using var manager = new FakeManager(run.Home, request => FakeAnswer.Json(
            200, page.Replace("NEXT", request.Path.Contains("next=7%208", StringComparison.Ordinal) ? "null" : "\"7 8\"", StringComparison.Ordinal)));

        Assert.Equal(0, await run.Start("apply", "--format", "csv"));

        Assert.Equal("role,environment,runtime,source,danger,takes,description\r\na,e,r,s,,,\r\na,e,r,s,,,\r\n", run.Output);
        Assert.Equal(["/v1/roles", "/v1/roles?next=7%208"], manager.Requests.Select(request => request.Path));
        await run.Start("task", "list", "--format", "csv");
        Assert.Equal(3, manager.Requests.Count);
    }

    [Fact]
    public async Task A_job_is_shown_with_its_life_and_its_hosts()
    {
        var job = _jobs.Add(with: info => info with { Arguments = ["-l", "a"], Warnings = [new ReasonInfo("no_hosts", "nobody matched")] });
        job.End(JobState.Succeeded);

        Assert.Equal(0, await _run.Start("task", "show", First));

        Assert.Contains("state       succeeded\n", _run.Output, StringComparison.Ordinal);
        Assert.Contains("arguments   -l a\n", _run.Output, StringComparison.Ordinal);
        Assert.Contains("warning     no_hosts: nobody matched\n", _run.Output, StringComparison.Ordinal);
        Assert.Contains("| node1 | ok ", _run.Output, StringComparison.Ordinal);
        Assert.Contains(" | submitted | root |", _run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_the_job_is_the_top_level_object()
    {
        _jobs.Add();

        Assert.Equal(0, await _run.Start("task", "show", First, "--format", "json"));

        using var document = JsonDocument.Parse(_run.Output);
        Assert.Equal(First, document.RootElement.GetProperty("id").GetString());
        Assert.Single(_manager.Requests);
    }

    [Theory]
    [InlineData("0198aaaa-0000-7000-8000-000000000002", 0, "")]
    [InlineData("0198aaaa000070008000000000000002", 0, "")]
    [InlineData("0198AAAA-0000-7000-8000-00000000000", 2, "2 jobs begin with")]
    [InlineData("0198bbbb", 9, "no job among the live and the latest ones begins with 0198bbbb")]
    [InlineData("0198cccc-0000-7000-8000-000000000009", 9, "there is no job")]
    [InlineData("nova", 2, "'nova' is no job id")]
    [InlineData("019", 2, "'019' is no job id")]
    public async Task An_id_may_be_cut_as_long_as_one_job_alone_is_meant(string id, int exit, string message)
    {
        _jobs.Add();
        _jobs.Add();

        Assert.Equal(exit, await _run.Start("task", "show", id));
        Assert.Contains(message, _run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("task output", "a\e[31mb\e[0m\n")]
    [InlineData("log", "a\e[31mb\e[0m\n")]
    [InlineData("log --offset 1", "\e[31mb\e[0m\n")]
    [InlineData("task output --no-color", "ab\n")]
    [InlineData("task output --offset 99", "")]
    public async Task The_stored_output_is_printed_as_far_as_it_is(string command, string output)
    {
        _jobs.Add().Write("a\e[31mb\e[0m\n");

        Assert.Equal(0, await _run.Start([.. command.Split(' '), First]));
        Assert.Equal(output, _run.Output);
    }

    [Fact]
    public async Task Revoking_ends_with_success_once_all_are_dead()
    {
        _jobs.Add();
        _jobs.Add();

        Assert.Equal(0, await _run.Start("task", "revoke", First, Second));
        Assert.Equal(2, _run.Error.Split("cancelled").Length - 1);
    }

    [Fact]
    public async Task Revoking_what_will_not_die_says_so()
    {
        _jobs.Add();
        _jobs.OnCancel = job => job.Become(info => info with { State = JobState.CancelFailed, Reason = new ReasonInfo("job.cancel_failed", "pid 7 lives") });

        Assert.Equal(ExitCode.Cancelled, await _run.Start("task", "revoke", First));
        Assert.Contains("error: job.cancel_failed: ", _run.Error, StringComparison.Ordinal);
        Assert.Contains("pid 7 lives", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoking_what_has_ended_is_refused_and_the_others_are_ended_all_the_same()
    {
        _jobs.Add().End(JobState.Succeeded);
        var second = _jobs.Add();

        Assert.Equal(ExitCode.Failed, await _run.Start("task", "revoke", First, Second));
        Assert.Contains("error: job.wrong_state", _run.Error, StringComparison.Ordinal);
        Assert.Equal(JobState.Cancelled, second.Info.State);
    }

    [Fact]
    public async Task Waiting_gives_the_exit_code_of_the_first_that_did_not_succeed()
    {
        _jobs.Add().End(JobState.Succeeded);
        _jobs.Add().End(JobState.TimedOut);
        _jobs.Add().End(JobState.Failed);

        Assert.Equal(ExitCode.TimedOut, await _run.Start("wait", "--format", "script", First, Second, "0198aaaa-0000-7000-8000-000000000003"));
        Assert.Equal($"{First} = succeeded\n{Second} = timed_out\n0198aaaa-0000-7000-8000-000000000003 = failed\n", _run.Output);
    }

    [Fact]
    public async Task Waiting_without_ids_is_for_all_that_live()
    {
        _jobs.Add().End(JobState.Failed);
        var second = _jobs.Add();
        var run = _run.Start("wait", "--format", "script", "--output");
        second.Write("done\n");
        second.End(JobState.Succeeded);

        Assert.Equal(0, await run);
        Assert.True(_run.Output is $"done\n{Second} = succeeded\n" or "", _run.Output);
    }

    [Fact]
    public async Task Waiting_for_an_unknown_job_is_refused_before_anything_is_waited_for()
    {
        _jobs.Add();

        Assert.Equal(ExitCode.NotFound, await _run.Start("wait", First, "0198aaaa-0000-7000-8000-000000000009"));
    }

    [Theory]
    [InlineData("--live")]
    [InlineData("--output")]
    public async Task Waiting_has_an_end_when_it_was_given_one(string how)
    {
        _jobs.Add();

        Assert.Equal(ExitCode.TimedOut, await _run.Start("wait", how, "--timeout", "1", First));
        Assert.Equal("error: wait.timed_out: not all jobs had ended after 1 s; they go on\n", _run.Error);
    }

    [Fact]
    public async Task Watching_while_waiting_shows_the_output_as_it_grows()
    {
        var job = _jobs.Add();
        job.Write("live\n");
        job.End(JobState.Succeeded);

        Assert.Equal(0, await _run.Start("wait", "--live", First));
        Assert.Equal("live\n", _run.Output);
    }

    [Fact]
    public async Task Defaults_from_the_environment_reach_the_submission()
    {
        _run.Environment = _run.Environment with { ApplyRetry = "4" };

        Assert.Equal(0, await _run.Start("apply", "--no-wait", "facts"));
        Assert.Contains("\"retry\":4", Assert.Single(_jobs.Submissions), StringComparison.Ordinal);
        Assert.Contains($"'osism task output --follow {First}' follows it", _run.Error, StringComparison.Ordinal);
        Assert.Empty(_run.Output);

        _run.Environment = _run.Environment with { ApplyRetry = "many" };
        Assert.Equal(ExitCode.Usage, await _run.Start("apply", "--no-wait", "facts"));
        Assert.Contains("OSISM_APPLY_RETRY is 'many'", _run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("facts")]
    [InlineData("facts//ping")]
    public async Task A_submission_nobody_answered_is_sent_again_under_the_same_key(string roles)
    {
        var broken = 0;
        using var run = new CliRun();
        await using var manager = new FakeManager(run.Home, async (request, cancellationToken) =>
        {
            // The first time the manager has taken it and dies before it says so.
            if (request.Method == "POST" && broken++ < 2)
                return FakeAnswer.Raw(close: true, broken == 1 ? "" : "HTTP/1.1 201 Created\r\nContent-Len");
            return await _jobs.AnswerAsync(request, cancellationToken);
        });

        Assert.Equal(0, await run.Start("apply", "--no-wait", roles));

        Assert.Equal(3, manager.Requests.Count);
        var key = Guid.Parse(manager.Requests[0].Headers[ApiRoutes.IdempotencyKeyHeader]);
        Assert.All(manager.Requests, request => Assert.Equal(
            (key.ToString(), manager.Requests[0].Body), (request.Headers[ApiRoutes.IdempotencyKeyHeader], request.Body)));
        Assert.Single(_jobs.Submissions);
    }

    [Fact]
    public async Task Each_submission_has_a_key_of_its_own_and_without_a_manager_none_is_sent_twice()
    {
        Assert.Equal(0, await _run.Start("apply", "--no-wait", "facts"));
        Assert.Equal(0, await _run.Start("apply", "--no-wait", "facts"));
        Assert.Equal(2, _manager.Requests.Select(request => request.Headers[ApiRoutes.IdempotencyKeyHeader]).Distinct(StringComparer.Ordinal).Count());

        using var alone = new CliRun();
        Assert.Equal(12, await alone.Start("apply", "--no-wait", "facts"));
    }
}
