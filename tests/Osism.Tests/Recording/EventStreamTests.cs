using System.Text;
using Npgsql;
using Osism.Contracts.Jobs;
using Osism.Tests.Hosting;

namespace Osism.Tests.Recording;

/// <summary>Events of a run while it runs.</summary>
public sealed class EventStreamTests(ReadingFixture fixture) : IClassFixture<ReadingFixture>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly Manager _manager = fixture.Manager;

    [Fact]
    public async Task A_follower_gets_whole_lines_as_they_come_and_the_end_of_the_job()
    {
        var run = await new RecordedRun { State = JobState.Running }.Play("p").Task("t").Host("h", "ok").WriteAsync(fixture.Database);
        var lines = run.Events.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using var answer = await _manager.Http.GetAsync($"/v1/jobs/{run.Job}/events/stream", HttpCompletionOption.ResponseHeadersRead, _token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(_token));

        var last = "";
        foreach (var line in lines)
        {
            Assert.Equal("event: event", await NextAsync(reader));
            last = await NextAsync(reader);
            Assert.Equal($"data: {line}", await NextAsync(reader));
        }

        Assert.Equal($"id: {Encoding.UTF8.GetByteCount(run.Events)}", last);
        // Half a line is not given before the rest of it is there.
        await AppendAsync(run, "{\"ev\":");
        await AppendAsync(run, "\"late\"}\n");
        Assert.Equal("event: event", await NextAsync(reader));
        var place = await NextAsync(reader);
        Assert.Equal("data: {\"ev\":\"late\"}", await NextAsync(reader));
        await ExecuteAsync("update job set state = 4 where id = $1", run.Job);
        Assert.Equal("event: end", await NextAsync(reader));
        Assert.Equal(place, await NextAsync(reader));
        Assert.Equal("data: {\"state\":\"failed\"}", await NextAsync(reader));

        // Who comes back goes on where he was.
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{run.Job}/events/stream");
        request.Headers.Add("Last-Event-ID", last["id: ".Length..]);
        using var again = await _manager.Http.SendAsync(request, _token);
        Assert.StartsWith($"event: event\n{place}\ndata: {{\"ev\":\"late\"}}\n", await again.Content.ReadAsStringAsync(_token), StringComparison.Ordinal);
    }

    private async Task<string> NextAsync(StreamReader reader)
    {
        while (true)
        {
            var line = await reader.ReadLineAsync(_token).AsTask().WaitAsync(Soon, _token) ?? throw new EndOfStreamException();
            if (line.Length > 0 && line[0] != ':')
            {
                return line;
            }
        }
    }

    private async Task AppendAsync(RecordedRun run, string text)
    {
        await ExecuteAsync("insert into job_output (job_id, stream, start, data) select $1, 1, events_bytes, $2 from job where id = $1", run.Job, Encoding.UTF8.GetBytes(text));
        await ExecuteAsync("update job set events_bytes = events_bytes + $2 where id = $1", run.Job, text.Length);
    }

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = fixture.Database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync(_token);
    }
}
