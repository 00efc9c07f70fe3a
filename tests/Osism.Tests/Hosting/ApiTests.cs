using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform.Processes;

namespace Osism.Tests.Hosting;

/// <summary>A manager with the role api only: jobs stay queued, so that what is shown of them can be compared.</summary>
public sealed class ApiFixture : IAsyncLifetime
{
    internal Manager Manager { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" });

    public ValueTask DisposeAsync() => Manager.DisposeAsync();
}

/// <summary>Answers, refusals and access of the API over its real sockets.</summary>
public sealed class ApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly Manager _manager = fixture.Manager;

    [Theory]
    [InlineData("GET", "/v1/nothing", null, 404, "request.invalid", "/v1/nothing")]
    [InlineData("DELETE", "/v1/jobs", null, 405, "request.invalid", "DELETE")]
    [InlineData("GET", "/v1/jobs/0198c0de-0000-7000-8000-000000000001", null, 404, "job.not_found", "0198c0de")]
    [InlineData("GET", "/v1/jobs/0198c0de-0000-7000-8000-000000000001/output", null, 404, "job.not_found", "0198c0de")]
    [InlineData("GET", "/v1/jobs/0198c0de-0000-7000-8000-000000000001/output/stream", null, 404, "job.not_found", "0198c0de")]
    [InlineData("GET", "/v1/jobs/0198c0de-0000-7000-8000-000000000001/events", null, 404, "job.not_found", "0198c0de")]
    [InlineData("POST", "/v1/jobs/0198c0de-0000-7000-8000-000000000001/cancel", "{}", 404, "job.not_found", "0198c0de")]
    [InlineData("GET", "/v1/jobs?limit=0", null, 400, "request.invalid", "limit")]
    [InlineData("GET", "/v1/jobs?limit=many", null, 400, "request.invalid", "limit")]
    [InlineData("GET", "/v1/jobs?state=asleep", null, 400, "request.invalid", "asleep")]
    [InlineData("GET", "/v1/jobs?next=x", null, 400, "request.invalid", "next is not")]
    [InlineData("GET", "/v1/jobs/0198c0de-0000-7000-8000-000000000001?wait=NaN", null, 400, "request.invalid", "wait")]
    [InlineData("GET", "/v1/jobs/0198c0de-0000-7000-8000-000000000001/output?offset=-1", null, 400, "request.invalid", "offset")]
    [InlineData("GET", "/v1/jobs/0198c0de-0000-7000-8000-000000000001/output?limit=99999999", null, 400, "request.invalid", "limit")]
    [InlineData("POST", "/v1/jobs", "{\"role\":", 400, "request.invalid", "JSON")]
    [InlineData("POST", "/v1/jobs", "{\"retry\":\"often\"}", 400, "request.invalid", "retry")]
    [InlineData("POST", "/v1/jobs", "{}", 400, "request.invalid", "role is missing")]
    [InlineData("POST", "/v1/jobs", "{\"role\":\"ping\",\"retry\":101}", 400, "request.invalid", "retry is 101")]
    [InlineData("POST", "/v1/jobs", "{\"role\":\"ping\",\"task_timeout\":0}", 400, "request.invalid", "task_timeout is 0")]
    [InlineData("POST", "/v1/jobs", "{\"role\":\"ping\",\"arguments\":[null]}", 400, "request.invalid", "arguments")]
    [InlineData("POST", "/v1/jobs", "{\"kind\":\"dance\"}", 400, "request.invalid", "'dance'")]
    [InlineData("POST", "/v1/jobs", "{\"kind\":\"noop\",\"queue\":\"nova\"}", 400, "request.invalid", "'nova'")]
    [InlineData("POST", "/v1/jobs", "{\"role\":\"pinng\"}", 404, "role.unknown", "pinng")]
    [InlineData("POST", "/v1/jobs", "{\"kind\":\"noop\",\"after\":\"0198c0de-0000-7000-8000-000000000001\"}", 404, "job.not_found", "0198c0de")]
    [InlineData("POST", "/v1/jobs/chain", "{}", 400, "request.invalid", "chain")]
    [InlineData("POST", "/v1/jobs/chain", "{\"jobs\":[]}", 400, "request.invalid", "chain")]
    [InlineData("POST", "/v1/jobs/chain", "{\"jobs\":[null]}", 400, "request.invalid", "chain")]
    public async Task What_is_refused_says_why(string method, string path, string? body, int status, string code, string word)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : Manager.Json(body) };

        var problem = await Manager.ProblemAsync(_manager.Http.SendAsync(request, _token));

        Assert.Equal((status, code), (problem.Status, problem.Code));
        Assert.Contains(word, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_role_comes_with_names_that_are_near() =>
        Assert.Contains("ping", (await Manager.ProblemAsync(_manager.Http.PostAsync("/v1/jobs", Manager.Json("""{"role":"pinng"}"""), _token))).Nearest!);

    [Fact]
    public async Task A_list_is_read_page_by_page_with_the_cursor_each_page_gives()
    {
        var submitted = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            submitted.Add((await _manager.SubmitAsync(new SubmitJob { Kind = "noop", Queue = "reconciler" })).Id);
        }

        var (read, pages, cursor) = (new List<Guid>(), 0, (string?)null);
        do
        {
            var page = await _manager.GetAsync(
                $"/v1/jobs?queue=reconciler&all=true&limit=2{(cursor is null ? "" : $"&{ApiRoutes.CursorParameter}={cursor}")}", OsismJson.Default.PageJobInfo);
            read.AddRange(page.Items.Select(job => job.Id));
            cursor = page.Next;
        }
        while (cursor is not null && ++pages < 10);

        Assert.Equal(submitted.AsEnumerable().Reverse(), read);
    }

    [Fact]
    public async Task A_queued_job_says_where_it_stands_and_what_it_waits_for()
    {
        var first = await _manager.SubmitAsync(new SubmitJob { Kind = "noop", Queue = "netbox" });
        var second = await _manager.SubmitAsync(new SubmitJob { Kind = "noop", Queue = "netbox", After = first.Id });

        Assert.Equal((1, "worker", "netbox"), (first.Position, first.WaitingFor.Single().Kind, first.WaitingFor.Single().Key));
        Assert.Equal((2, "parent", first.Id.ToString()), (second.Position, second.WaitingFor.Single().Kind, second.WaitingFor.Single().Key));
        Assert.Equal(
            [1, 2], (await _manager.GetAsync("/v1/jobs?queue=netbox&state=queued", OsismJson.Default.PageJobInfo)).Items.Select(job => job.Position).Order());
    }

    [Fact]
    public async Task A_job_is_submitted_in_the_name_of_who_is_at_the_other_end_of_the_socket()
    {
        Assert.Equal(UnixUser.Current.Name, (await _manager.SubmitAsync(new SubmitJob { Kind = "noop" })).SubmittedBy);

        using var tcp = _manager.Tcp;
        tcp.DefaultRequestHeaders.Authorization = await _manager.BearerAsync();
        using var answer = await tcp.PostAsync("/v1/jobs", Manager.Json("""{"kind":"noop"}"""), _token);
        Assert.Equal("token", (await Manager.ReadAsync(answer, OsismJson.Default.JobInfo)).SubmittedBy);
    }

    [Fact]
    public async Task Over_tcp_everybody_may_read_and_nobody_may_write_without_the_token()
    {
        using var tcp = _manager.Tcp;
        await Manager.GetAsync(tcp, "/v1/jobs", OsismJson.Default.PageJobInfo);

        using var refused = await tcp.PostAsync("/v1/jobs", Manager.Json("""{"kind":"noop"}"""), _token);
        Assert.Equal((HttpStatusCode.Forbidden, "Bearer"), (refused.StatusCode, refused.Headers.WwwAuthenticate.Single().Scheme));
        Assert.Equal("access.denied", (await Manager.ProblemAsync(Task.FromResult(refused))).Code);

        var bearer = await _manager.BearerAsync();
        foreach (var (header, allowed) in new[]
        {
            (bearer, true),
            (new AuthenticationHeaderValue("Basic", Base64($"ara:{bearer.Parameter}")), true),
            (new AuthenticationHeaderValue("Bearer", "wrong"), false),
            (new AuthenticationHeaderValue("Basic", Base64("ara:wrong")), false),
            (new AuthenticationHeaderValue("Basic", "no base64!"), false),
            (new AuthenticationHeaderValue("Digest", "x"), false),
        })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
            {
                using var request = new HttpRequestMessage(method, "/v1/jobs") { Headers = { Authorization = header } };
                request.Content = method == HttpMethod.Post ? Manager.Json("""{"kind":"noop"}""") : null;
                using var answer = await tcp.SendAsync(request, _token);
                Assert.Equal(allowed, answer.IsSuccessStatusCode);
            }
        }
    }

    [Fact]
    public async Task The_socket_and_the_token_are_for_whom_they_are()
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Owner, File.GetUnixFileMode(_manager.Home.Token));
        Assert.Equal(Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(_manager.Home.Socket));
        Assert.Equal(64, (await _manager.BearerAsync()).Parameter!.Length);
    }

    [Fact]
    public async Task Metrics_are_text_that_prometheus_reads()
    {
        await _manager.SubmitAsync(new SubmitJob { Kind = "noop", Queue = "openstack" });
        using var answer = await _manager.Http.GetAsync("/metrics", _token);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        var samples = PrometheusText.Parse(await answer.Content.ReadAsStringAsync(_token));
        Assert.True(samples["osism_jobs{queue=\"openstack\",state=\"queued\"}"] >= 1);
        Assert.Equal(0, samples["osism_stale_epoch_total"]);
        Assert.Equal(0, samples["osism_lease_expired_total"]);
        Assert.Equal(samples["osism_job_wait_seconds_count"], samples["osism_job_wait_seconds_bucket{le=\"+Inf\"}"]);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
