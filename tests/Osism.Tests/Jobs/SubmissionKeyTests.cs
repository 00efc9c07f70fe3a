using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Tests.Hosting;

namespace Osism.Tests.Jobs;

/// <summary>A client whose connection broke after it had sent a submission sends it again under the same <c>Idempotency-Key</c>.</summary>
public sealed class SubmissionKeyTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private const string Ping = """{"role":"ping","arguments":["-l","localhost"]}""";

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly Manager _manager = fixture.Manager;

    [Fact]
    public async Task Sent_again_under_its_key_a_submission_gives_the_job_of_the_first_time()
    {
        var key = Guid.NewGuid().ToString();
        var first = await SubmitAsync(key, Ping);
        Assert.Equal(first.Id, (await SubmitAsync(key, """{ "arguments": ["-l", "localhost"], "role": "ping", "retry": 0 }""")).Id);
        Assert.NotEqual(first.Id, (await SubmitAsync(Guid.NewGuid().ToString(), Ping)).Id);
        Assert.NotEqual(first.Id, (await SubmitAsync(null, Ping)).Id);
    }

    [Fact]
    public async Task What_was_accepted_once_is_not_refused_when_it_is_sent_again()
    {
        var key = Guid.NewGuid().ToString();
        var first = await SubmitAsync(key, Ping);
        var secrets = Path.Combine(_manager.Repository, "environments", "generic", "secrets.yml");
        File.Move(secrets, secrets + ".away");
        try
        {
            Assert.Equal("file.missing", (await Manager.ProblemAsync(PostAsync(ApiRoutes.Jobs, null, Ping))).Code);
            Assert.Equal(first.Id, (await SubmitAsync(key, Ping)).Id);
        }
        finally
        {
            File.Move(secrets + ".away", secrets);
        }
    }

    [Fact]
    public async Task A_chain_comes_back_whole_and_in_order()
    {
        var (key, chain) = (Guid.NewGuid().ToString(), """{"jobs":[{"kind":"noop"},{"kind":"noop"},{"kind":"noop"}]}""");

        var first = await ChainAsync(key, chain);

        Assert.Equal(3, first.Count);
        Assert.Equal(first, await ChainAsync(key, chain));
    }

    [Theory]
    [InlineData("/v1/jobs", """{"kind":"noop","queue":"netbox"}""")]
    [InlineData("/v1/jobs/chain", """{"jobs":[{"kind":"noop"}]}""")]
    public async Task A_key_is_not_for_something_else(string path, string other)
    {
        var key = Guid.NewGuid().ToString();
        await SubmitAsync(key, """{"kind":"noop"}""");

        var problem = await Manager.ProblemAsync(PostAsync(path, key, other));

        Assert.Equal((409, "request.key_reused"), (problem.Status, problem.Code));
        Assert.Contains(key, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_must_be_a_uuid() =>
        Assert.Equal("request.invalid", (await Manager.ProblemAsync(PostAsync(ApiRoutes.Jobs, "once", """{"kind":"noop"}"""))).Code);

    [Theory]
    [InlineData("""{"jobs":[{"kind":"noop"}]}""")]
    [InlineData("""{"jobs":[{"kind":"noop"},{"kind":"noop"}]}""")]
    public async Task Of_those_that_arrive_at_the_same_time_one_makes_the_jobs(string chain)
    {
        var key = Guid.NewGuid().ToString();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ChainAsync(key, chain), _token)));

        Assert.All(answers, answer => Assert.Equal(answers[0], answer));
    }

    [Fact]
    public async Task A_key_is_forgotten_after_a_week()
    {
        await using var jobs = await JobsSetup.CreateAsync();
        var (old, young) = (new SubmissionKey(Guid.NewGuid(), [1]), new SubmissionKey(Guid.NewGuid(), [2]));
        await jobs.Store.SubmitAsync([JobsSetup.Draft()], old, _token);
        await jobs.ExecuteAsync("update submission set submitted_at = submitted_at - interval '7 days 1 minute'");
        await jobs.Store.SubmitAsync([JobsSetup.Draft()], young, _token);

        await jobs.Store.ForgetSubmissionsAsync(_token);

        Assert.Null(await jobs.Store.FindSubmittedAsync(old, _token));
        Assert.NotNull(await jobs.Store.FindSubmittedAsync(young, _token));
    }

    private async Task<JobInfo> SubmitAsync(string? key, string body)
    {
        using var answer = await PostAsync(ApiRoutes.Jobs, key, body);
        return await Manager.ReadAsync(answer, OsismJson.Default.JobInfo);
    }

    private async Task<List<Guid>> ChainAsync(string key, string body)
    {
        using var answer = await PostAsync(ApiRoutes.Chain, key, body);
        return [.. (await Manager.ReadAsync(answer, OsismJson.Default.PageJobInfo)).Items.Select(job => job.Id)];
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string? key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Manager.Json(body) };
        if (key is not null)
        {
            request.Headers.Add(ApiRoutes.IdempotencyKeyHeader, key);
        }

        return await _manager.Http.SendAsync(request, _token);
    }
}
