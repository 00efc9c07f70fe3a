using System.Text;
using FsCheck.Fluent;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording.Bodies;
using Osism.Daemon.Recording.Ingest;
using Osism.Testing;
using Osism.Tests.Jobs;

namespace Osism.Tests.Recording;

/// <summary>Events of a run become rows and stored lines, once each, whatever happens in between.</summary>
public sealed class EventPumpTests : IAsyncLifetime
{
    private const string Secret = "changed";
    private const string Tables = """
        select json_build_array(
            (select json_agg(to_jsonb(p) - 'id' - 'job_id' - 'stream' - 'updated' order by ordinal) from rec_playbook p where job_id = @job),
            (select json_agg(to_jsonb(r) - 'id' - 'updated' || jsonb_build_object('n', r.id & 16777215) order by r.id) from rec_play r join rec_playbook p on r.id >> 24 = p.id where p.job_id = @job),
            (select json_agg(to_jsonb(r) - 'id' - 'play' - 'file' - 'updated' || jsonb_build_object('n', r.id & 16777215, 'play', r.play & 16777215, 'file', r.file & 16777215) order by r.id) from rec_task r join rec_playbook p on r.id >> 24 = p.id where p.job_id = @job),
            (select json_agg(to_jsonb(r) - 'id' - 'playbook' - 'updated' || jsonb_build_object('n', r.id & 16777215) order by r.id) from rec_host r join rec_playbook p on r.playbook = p.id where p.job_id = @job),
            (select json_agg(to_jsonb(r) - 'id' - 'task' - 'host' - 'delegated_to' || jsonb_build_object('n', r.id & 16777215, 'task', r.task & 16777215, 'host', r.host & 16777215, 'delegates', (select json_agg(d & 16777215) from unnest(r.delegated_to) d)) order by r.id) from rec_result r join rec_playbook p on r.id >> 24 = p.id where p.job_id = @job),
            (select json_agg(to_jsonb(r) - 'id' - 'playbook' || jsonb_build_object('n', r.id & 16777215) order by r.id) from rec_file r join rec_playbook p on r.playbook = p.id where p.job_id = @job))::text
        """;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly SecretSet _secrets = SecretSet.Build([Secret, "123456"]);
    private readonly TempFolder _folder = new();
    private readonly WorkerIdentity _worker = JobsSetup.Worker("one");
    private JobsSetup _jobs = null!;

    private string FilePath => _folder["events.ndjson"];

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _jobs.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_run_becomes_rows_of_ansibles_own_model()
    {
        var job = await StoredAsync(EventLines.Run(), []);

        var (path, status, plays, tasks, results, hosts) = Assert.Single(await _jobs.QueryAsync<(string, short, int, int, int, int)>(
            "select path, status, plays, tasks, results, hosts from rec_playbook where job_id = @Id", new { job.Id }));
        Assert.Equal(("/pod/site.yml", 4, 2, 4, 8, 3), (path, status, plays, tasks, results, hosts));
        Assert.Equal(
            ["Install|package|/pod/site.yml|7|3|2", "Configure|copy|/pod/roles/web/tasks/main.yml|3|3|3", "Restart web|service|/pod/roles/web/handlers/main.yml|1|3|1", "Ping|ping|/pod/site.yml|20|4|2"],
            await _jobs.QueryAsync<string>("select concat_ws('|', name, action, path, lineno, status, results) from rec_task order by id"));
        Assert.Equal(
            ["a|3|2|0|0", "b|2|1|0|1", "c|0|0|1|0"],
            await _jobs.QueryAsync<string>("select concat_ws('|', name, ok, changed, failed, unreachable) from rec_host order by name"));
        Assert.Equal(
            ["c: no space left on device", "b: Connection timed out"],
            await _jobs.QueryAsync<string>("select h.name || ': ' || r.msg from rec_result r join rec_host h on h.id = r.host where r.status in (2, 4) and not r.is_ignored order by r.id"));
        Assert.Equal(["1,3,3", "7"], await _jobs.QueryAsync<string>(
            "select concat_ws(',', items, retries, (select string_agg((d & 16777215)::text, '+') from unnest(delegated_to) d)) from rec_result where items is not null or retries is not null order by id desc"));
    }

    [Fact]
    public async Task The_line_of_a_result_is_found_by_its_row_and_holds_no_secret()
    {
        var job = await StoredAsync(EventLines.Run(), []);

        var places = await _jobs.QueryAsync<(long, int)>("select body_start, body_length from rec_result order by id");
        var lines = await _jobs.Get<BodyReader>().ReadAsync([.. places.Select(place => new BodyPlace(job.Id, place.Item1, place.Item2))], _token);

        Assert.Equal(8, lines.Length);
        foreach (var line in lines)
        {
            using var body = MaskedJson.Parse(line);
            Assert.NotNull(body);
            Assert.Equal("host", body.RootElement.GetProperty("ev").GetString());
            Assert.DoesNotContain(Secret, Encoding.UTF8.GetString(line), StringComparison.Ordinal);
        }

        // The masker takes a number out of the middle of a line: what is left can still be read.
        Assert.Contains(lines, line => Encoding.UTF8.GetString(line).Contains("\"port\":***", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Facts_go_to_the_store_of_facts_with_the_line_that_holds_them()
    {
        var job = await StoredAsync(EventLines.Run(), []);

        var (host, source, document) = Assert.Single(await _jobs.QueryAsync<(string, string, string)>(
            "select host, source, convert_from(document, 'UTF8') from fact_inbox where job = @Id", new { job.Id }));
        Assert.Equal(("a", "package_facts", """{"packages":{"nginx":[{"version":"1.2"}]}}"""), (host, source, document));
        Assert.Equal([true], await _jobs.QueryAsync<bool>("select facts_start is not null from rec_host where name = 'a'"));
    }

    [Fact]
    public async Task Cut_anywhere_and_taken_up_by_somebody_else_the_tables_are_the_same()
    {
        var whole = await TablesAsync(await StoredAsync(EventLines.Run(), []));
        var bytes = Encoding.UTF8.GetBytes(EventLines.Run());
        var samples = Gen.Sample(Gen.Select(Gen.ListOf(Gen.Choose(0, bytes.Length), 3), cut => cut.Order().ToArray()), 40).ToList();
        Assert.Equal(40, samples.Count);
        foreach (var cut in samples)
        {
            var job = await StoredAsync(EventLines.Run(), cut);
            Assert.Equal((string.Join(',', cut), whole), (string.Join(',', cut), await TablesAsync(job)));
        }
    }

    [Fact]
    public async Task An_answer_that_was_lost_makes_no_row_twice()
    {
        var job = await StartAsync(EventLines.Run());
        using var first = Pump(job);
        await first.ResumeAsync(0, 0, _token);

        // It stores everything, and dies before it knows: who comes next thinks nothing is stored.
        using (var dying = Pump(job))
        {
            await dying.ResumeAsync(0, 0, _token);
            await DrainAsync(dying, job);
        }

        await DrainAsync(first, job);
        await first.CloseAsync(job.Attempt, 2, _token);

        Assert.Equal(await TablesAsync(await StoredAsync(EventLines.Run(), [])), await TablesAsync(job));
    }

    [Fact]
    public async Task Who_lost_the_job_writes_no_rows()
    {
        var job = await StartAsync(EventLines.Run());
        using var pump = Pump(job);
        await pump.ResumeAsync(0, 0, _token);
        await _jobs.Store.AdoptAsync(job, JobsSetup.Worker("two"), _token);

        Assert.Equal(PumpResult.Fenced, await pump.StepAsync(job.Attempt, true, _token));

        Assert.Equal([0], await _jobs.QueryAsync<long>("select (select count(*) from rec_playbook) + (select count(*) from rec_result)"));
    }

    [Theory]
    [InlineData("torn", "{\"v\":1,\"seq\":9,\"ev\":\"host\",\"h\":\"a\",\"sta\n")]
    [InlineData("binary", "\u0001\u0000\u00ff\n")]
    [InlineData("glued", "{\"ev\":\"host\"}{\"ev\":\"host\"}\n")]
    [InlineData("not an object", "[1,2]\n")]
    public async Task A_line_that_is_no_event_is_stored_and_counted(string what, string line)
    {
        var run = EventLines.Run();
        var at = run.IndexOf('\n', run.Length / 2) + 1;
        var job = await StoredAsync(run.Insert(at, line), []);

        Assert.Equal([(1, 8)], await _jobs.QueryAsync<(int, int)>("select unreadable, results from rec_playbook where job_id = @Id", new { job.Id }));
        var stored = await _jobs.Output.ReadAsync(job.Id, StreamKind.Events, 0, 1 << 20, _token);
        Assert.True(stored.AsSpan().IndexOf(Encoding.UTF8.GetBytes(line)) >= 0, what);
    }

    [Fact]
    public async Task Kinds_and_fields_of_a_newer_callback_stay_in_the_stream_and_disturb_nothing()
    {
        var whole = await TablesAsync(await StoredAsync(EventLines.Run(), []));
        var newer = EventLines.Run().Replace("{\"v\":1,", "{\"v\":1,\"shape\":{\"ev\":[\"host\"]},", StringComparison.Ordinal) + "{\"v\":2,\"seq\":99,\"ev\":\"weather\",\"h\":\"a\"}\n";

        var job = await StoredAsync(newer, []);

        Assert.Equal(Places().Replace(whole, ""), Places().Replace(await TablesAsync(job), ""));

        static System.Text.RegularExpressions.Regex Places() => new("\"(?:body|facts)_(?:start|length)\": ?\\d+,? ?", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Results_whose_task_was_never_announced_are_recorded()
    {
        var job = await StoredAsync("""
            {"v":1,"seq":1,"t":1790000000.5,"ev":"host","h":"a","task":"t9","status":"failed","res":{"msg":"it broke"}}

            """, []);

        Assert.Equal(["a: it broke"], await _jobs.QueryAsync<string>(
            "select h.name || ': ' || r.msg from rec_result r join rec_host h on h.id = r.host join rec_playbook p on p.id = h.playbook where p.job_id = @Id", new { job.Id }));
    }

    [Fact]
    public async Task A_clock_that_jumps_lets_nothing_end_before_it_began()
    {
        var run = EventLines.Run().Replace("\"t\":1790000004", "\"t\":1789990004", StringComparison.Ordinal).Replace("\"t\":1790000006", "\"t\":-5", StringComparison.Ordinal)
            .Replace("\"t\":1790000007.0", "\"t\":1e300", StringComparison.Ordinal);

        await StoredAsync(run, []);

        Assert.Equal([0], await _jobs.QueryAsync<long>("""
            select (select count(*) from rec_result where ended < started) + (select count(*) from rec_task where ended < started)
                + (select count(*) from rec_play where ended < started) + (select count(*) from rec_playbook where ended < started)
            """));
        Assert.Equal([8], await _jobs.QueryAsync<long>("select count(*) from rec_result"));
    }

    [Fact]
    public async Task A_run_that_died_is_closed_as_expired_and_one_that_failed_before_its_recap_as_failed()
    {
        var lines = EventLines.Run().Split('\n');
        var cut = string.Join('\n', lines[..12]) + "\n";

        await StoredAsync(cut, [], exit: null);
        await StoredAsync(cut, [], exit: 137);
        await StoredAsync(cut, [], exit: 1);

        Assert.Equal([(short)1, (short)1, (short)4], await _jobs.QueryAsync<short>("select status from rec_playbook order by id"));
        Assert.Equal([0], await _jobs.QueryAsync<long>(
            "select (select count(*) from rec_task where status = 2 or ended is null) + (select count(*) from rec_play where status = 2 or ended is null)"));
    }

    [Fact]
    public async Task A_result_of_ten_megabytes_and_a_line_without_end_lose_nothing()
    {
        var big = new string('x', 10 * 1024 * 1024);
        var endless = new string('y', (17 * 1024 * 1024) + 5);
        var run = EventLines.Run();
        var at = run.IndexOf('\n', run.Length / 2) + 1;
        var text = run.Insert(at, $"{{\"v\":1,\"seq\":50,\"t\":1790000003.0,\"ev\":\"host\",\"h\":\"a\",\"task\":\"t1\",\"status\":\"ok\",\"res\":{{\"msg\":\"{big}\"}}}}\n{endless}\n");

        var job = await StoredAsync(text, []);

        Assert.Equal([(1, 9)], await _jobs.QueryAsync<(int, int)>("select unreadable, results from rec_playbook where job_id = @Id", new { job.Id }));
        Assert.Equal([500], await _jobs.QueryAsync<int>("select max(length(msg)) from rec_result"));
        Assert.True((await _jobs.GetAsync(job)).EventsBytes > 27 * 1024 * 1024);
    }

    /// <summary>Runs a file of events through pumps that are given up at the cuts.</summary>
    private async Task<Job> StoredAsync(string text, IReadOnlyList<int> cuts, int? exit = 2)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var job = await StartAsync("");
        foreach (var cut in cuts)
        {
            await File.WriteAllBytesAsync(FilePath, bytes[..cut], _token);
            using var pump = await ResumedAsync(job);
            await DrainAsync(pump, job, final: false);
        }

        await File.WriteAllBytesAsync(FilePath, bytes, _token);
        using var last = await ResumedAsync(job);
        await DrainAsync(last, job);
        await last.CloseAsync(job.Attempt, exit, _token);
        await _jobs.EndAsync(job, JobState.Failed);
        return job;
    }

    private async Task<Job> StartAsync(string text)
    {
        await File.WriteAllTextAsync(FilePath, text, _token);
        return await _jobs.RunningAsync(_worker);
    }

    private async Task<EventPump> ResumedAsync(Job job)
    {
        var stored = await _jobs.GetAsync(job);
        var pump = Pump(job);
        await pump.ResumeAsync(stored.EventsRaw, stored.EventsBytes, _token);
        return pump;
    }

    private EventPump Pump(Job job) => new(job.Id, FilePath, _secrets, _jobs.Output, _jobs.Get<RecordWriter>(), _jobs.Get<RecordingMetrics>(), _jobs.Get<EventArrivals>(), TimeProvider.System);

    private async Task DrainAsync(EventPump pump, Job job, bool final = true)
    {
        while (await pump.StepAsync(job.Attempt, final, _token) == PumpResult.Moved)
        {
            // Until there is nothing more to take.
        }
    }

    private async Task<string> TablesAsync(Job job) => Assert.Single(await _jobs.QueryAsync<string>(Tables, new { job = job.Id }));
}
