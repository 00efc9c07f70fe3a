using System.Text.Json.Nodes;
using Osism.Contracts;
using Osism.Contracts.Recording;
using Osism.Tests.Hosting;

namespace Osism.Tests.Recording;

/// <summary>Results over HTTP: lists, filters, pages, one in full, hosts, matrix, time.</summary>
public sealed class ResultEndpointTests(ReadingFixture fixture) : IClassFixture<ReadingFixture>
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly Manager _manager = fixture.Manager;

    [Fact]
    public async Task Results_of_a_job_come_in_their_order_page_by_page_with_the_words_that_belong_to_them()
    {
        var run = await SmallAsync();
        var read = new List<ResultInfo>();
        string? next = null;
        do
        {
            var page = await _manager.GetAsync($"{ApiRoutes.JobResults(run.Job)}?limit=2{(next is null ? "" : $"&next={next}")}", OsismJson.Default.PageResultInfo);
            Assert.True(page.Items.Count <= 2);
            read.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);

        Assert.Equal(Enumerable.Range(1, 6).Select(run.Result), read.Select(result => result.Id));
        Assert.Equal(["changed", "ok", "failed", "unreachable", "skipped", "ignored"], read.Select(result => result.Status));
        Assert.Equal(
            (run.Job, "Deploy nova", "nova : Copy config", "nova", "node-0", "/ansible/nova.yml:10", 2000L, true),
            (read[0].Job, read[0].Play, read[0].Task, read[0].Role, read[0].Host, read[0].Path, read[0].DurationMs, read[0].Changed));
        Assert.Equal("no space left on \u001b[31mdevice\u0007", read[2].Msg);
    }

    [Theory]
    [InlineData("host=node-1", "ok unreachable")]
    [InlineData("host=node-0&host=node-1", "changed ok failed unreachable skipped ignored")]
    [InlineData("status=failed,unreachable", "failed unreachable")]
    [InlineData("status=ok&status=changed", "changed ok")]
    [InlineData("status=ignored", "ignored")]
    [InlineData("task=COPY", "changed ok")]
    [InlineData("task=copy&host=node-0", "changed")]
    [InlineData("role=nova", "changed ok failed unreachable skipped ignored")]
    [InlineData("role=absent", "")]
    [InlineData("changed=true", "changed")]
    [InlineData("changed=false&host=node-1", "ok unreachable")]
    [InlineData("text=SPACE%20left", "failed")]
    [InlineData("text=needle%20in%20stderr", "ignored")]
    [InlineData("text=gr%C3%BC%C3%9Fe", "ignored")]
    [InlineData("text=say%20%22hi%22", "ignored")]
    public async Task Filters_narrow_the_results_of_a_job_and_of_all_alike(string query, string statuses)
    {
        var run = await SmallAsync();
        var expected = statuses.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        var one = await _manager.GetAsync($"{ApiRoutes.JobResults(run.Job)}?{query}", OsismJson.Default.PageResultInfo);
        var all = await _manager.GetAsync($"{ApiRoutes.Results}?{query}&limit=1000", OsismJson.Default.PageResultInfo);

        Assert.Equal(expected, one.Items.Select(result => result.Status));
        Assert.Equal(expected.Reverse(), all.Items.Where(result => result.Job == run.Job).Select(result => result.Status));
        Assert.Equal(all.Items.Select(result => result.Id).OrderDescending(), all.Items.Select(result => result.Id));
    }

    [Fact]
    public async Task All_results_are_read_page_by_page_newest_first_also_of_one_host()
    {
        var runs = new[] { await SmallAsync(), await SmallAsync(), await SmallAsync() };

        foreach (var (query, each) in new[] { ("limit=4", 6), ("limit=3&host=node-1", 2), ("limit=1&status=failed", 1) })
        {
            var read = new List<ResultInfo>();
            string? next = null;
            do
            {
                var page = await _manager.GetAsync($"{ApiRoutes.Results}?{query}{(next is null ? "" : $"&next={next}")}", OsismJson.Default.PageResultInfo);
                read.AddRange(page.Items);
                next = page.Next;
            }
            while (next is not null);

            Assert.Equal(read.Select(result => result.Id).OrderDescending(), read.Select(result => result.Id));
            Assert.Distinct(read.Select(result => result.Id));
            Assert.All(runs, run => Assert.Equal(each, read.Count(result => result.Job == run.Job)));
        }
    }

    [Fact]
    public async Task Results_are_narrowed_by_time()
    {
        var run = await SmallAsync();
        var first = run.Start.AddSeconds(2);

        var page = await _manager.GetAsync(
            $"{ApiRoutes.Results}?since={Uri.EscapeDataString($"{first:O}")}&until={Uri.EscapeDataString($"{first.AddSeconds(1):O}")}&limit=1000", OsismJson.Default.PageResultInfo);

        Assert.Equal(["unreachable", "failed"], page.Items.Where(result => result.Job == run.Job).Select(result => result.Status));
    }

    [Fact]
    public async Task One_result_comes_with_everything_the_module_returned()
    {
        var run = await SmallAsync();

        var result = await _manager.GetAsync(ApiRoutes.Result(run.Result(6)), OsismJson.Default.ResultDetailInfo);
        Assert.Equal(("ignored", "node-0", "nova : Check"), (result.Status, result.Host, result.Task));
        Assert.Equal("a needle in stderr\ngrüße, say \"hi\"", result.Res!.Value.GetProperty("stderr").GetString());

        var changed = await _manager.GetAsync(ApiRoutes.Result(run.Result(1)), OsismJson.Default.ResultDetailInfo);
        Assert.Equal("old\n", changed.Diff!.Value.GetProperty("before").GetString());
        Assert.Null(changed.CutBytes);
    }

    [Fact]
    public async Task A_result_that_was_cut_says_how_long_it_was()
    {
        var run = await new RecordedRun().Play("p").Task("t")
            .Host("h", "ok", res: new JsonObject { ["_cut"] = new JsonObject { ["bytes"] = 10_485_760, ["sha256"] = "00" } }).WriteAsync(fixture.Database);

        Assert.Equal(10_485_760, (await _manager.GetAsync(ApiRoutes.Result(run.Result(1)), OsismJson.Default.ResultDetailInfo)).CutBytes);
        Assert.Contains("10485760 bytes", fixture.Cli("results", "show", $"{run.Result(1)}").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_of_a_job_come_with_the_first_that_failed_first()
    {
        var run = await SmallAsync();

        var hosts = (await _manager.GetAsync($"{ApiRoutes.JobResults(run.Job)}/hosts", OsismJson.Default.PageRecordedHostInfo)).Items;

        Assert.Equal([("node-0", "failed"), ("node-1", "unreachable")], hosts.Select(host => (host.Host, host.Status)));
        Assert.Equal((run.Result(3), "Install", 1, 1), (hosts[0].Result!.Value, hosts[0].Task, hosts[0].Changed, hosts[0].Ignored));
    }

    [Fact]
    public async Task A_host_names_the_runs_that_touched_it_newest_first()
    {
        var name = $"host-{Guid.NewGuid():N}";
        var first = await new RecordedRun("first").Play("p").Task("t").Host(name, "changed").WriteAsync(fixture.Database);
        var second = await new RecordedRun("second").Play("p").Task("t").Host(name, "failed").WriteAsync(fixture.Database);

        var runs = (await _manager.GetAsync(ApiRoutes.ResultHost(name), OsismJson.Default.PageHostRunInfo)).Items;

        Assert.Equal([(second.Job, "second", "failed"), (first.Job, "first", "changed")], runs.Select(run => (run.Job!.Value, run.Role!, run.Status)));
    }

    [Fact]
    public async Task The_matrix_has_a_character_for_each_task_on_each_host()
    {
        var run = await SmallAsync();

        var matrix = await _manager.GetAsync($"{ApiRoutes.JobResults(run.Job)}/matrix", OsismJson.Default.MatrixInfo);

        Assert.Equal([("node-0", "failed"), ("node-1", "unreachable")], matrix.Hosts.Select(host => (host.Host, host.Status)));
        Assert.Equal([("nova : Copy config", "C."), ("Install", "FU"), ("nova : Check", "s "), ("nova : Check", "I ")], matrix.Tasks.Select(task => (task.Task, task.Cells)));
    }

    [Fact]
    public async Task Timing_says_where_the_time_went_and_when_nothing_ran()
    {
        var run = await SmallAsync();

        var timing = await _manager.GetAsync($"{ApiRoutes.JobResults(run.Job)}/timing", OsismJson.Default.TimingInfo);

        // 2 s, 5 s, a pause of 3 s, 1 s, 1 s.
        Assert.Equal((12_000, 3_000), (timing.ElapsedMs, timing.BetweenMs));
        Assert.Equal(("Install", 5_000, "node-0", 5_000), (timing.Tasks[0].Task, timing.Tasks[0].ElapsedMs, timing.Tasks[0].SlowestHost, timing.Tasks[0].SlowestMs));
        Assert.Equal(3_000, timing.Tasks.Max(task => task.BeforeMs));
        Assert.Equal([("Deploy nova", 7_000L), ("Check", 2_000L)], timing.Plays.Select(play => (play.Play, play.ElapsedMs)));
        Assert.Equal(("node-0", 9_000), (timing.Hosts[0].Host, timing.Hosts[0].WorkMs));
    }

    [Fact]
    public async Task Two_runs_are_compared_task_by_task_and_host_by_host()
    {
        var before = await new RecordedRun().Play("p").Task("same").Host("a", "ok").Host("b", "ok").Task("only before").Host("a", "ok").WriteAsync(fixture.Database);
        var after = await new RecordedRun().Play("p").Task("same").Host("a", "failed", "broken", seconds: 4).Host("b", "ok").Host("c", "ok").Task("only after").Host("a", "ok").WriteAsync(fixture.Database);

        var comparison = await _manager.GetAsync($"{ApiRoutes.JobResults(after.Job)}/compare?with={before.Job}", OsismJson.Default.CompareInfo);

        Assert.Equal([new ComparedResultInfo("same", "a", "ok", "failed", "broken", after.Result(1))], comparison.Results);
        Assert.Equal((1, "only after", "only before", "c"), (comparison.Same, comparison.NewTasks.Single(), comparison.GoneTasks.Single(), comparison.NewHosts.Single()));
        Assert.Equal(new ComparedTimeInfo("same", 1000, 4000), Assert.Single(comparison.Times));
    }

    [Fact]
    public async Task What_changed_in_files_comes_as_unified_diffs()
    {
        var run = await SmallAsync();

        var diffs = (await _manager.GetAsync($"{ApiRoutes.JobResults(run.Job)}/diffs", OsismJson.Default.PageFileDiffInfo)).Items;

        var diff = Assert.Single(diffs);
        Assert.Equal((run.Result(1), "node-0", "/etc/nova/nova.conf"), (diff.Result, diff.Host, diff.File));
        Assert.Equal("--- /etc/nova/nova.conf\n+++ /etc/nova/nova.conf\n@@ -1,1 +1,2 @@\n-old\n+new\n+more\n", diff.Diff);
        Assert.Empty((await _manager.GetAsync($"{ApiRoutes.JobResults(run.Job)}/diffs?file=hosts", OsismJson.Default.PageFileDiffInfo)).Items);
    }

    [Theory]
    [InlineData("/v1/jobs/0198c0de-0000-7000-8000-000000000001/results", 404, "job.not_found", "0198c0de")]
    [InlineData("/v1/jobs/0198c0de-0000-7000-8000-000000000001/results/hosts", 404, "job.not_found", "0198c0de")]
    [InlineData("/v1/jobs/0198c0de-0000-7000-8000-000000000001/results/matrix", 404, "job.not_found", "0198c0de")]
    [InlineData("/v1/jobs/0198c0de-0000-7000-8000-000000000001/results/timing", 404, "job.not_found", "0198c0de")]
    [InlineData("/v1/jobs/0198c0de-0000-7000-8000-000000000001/results/diffs", 404, "job.not_found", "0198c0de")]
    [InlineData("/v1/jobs/0198c0de-0000-7000-8000-000000000001/results/export?format=junit", 404, "job.not_found", "0198c0de")]
    [InlineData("/v1/jobs/0198c0de-0000-7000-8000-000000000001/results/compare?with=0198c0de-0000-7000-8000-000000000002", 404, "job.not_found", "0198c0de")]
    [InlineData("/v1/jobs/0198c0de-0000-7000-8000-000000000001/events/stream", 404, "job.not_found", "0198c0de")]
    [InlineData("/v1/jobs/0198c0de-0000-7000-8000-000000000001/results/export?format=pdf", 400, "request.invalid", "ndjson, text, junit")]
    [InlineData("/v1/search?q=x&job=0198c0de-0000-7000-8000-000000000001", 404, "job.not_found", "0198c0de")]
    [InlineData("/v1/search", 400, "request.invalid", "q must be")]
    [InlineData("/v1/search?q=x&in=nowhere", 400, "request.invalid", "all, output or results")]
    [InlineData("/v1/search?q=x&next=1.2", 400, "request.invalid", "next is not")]
    [InlineData("/v1/results/4711", 404, "result.not_found", "4711")]
    [InlineData("/v1/results/hosts/nobody", 404, "host.unrecorded", "nobody")]
    [InlineData("/v1/results?status=bad", 400, "request.invalid", "ok, changed, failed, ignored, unreachable, skipped")]
    [InlineData("/v1/results?limit=0", 400, "request.invalid", "limit")]
    [InlineData("/v1/results?next=x", 400, "request.invalid", "next is not")]
    [InlineData("/v1/results?since=yesterday", 400, "request.invalid", "since")]
    public async Task What_is_refused_says_why(string path, int status, string code, string word)
    {
        var problem = await Manager.ProblemAsync(_manager.Http.GetAsync(new Uri(path, UriKind.Relative), _token));

        Assert.Equal((status, code), (problem.Status, problem.Code));
        Assert.Contains(word, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_a_job_does_not_have_is_not_found()
    {
        var run = await SmallAsync();

        Assert.Equal("host.unrecorded", (await Manager.ProblemAsync(_manager.Http.GetAsync($"{ApiRoutes.JobResults(run.Job)}?host=node-9", _token))).Code);
    }

    private Task<RecordedRun> SmallAsync() => Runs.SmallAsync(fixture.Database);
}
