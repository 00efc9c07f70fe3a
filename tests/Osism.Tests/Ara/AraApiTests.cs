using System.Net;
using System.Text;
using System.Text.Json;
using Npgsql;
using Osism.Tests.Hosting;

namespace Osism.Tests.Ara;

/// <summary><c>/api/v1</c> call by call: forms, filters, pages, and what nonsense is answered.</summary>
public sealed class AraApiTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private Manager _manager = null!;
    private AraClient _ara = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync();
        _ara = await AraClient.OfAsync(_manager);
    }

    public async ValueTask DisposeAsync()
    {
        _ara.Dispose();
        await _manager.DisposeAsync();
    }

    [Fact]
    public async Task A_result_comes_back_as_it_was_sent()
    {
        var recording = await _ara.BeginAsync();
        const string Content = """{"changed":true,"deprecations":[{"msg":"old"}],"diff":[{"before":"a"}],"msg":"h\u00e9llo \ud83d\ude00","stdout_lines":["<b>","' or 1=1 --"],"warnings":["w"]}""";

        var flat = await _ara.PostAsync("results", recording.Result(
            $$""","content":{{Content}},"changed":true,"started":"2026-11-20T09:11:07+00:00","ended":"2026-11-20T10:11:07.5+01:00","delegated_to":[{{recording.Host}}]"""));
        var detail = await _ara.GetAsync($"results/{flat.GetProperty("id").GetInt64()}");
        var row = Assert.Single((await _ara.GetAsync("results")).GetProperty("results").EnumerateArray());

        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(Content).RootElement, flat.GetProperty("content")));
        Assert.Equal(Content, detail.GetProperty("content").GetRawText());
        Assert.Equal(("ok", "00:00:00.500000", "2026-11-20T09:11:07.500000Z"), (Text(flat, "status"), Text(flat, "duration"), Text(flat, "ended")));
        Assert.Equal(("changed", "changed"), (Text(detail, "status"), Text(row, "status")));
        Assert.False(row.TryGetProperty("content", out _));
        Assert.Equal("h1", Text(detail.GetProperty("host"), "name"));
        Assert.Equal("h1", Text(detail.GetProperty("delegated_to")[0], "name"));
        Assert.Equal("/p/site.yml", Text(detail.GetProperty("task"), "path"));
        Assert.Equal(1, detail.GetProperty("playbook").GetProperty("items").GetProperty("results").GetInt32());
        Assert.Equal(1, detail.GetProperty("play").GetProperty("items").GetProperty("results").GetInt32());
    }

    [Fact]
    public async Task Texts_that_no_column_takes_are_kept_in_bodies_and_made_harmless_in_names()
    {
        var recording = await _ara.BeginAsync();
        const string Odd = "\"a\\u0000b\\udc80<script>'; drop table rec_result; --\"";

        var host = await _ara.PostAsync("hosts", $$$"""{"playbook":{{{recording.Playbook}}},"name":{{{Odd}}},"facts":{"odd":{{{Odd}}}}}""");
        var result = await _ara.PostAsync("results", recording.Result($$""","content":{"msg":{{Odd}}}"""));
        var record = await _ara.PostAsync("records", $$"""{"playbook":{{recording.Playbook}},"key":"k","type":"text","value":{{Odd}}}""");
        var playbook = await _ara.PatchAsync($"playbooks/{recording.Playbook}", $$"""{"name":{{Odd}},"arguments":{"odd":{{Odd}}},"labels":[{{Odd}}]}""");

        Assert.Equal("a\ufffdb\ufffd<script>'; drop table rec_result; --", Text(host, "name"));
        Assert.Equal(Odd, host.GetProperty("facts").GetProperty("odd").GetRawText());
        Assert.Equal(Odd, (await _ara.GetAsync($"results/{result.GetProperty("id")}")).GetProperty("content").GetProperty("msg").GetRawText());
        Assert.Equal(Odd, record.GetProperty("value").GetRawText());
        Assert.Equal("a\ufffdb\ufffd<script>'; drop table rec_result; --", Text(playbook, "name"));
        Assert.Equal("a\ufffdb\ufffd<script>'; drop table rec_result; --", Text((await _ara.GetAsync($"latesthosts/{Uri.EscapeDataString(Text(host, "name")!)}")).GetProperty("host"), "name"));
        Assert.Equal(1, (await _ara.GetAsync($"playbooks?label={Uri.EscapeDataString(Text(host, "name")!.ToUpperInvariant())}")).GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Names_of_any_length_that_an_index_holds_are_kept_whole()
    {
        var recording = await _ara.BeginAsync();
        var name = new string('ü', 300);

        Assert.Equal(name, Text(await _ara.PostAsync("hosts", $$"""{"playbook":{{recording.Playbook}},"name":"{{name}}"}"""), "name"));
        Assert.Equal(name, Text(await _ara.PatchAsync($"tasks/{recording.Task}", $$"""{"name":"{{name}}"}"""), "name"));
        Assert.Equal(name, Text(await _ara.PatchAsync($"plays/{recording.Play}", $$"""{"name":"{{name}}"}"""), "name"));
        var (status, text) = await _ara.AskAsync("POST", "hosts", Encoding.UTF8.GetBytes($$"""{"playbook":{{recording.Playbook}},"name":"{{new string('x', 5000)}}"}"""));
        Assert.Equal((HttpStatusCode.BadRequest, """{"name":["Ensure this field has no more than 600 characters."]}"""), (status, text));
    }

    [Fact]
    public async Task Hosts_and_files_that_come_at_the_same_time_are_made_once()
    {
        var recording = await _ara.BeginAsync();

        var hosts = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => _ara.PostAsync("hosts", $$"""{"playbook":{{recording.Playbook}},"name":"h{{i % 4}}"}""")));
        var files = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => _ara.PostAsync("files", $$"""{"playbook":{{recording.Playbook}},"path":"/f{{i % 4}}","content":"c{{i}}"}""")));

        Assert.Equal(4, hosts.Select(host => host.GetProperty("id").GetInt64()).Distinct().Count());
        Assert.Equal(4, files.Select(file => (file.GetProperty("id").GetInt64(), Text(file, "sha1"), Text(file, "content"))).Distinct().Count());
        var items = (await _ara.GetAsync($"playbooks/{recording.Playbook}")).GetProperty("items");
        Assert.Equal((4, 5), (items.GetProperty("hosts").GetInt32(), items.GetProperty("files").GetInt32()));
    }

    [Fact]
    public async Task Results_that_come_at_the_same_time_are_all_there_with_their_own_bodies()
    {
        var recording = await _ara.BeginAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => _ara.PostAsync("results", recording.Result($$""","content":{"msg":"number {{i}}"}"""))));

        Assert.Equal(300, results.Select(result => result.GetProperty("id").GetInt64()).Distinct().Count());
        foreach (var i in new[] { 0, 17, 299 })
        {
            Assert.Equal($"number {i}", Text((await _ara.GetAsync($"results/{results[i].GetProperty("id")}")).GetProperty("content"), "msg"));
        }

        Assert.Equal(300, (await _ara.GetAsync($"tasks/{recording.Task}")).GetProperty("items").GetProperty("results").GetInt32());
        await using var connection = await _manager.Get<NpgsqlDataSource>().OpenConnectionAsync(_token);
        await using var command = new NpgsqlCommand("select sum(length(data)) = max(p.stream_bytes) from job_output o join rec_playbook p on p.stream = o.job_id", connection);
        Assert.Equal(true, await command.ExecuteScalarAsync(_token));
    }

    [Fact]
    public async Task Lists_are_paged_filtered_and_ordered()
    {
        var recording = await _ara.BeginAsync();
        for (var i = 0; i < 5; i++)
        {
            var (status, ignored) = (i % 2 == 0 ? "failed" : "ok", i == 4 ? "true" : "false");
            await _ara.PostAsync("results", recording.Result($$""","ignore_errors":{{ignored}},"started":"2026-11-20T09:11:0{{i}}Z","ended":"2026-11-20T09:12:00Z" """, status));
        }

        var first = await _ara.GetAsync("results?limit=2&order=started");
        Assert.Equal(5, first.GetProperty("count").GetInt32());
        Assert.Equal($"{_ara.Server}api/v1/results?limit=2&offset=2&order=started", Text(first, "next"));
        Assert.Null(Text(first, "previous"));
        var second = await _ara.GetAsync("/api/v1/results/?order=started&limit=2&offset=2");
        Assert.Equal($"{_ara.Server}api/v1/results/?limit=2&order=started", Text(second, "previous"));
        Assert.Equal(["2026-11-20T09:11:02.000000Z", "2026-11-20T09:11:03.000000Z"], second.GetProperty("results").EnumerateArray().Select(row => Text(row, "started")));
        foreach (var (query, count) in new[]
        {
            ("status=failed", 3), ("status=failed&status=ok", 5), ("status=failed&ignore_errors=True", 1), ("ignore_errors=False", 4), ("ignore_errors=maybe", 5), ("changed=true", 0),
            ($"playbook={recording.Playbook}", 5), ("playbook=99", 0), ($"task={recording.Task}", 5), ($"play={recording.Play}&host={recording.Host}", 5), ("task=99999999999999999999", 0),
            ("task=1.5", 0), ("started_before=2026-11-20T09:11:01Z", 2), ("started_after=2026-11-20T09:11:01%2B00:00", 4), ("started_after=2030-01-01", 0), ("task_name=SA", 5), ("host_name=H1", 5),
            ("limit=0", 5), ("nonsense=1", 5), ("order=", 5), ("order=-duration,id", 5),
        })
        {
            Assert.Equal((query, count), (query, (await _ara.GetAsync($"results?{query}")).GetProperty("count").GetInt32()));
        }

        Assert.Equal(1, (await _ara.GetAsync("plays?uuid=02FC0000-0001-7c69-b49f-000000000004")).GetProperty("count").GetInt32());
        Assert.Equal(1, (await _ara.GetAsync($"tasks?path=SITE&action=DEBUG&handler=False&playbook={recording.Playbook}&lineno=3&warnings_count__lt=1")).GetProperty("count").GetInt32());
        Assert.Equal(1, (await _ara.GetAsync("hosts?changed__lt=1&name=H&order=-updated")).GetProperty("count").GetInt32());
        Assert.Equal(1, (await _ara.GetAsync("latesthosts?failed__lt=1")).GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("GET", "results?order=colour", null, 400, """{"order":["Select a valid choice. colour is not one of the available choices."]}""")]
    [InlineData("GET", "results?status=changed", null, 400, """{"status":["Select a valid choice. changed is not one of the available choices."]}""")]
    [InlineData("GET", "results?started_before=yesterday", null, 400, """{"started_before":["Enter a valid date/time."]}""")]
    [InlineData("GET", "results?started_before=2026-13-45", null, 400, """{"started_before":["Enter a valid date/time."]}""")]
    [InlineData("GET", "results?task=x&host=y", null, 400, """{"host":["Enter a number."],"task":["Enter a number."]}""")]
    [InlineData("GET", "plays?uuid=x", null, 400, """{"uuid":["Enter a valid UUID."]}""")]
    [InlineData("GET", "playbooks?name=%00", null, 400, """{"name":["Null characters are not allowed."]}""")]
    [InlineData("GET", "playbooks/99", null, 404, """{"detail":"Not found."}""")]
    [InlineData("GET", "playbooks/abc", null, 404, """{"detail":"Not found."}""")]
    [InlineData("GET", "results/99999999999999999999", null, 404, """{"detail":"Not found."}""")]
    [InlineData("GET", "nothing", null, 404, """{"detail":"Not found."}""")]
    [InlineData("GET", "latesthosts/nobody", null, 404, """{"detail":"Not found."}""")]
    [InlineData("GET", "/playbooks/99.html", null, 404, """{"detail":"Not found."}""")]
    [InlineData("PUT", "playbooks", "{}", 405, """{"detail":"Method \"PUT\" not allowed."}""")]
    [InlineData("POST", "latesthosts", "{}", 405, """{"detail":"Method \"POST\" not allowed."}""")]
    [InlineData("PATCH", "playbooks/99", "{}", 404, """{"detail":"Not found."}""")]
    [InlineData("PATCH", "tasks/99", """{"status":"completed"}""", 404, """{"detail":"Not found."}""")]
    [InlineData("DELETE", "results/99", null, 404, """{"detail":"Not found."}""")]
    [InlineData("POST", "playbooks", "[]", 400, """{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}""")]
    [InlineData("POST", "playbooks", "", 400, """{"ansible_version":["This field is required."],"path":["This field is required."]}""")]
    [InlineData("POST", "playbooks", """{"ansible_version":null,"path":""}""", 400, """{"ansible_version":["This field may not be null."],"path":["This field may not be blank."]}""")]
    [InlineData("POST", "playbooks", """{"ansible_version":"1","path":"/p","status":"bogus"}""", 400, """{"status":["\"bogus\" is not a valid choice."]}""")]
    [InlineData("POST", "plays", """{"playbook":99,"uuid":"02fc0000-0001-7c69-b49f-000000000004"}""", 400, """{"playbook":["Invalid pk \"99\" - object does not exist."]}""")]
    [InlineData("POST", "plays", """{"playbook":1,"uuid":"seven"}""", 400, """{"uuid":["Must be a valid UUID."]}""")]
    [InlineData("POST", "hosts", """{"playbook":{},"name":["x"]}""", 400, """{"name":["Not a valid string."],"playbook":["Incorrect type. Expected pk value, received dict."]}""")]
    [InlineData("POST", "hosts", """{"playbook":1,"name":"h","ok":"many"}""", 400, """{"ok":["A valid integer is required."]}""")]
    [InlineData("POST", "records", """{"playbook":99,"key":"k","type":"text"}""", 400, null)]
    public async Task Nonsense_is_refused_in_the_form_of_the_framework(string method, string path, string? body, int status, string? expected)
    {
        var answer = await _ara.AskAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body));

        Assert.Equal(((HttpStatusCode)status, expected ?? answer.Text), answer);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"msg": NaN}""")]
    [InlineData("""{"a":1}}""")]
    [InlineData("\u0001")]
    public async Task Bad_JSON_is_refused_as_such(string body)
    {
        var (status, text) = await _ara.AskAsync("POST", "playbooks", Encoding.UTF8.GetBytes(body));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.StartsWith("""{"detail":"JSON parse error - """, text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await _ara.AskAsync("POST", "playbooks", [(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}'])).Status);
    }

    [Fact]
    public async Task References_to_what_is_not_there_lose_nothing_of_what_is()
    {
        var recording = await _ara.BeginAsync();
        var other = await _ara.BeginAsync();

        foreach (var (field, body) in new[]
        {
            ("task", recording with { Task = recording.Task + 7777 }), ("host", recording with { Host = recording.Host + 7777 }), ("task", recording with { Task = other.Task }),
            ("play", recording with { Play = 12 }),
        })
        {
            var (status, text) = await _ara.AskAsync("POST", "results", Encoding.UTF8.GetBytes(body.Result()));
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.StartsWith($"{{\"{field}\":[\"Invalid pk ", text, StringComparison.Ordinal);
        }

        var bad = await _ara.AskAsync("POST", "results", Encoding.UTF8.GetBytes(recording.Result(""","started":"soon","changed":"perhaps","content":{"a":1}""")));
        Assert.Equal(HttpStatusCode.BadRequest, bad.Status);
        Assert.Contains("Must be a valid boolean.", bad.Text, StringComparison.Ordinal);
        await _ara.PostAsync("results", recording.Result());
        Assert.Equal(1, (await _ara.GetAsync("results")).GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_body_of_ten_megabytes_is_kept_and_one_beyond_the_limit_is_refused()
    {
        var recording = await _ara.BeginAsync();
        var large = new string('x', 10 * 1024 * 1024);

        var result = await _ara.PostAsync("results", recording.Result($$""","content":{"stdout":"{{large}}"}"""));

        Assert.Equal(large, Text((await _ara.GetAsync($"results/{result.GetProperty("id")}")).GetProperty("content"), "stdout"));
        var (status, text) = await _ara.AskAsync("POST", "results", Encoding.UTF8.GetBytes(recording.Result($$""","content":{"stdout":"{{large}}{{large}}{{large}}{{large}}"}""")));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.StartsWith("{\"detail\":", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_are_replaced_and_records_are_unique()
    {
        var recording = await _ara.BeginAsync();
        await _ara.PatchAsync($"playbooks/{recording.Playbook}", """{"labels":["b","a","a"]}""");
        var replaced = await _ara.PatchAsync($"playbooks/{recording.Playbook}", """{"labels":["a","c"]}""");

        Assert.Equal(["a", "c"], replaced.GetProperty("labels").EnumerateArray().Select(label => Text(label, "name")));
        Assert.Equal(3, (await _ara.GetAsync("labels")).GetProperty("count").GetInt32());
        await _ara.PostAsync("records", $$$"""{"playbook":{{{recording.Playbook}}},"key":"k","type":"json","value":{"b":1,"a":[null]}}""");
        var (status, text) = await _ara.AskAsync("POST", "records", Encoding.UTF8.GetBytes($$"""{"playbook":{{recording.Playbook}},"key":"k","type":"text"}"""));
        Assert.Equal((HttpStatusCode.BadRequest, """{"non_field_errors":["The fields key, playbook must make a unique set."]}"""), (status, text));
        var found = Assert.Single((await _ara.GetAsync($"records?playbook={recording.Playbook}&key=k")).GetProperty("results").EnumerateArray());
        Assert.False(found.TryGetProperty("value", out _));
        Assert.Equal("""{"b":1,"a":[null]}""", (await _ara.GetAsync($"records/{found.GetProperty("id")}")).GetProperty("value").GetRawText());
    }

    [Fact]
    public async Task A_deleted_playbook_leaves_nothing_and_a_deleted_part_takes_along_what_hangs_on_it()
    {
        var (recording, kept) = (await _ara.BeginAsync(), await _ara.BeginAsync());
        await _ara.PostAsync("results", recording.Result());
        await _ara.PostAsync("results", kept.Result(""","content":{"msg":"stays"}"""));
        await _ara.PatchAsync($"hosts/{recording.Host}", """{"facts":{"a":1},"ok":3}""");
        await _ara.SendAsync("DELETE", $"plays/{recording.Play}", null, HttpStatusCode.NoContent);
        var items = (await _ara.GetAsync($"playbooks/{recording.Playbook}")).GetProperty("items");
        Assert.Equal((0, 0, 0, 1), (items.GetProperty("plays").GetInt32(), items.GetProperty("tasks").GetInt32(), items.GetProperty("results").GetInt32(), items.GetProperty("hosts").GetInt32()));

        await _ara.SendAsync("DELETE", $"playbooks/{recording.Playbook}", null, HttpStatusCode.NoContent);

        Assert.Equal(HttpStatusCode.NotFound, (await _ara.AskAsync("GET", $"playbooks/{recording.Playbook}", null)).Status);
        Assert.Equal("""{"playbook":["Invalid pk \"1\" - object does not exist."]}""", (await _ara.AskAsync("POST", "hosts", """{"playbook":1,"name":"x"}"""u8.ToArray())).Text);
        Assert.Equal(kept.Host, (await _ara.GetAsync("latesthosts/h1")).GetProperty("host").GetProperty("id").GetInt64());
        await using var connection = await _manager.Get<NpgsqlDataSource>().OpenConnectionAsync(_token);
        await using var command = new NpgsqlCommand(
            """
            select (select count(*) from rec_result) || ' ' || (select count(*) from rec_task) || ' ' || (select count(*) from rec_host) || ' ' || (select count(*) from rec_file) || ' '
                || (select count(*) from rec_file_content) || ' ' || (select count(*) from job_output o where o.job_id not in (select stream from rec_playbook))
            """,
            connection);
        Assert.Equal("1 1 1 1 1 0", await command.ExecuteScalarAsync(_token));
    }

    [Fact]
    public async Task The_record_of_a_job_may_get_labels_and_values_but_is_not_changed_or_deleted()
    {
        var job = Guid.CreateVersion7();
        await using (var connection = await _manager.Get<NpgsqlDataSource>().OpenConnectionAsync(_token))
        {
            await using var command = new NpgsqlCommand(
                "insert into rec_playbook (job_id, stream, path, ansible_version, status, started, created, updated) values ($1, $1, '/p', '2.14', 2, now(), now(), now())", connection)
            {
                Parameters = { new() { Value = job } },
            };
            await command.ExecuteNonQueryAsync(_token);
        }

        await _ara.PatchAsync("playbooks/1", """{"labels":["nightly"]}""");
        await _ara.PostAsync("records", """{"playbook":1,"key":"k","type":"text","value":"v"}""");
        foreach (var (method, path, body) in new[]
        {
            ("DELETE", "playbooks/1", ""), ("PATCH", "playbooks/1", """{"status":"expired"}"""), ("POST", "hosts", """{"playbook":1,"name":"h"}"""),
            ("POST", "plays", """{"playbook":1,"uuid":"02fc0000-0001-7c69-b49f-000000000004"}"""),
        })
        {
            var (status, text) = await _ara.AskAsync(method, path, Encoding.UTF8.GetBytes(body));
            Assert.Equal(HttpStatusCode.Forbidden, status);
            Assert.Contains($"is the record of job {job}", text, StringComparison.Ordinal);
        }

        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { BaseAddress = _ara.Server };
        using var answer = await http.GetAsync(new Uri("/playbooks/1.html", UriKind.Relative), _token);
        Assert.Equal((HttpStatusCode.Found, $"/v1/jobs/{job}"), (answer.StatusCode, answer.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task Everybody_reads_and_who_writes_without_the_token_is_told_so_in_JSON()
    {
        using var anybody = new AraClient(_ara.Server);
        using var wrong = new AraClient(_ara.Server, "wrong");

        Assert.Equal(0, (await anybody.GetAsync("playbooks")).GetProperty("count").GetInt32());
        Assert.Equal(HttpStatusCode.OK, (await anybody.AskAsync("OPTIONS", "playbooks", null)).Status);
        Assert.Equal((HttpStatusCode.OK, ""), await anybody.AskAsync("HEAD", "playbooks", null));
        Assert.Equal("""{"DatabaseBackend":"working"}""", (await anybody.AskAsync("GET", "/healthcheck/?format=json", null)).Text);
        Assert.Equal((HttpStatusCode.Unauthorized, """{"detail":"Authentication credentials were not provided."}"""), await anybody.AskAsync("POST", "playbooks", "{}"u8.ToArray()));
        Assert.Equal((HttpStatusCode.Unauthorized, """{"detail":"Invalid username/password."}"""), await wrong.AskAsync("POST", "playbooks", "{}"u8.ToArray()));
        Assert.Equal("ara", Text(await anybody.GetAsync("/api/"), "kind"));
        Assert.Equal($"{_ara.Server}api/v1/latesthosts", Text(await anybody.GetAsync("/api/v1/"), "latesthosts"));
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
