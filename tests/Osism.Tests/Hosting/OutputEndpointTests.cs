using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Testing;
using Osism.Tests.Jobs;

namespace Osism.Tests.Hosting;

/// <summary>Output over HTTP while a test plays the worker that stores it.</summary>
public sealed class OutputEndpointTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private static readonly TimeSpan Soon = Bounds.Long;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly Manager _manager = fixture.Manager;

    [Fact]
    public async Task Bytes_are_given_from_an_offset_up_to_a_limit_with_the_length_of_all()
    {
        var job = await RunningAsync();
        await WriteAsync(job, "hello world"u8.ToArray());

        foreach (var (query, expected) in new[] { ("", "hello world"), ("?offset=6", "world"), ("?offset=2&limit=3", "llo"), ("?offset=11", ""), ("?offset=99", "") })
        {
            using var answer = await _manager.Http.GetAsync($"/v1/jobs/{job.Id}/output{query}", _token);
            Assert.Equal(expected, await answer.Content.ReadAsStringAsync(_token));
            Assert.Equal("11", answer.Headers.GetValues(ApiRoutes.OutputLengthHeader).Single());
            Assert.Equal("false", answer.Headers.GetValues(ApiRoutes.OutputCompleteHeader).Single());
            Assert.Equal("running", answer.Headers.GetValues(ApiRoutes.JobStateHeader).Single());
        }

        await EndAsync(job);
        using var last = await _manager.Http.GetAsync($"/v1/jobs/{job.Id}/output", _token);
        Assert.Equal(
            ("true", "failed"),
            (last.Headers.GetValues(ApiRoutes.OutputCompleteHeader).Single(), last.Headers.GetValues(ApiRoutes.JobStateHeader).Single()));
    }

    [Fact]
    public async Task Who_waits_is_answered_as_soon_as_there_is_something_or_the_job_has_ended()
    {
        var job = await RunningAsync();
        var waiting = _manager.Http.GetAsync($"/v1/jobs/{job.Id}/output?wait=60", _token);
        await WriteAsync(job, "now"u8.ToArray());
        using (var answer = await waiting.WaitAsync(Soon, _token))
        {
            Assert.Equal("now", await answer.Content.ReadAsStringAsync(_token));
        }

        var more = _manager.Http.GetAsync($"/v1/jobs/{job.Id}/output?offset=3&wait=60", _token);
        var end = _manager.Http.GetAsync(ApiRoutes.JobEnd(job.Id, 60), _token);
        await EndAsync(job);
        using (var answer = await more.WaitAsync(Soon, _token))
        {
            Assert.Equal(("", "true"), (await answer.Content.ReadAsStringAsync(_token), answer.Headers.GetValues(ApiRoutes.OutputCompleteHeader).Single()));
        }

        using var ended = await end.WaitAsync(Soon, _token);
        Assert.Equal(JobState.Failed, (await Manager.ReadAsync(ended, OsismJson.Default.JobInfo)).State);
    }

    [Fact]
    public async Task Who_waits_in_vain_is_told_so_in_time()
    {
        var job = await RunningAsync();
        var watch = Stopwatch.StartNew();

        using var answer = await _manager.Http.GetAsync($"/v1/jobs/{job.Id}/output?wait=0.3", _token);

        Assert.Equal(("", "false"), (await answer.Content.ReadAsStringAsync(_token), answer.Headers.GetValues(ApiRoutes.OutputCompleteHeader).Single()));
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.25), Soon);
    }

    [Fact]
    public async Task A_stream_is_taken_up_where_it_was_left_and_ends_with_the_job()
    {
        var job = await RunningAsync();
        await WriteAsync(job, "one\n"u8.ToArray());
        await using var first = await ServerSentEvents.OpenAsync(_manager.Http, job.Id, null, _token);
        var seen = await first.NextAsync(Soon);
        Assert.Equal(("output", "4", "one\n"), (seen.Name, seen.Id, seen.Text));

        await WriteAsync(job, "two\n"u8.ToArray());
        Assert.Equal("two\n", (await first.NextAsync(Soon)).Text);
        await WriteAsync(job, "three\n"u8.ToArray());
        await using var second = await ServerSentEvents.OpenAsync(_manager.Http, job.Id, "8", _token);
        Assert.Equal(("14", "three\n"), ((await second.NextAsync(Soon)) is var last ? last.Id : "", last.Text));
        await EndAsync(job);

        Assert.Equal(("end", "14", """{"state":"failed"}"""), (await second.NextAsync(Soon)) is var end ? (end.Name, end.Id, end.Data) : default);
        Assert.Equal("three\n", (await first.NextAsync(Soon)).Text);
        Assert.Equal("end", (await first.NextAsync(Soon)).Name);
    }

    [Fact]
    public async Task What_is_stored_already_comes_at_once_however_much_it_is()
    {
        var job = await RunningAsync();
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"line {i}\n"));
        await WriteAsync(job, Encoding.UTF8.GetBytes(text));
        await using var stream = await ServerSentEvents.OpenAsync(_manager.Http, job.Id, null, _token);

        var read = new StringBuilder();
        while (read.Length < text.Length)
        {
            read.Append((await stream.NextAsync(Soon)).Text);
        }

        Assert.Equal(text, read.ToString());
    }

    [Fact]
    public async Task A_character_that_came_in_two_pieces_is_given_whole()
    {
        var job = await RunningAsync();
        var bytes = Encoding.UTF8.GetBytes("ä€😀");
        await using var stream = await ServerSentEvents.OpenAsync(_manager.Http, job.Id, null, _token);
        foreach (var value in bytes)
        {
            await WriteAsync(job, [value]);
        }

        var text = "";
        while (Encoding.UTF8.GetByteCount(text) < bytes.Length)
        {
            text += (await stream.NextAsync(Soon)).Text;
        }

        Assert.Equal("ä€😀", text);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_come_as_base64_and_the_end_is_never_kept_back()
    {
        var job = await RunningAsync();
        await WriteAsync(job, [0xFF, 0xFE, (byte)'a', 0xC3]);
        await EndAsync(job);
        await using var stream = await ServerSentEvents.OpenAsync(_manager.Http, job.Id, null, _token);

        Assert.Equal([0xFF, 0xFE, (byte)'a', 0xC3], (await stream.NextAsync(Soon)).Bytes);
        Assert.Equal("end", (await stream.NextAsync(Soon)).Name);
    }

    [Fact]
    public async Task A_silent_stream_is_kept_open_by_a_comment()
    {
        var job = await RunningAsync();
        await using var stream = await ServerSentEvents.OpenAsync(_manager.Http, job.Id, null, _token);

        Assert.Equal(": alive", await stream.LineAsync(Soon));
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_those_who_follow()
    {
        await using var manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" });
        var job = await manager.SubmitAsync(new SubmitJob { Kind = "noop" });
        var waiting = manager.Http.GetAsync($"/v1/jobs/{job.Id}/output?wait=60", _token);
        await using var stream = await ServerSentEvents.OpenAsync(manager.Http, job.Id, null, _token);

        // Had it waited for them, they would have been cut off instead of answered.
        await manager.App.StopAsync(_token).WaitAsync(Soon, _token);

        Assert.Equal("manager.away", (await Manager.ProblemAsync(waiting)).Code);
    }

    private async Task<Job> RunningAsync()
    {
        // A queue of its own name for each test class run: nobody else claims it.
        var store = _manager.Get<JobStore>();
        var draft = JobsSetup.Draft($"output-{Guid.NewGuid():N}");
        await store.SubmitAsync([draft], _token);
        var job = Assert.Single(await store.ClaimAsync(JobsSetup.Worker("one"), draft.Queue, 1, _token));
        return (await store.ChangeAsync(job.Id, job.Attempt, "one", (j, at) => j.Run(at), _token))!;
    }

    private async Task WriteAsync(Job job, byte[] data)
    {
        var now = (await _manager.Get<JobStore>().FindAsync(job.Id, _token))!;
        var stored = await _manager.Get<OutputStore>().AppendAsync(
            job.Id, job.Attempt, StreamKind.Output, new SpoolChunk(now.OutputRaw, now.OutputRaw + data.Length, now.OutputBytes, data), more: null, _token);
        Assert.Equal(AppendStatus.Stored, stored.Status);
        _manager.Get<LiveOutput>().Append(job.Id, now.OutputBytes, data);
        _manager.Get<JobSignals>().Changed(job.Id);
    }

    private async Task EndAsync(Job job)
    {
        await _manager.Get<JobStore>().ChangeAsync(job.Id, job.Attempt, "one", (j, at) => j.End(JobState.Failed, null, at), _token);
        _manager.Get<LiveOutput>().Forget(job.Id);
    }

    /// <summary>One event as it came over the wire (HTML §9.2).</summary>
    private sealed record ServerSentEvent(string Name, string Id, string Data)
    {
        public string Text => JsonDocument.Parse(Data).RootElement.GetProperty("text").GetString()!;

        public byte[] Bytes => JsonDocument.Parse(Data).RootElement.GetProperty("base64").GetBytesFromBase64();
    }

    private sealed class ServerSentEvents(HttpResponseMessage answer, StreamReader reader, CancellationToken cancellationToken) : IAsyncDisposable
    {
        public static async Task<ServerSentEvents> OpenAsync(HttpClient client, Guid job, string? last, CancellationToken cancellationToken)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{job}/output/stream");
            if (last is not null)
            {
                request.Headers.Add("Last-Event-ID", last);
            }

            // The headers come with the first byte, which may take as long as a heartbeat.
            var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).WaitAsync(Soon, cancellationToken);
            Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
            return new ServerSentEvents(answer, new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken)), cancellationToken);
        }

        public async Task<string> LineAsync(TimeSpan patience) =>
            await reader.ReadLineAsync(cancellationToken).AsTask().WaitAsync(patience, cancellationToken) ?? throw new EndOfStreamException();

        public async Task<ServerSentEvent> NextAsync(TimeSpan patience)
        {
            var (name, id, data) = ("", "", "");
            while (true)
            {
                var line = await LineAsync(patience);
                switch (line.Split(": ", 2))
                {
                    case ["event", var value]:
                        name = value;
                        break;
                    case ["id", var value]:
                        id = long.Parse(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
                        break;
                    case ["data", var value]:
                        data = value;
                        break;
                    case [""] when name.Length > 0:
                        return new ServerSentEvent(name, id, data);
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            reader.Dispose();
            answer.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
