using System.Text;
using Npgsql;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Testing;

namespace Osism.Tests.Jobs.Output;

/// <summary>Output in PostgreSQL: contiguous, fenced, readable from anywhere.</summary>
public sealed class OutputStoreTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private JobsSetup _jobs = null!;
    private Job _job = null!;

    public async ValueTask InitializeAsync()
    {
        _jobs = await JobsSetup.CreateAsync();
        _job = await _jobs.RunningAsync(JobsSetup.Worker("one"));
    }

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task Pieces_are_read_as_one_text_from_any_offset()
    {
        var (text, raw) = ("", 0);
        foreach (var piece in new[] { "hello ", "", "wide ", "world" })
        {
            Assert.Equal(AppendStatus.Stored, (await AppendAsync(raw, raw + 10, text.Length, piece)).Status);
            (text, raw) = (text + piece, raw + 10);
        }

        for (var from = 0; from <= text.Length; from++)
        {
            foreach (var limit in new[] { 1, 5, 6, 100 })
            {
                Assert.Equal(
                    text.Substring(from, Math.Min(limit, text.Length - from)),
                    Encoding.UTF8.GetString(await _jobs.Output.ReadAsync(_job.Id, StreamKind.Output, from, limit, _token)));
            }
        }

        var stored = await _jobs.GetAsync(_job);
        Assert.Equal((40, text.Length, 0, 0), (stored.OutputRaw, stored.OutputBytes, stored.EventsRaw, stored.EventsBytes));
    }

    [Fact]
    public async Task The_two_streams_do_not_touch_each_other()
    {
        await AppendAsync(0, 3, 0, "out");
        await _jobs.Output.AppendAsync(_job.Id, _job.Attempt, StreamKind.Events, new SpoolChunk(0, 5, 0, "event"u8.ToArray()), more: null, _token);

        Assert.Equal("out"u8.ToArray(), await _jobs.Output.ReadAsync(_job.Id, StreamKind.Output, 0, 99, _token));
        Assert.Equal("event"u8.ToArray(), await _jobs.Output.ReadAsync(_job.Id, StreamKind.Events, 0, 99, _token));
    }

    [Fact]
    public async Task A_piece_whose_answer_was_lost_may_be_sent_again_and_is_stored_once()
    {
        Assert.Equal(AppendStatus.Stored, (await AppendAsync(0, 3, 0, "abc")).Status);
        Assert.Equal(AppendStatus.Stored, (await AppendAsync(0, 3, 0, "abc")).Status);

        Assert.Equal("abc"u8.ToArray(), await _jobs.Output.ReadAsync(_job.Id, StreamKind.Output, 0, 99, _token));
    }

    [Fact]
    public async Task Who_is_wrong_about_the_offset_is_told_the_right_one()
    {
        await AppendAsync(0, 30, 0, "abc");

        Assert.Equal(new AppendResult(AppendStatus.Moved, 30, 3), await AppendAsync(0, 20, 0, "ab"));
        Assert.Equal(new AppendResult(AppendStatus.Moved, 30, 3), await AppendAsync(31, 40, 3, "d"));
        Assert.Equal("abc"u8.ToArray(), await _jobs.Output.ReadAsync(_job.Id, StreamKind.Output, 0, 99, _token));
    }

    [Fact]
    public async Task An_outdated_attempt_stores_nothing_and_is_counted()
    {
        await _jobs.Store.AdoptAsync(_job, JobsSetup.Worker("two"), _token);
        var before = _jobs.Get<JobMetrics>().StaleEpochs;

        Assert.Equal(AppendStatus.Fenced, (await AppendAsync(0, 3, 0, "abc")).Status);

        Assert.Empty(await _jobs.Output.ReadAsync(_job.Id, StreamKind.Output, 0, 99, _token));
        Assert.Equal(before + 1, _jobs.Get<JobMetrics>().StaleEpochs);
    }

    [Fact]
    public async Task Nothing_is_stored_for_a_job_that_has_ended_or_is_not_there()
    {
        await _jobs.EndAsync(_job, JobState.Lost);

        Assert.Equal(AppendStatus.Fenced, (await AppendAsync(0, 3, 0, "abc")).Status);
        Assert.Equal(
            AppendStatus.Fenced,
            (await _jobs.Output.AppendAsync(Guid.NewGuid(), 1, StreamKind.Output, new SpoolChunk(0, 1, 0, "a"u8.ToArray()), more: null, _token)).Status);
    }

    [Fact]
    public async Task Storing_makes_the_server_warn_of_nothing()
    {
        using var log = new LogCollector();
        await using var database = new NpgsqlDataSourceBuilder(_jobs.ConnectionString).UseLoggerFactory(log).Build();
        await using (var probe = database.CreateCommand("do $$ begin raise warning 'heard'; end $$"))
        {
            await probe.ExecuteNonQueryAsync(_token);
        }

        await new OutputStore(database, new JobMetrics()).AppendAsync(
            _job.Id, _job.Attempt, StreamKind.Output, new SpoolChunk(0, 3, 0, "abc"u8.ToArray()), more: null, _token);

        Assert.Contains("heard", Assert.Single(log.Lines, line => line.Contains("notice", StringComparison.OrdinalIgnoreCase)), StringComparison.Ordinal);
    }

    private Task<AppendResult> AppendAsync(long rawFrom, long rawTo, long start, string text) => _jobs.Output.AppendAsync(
        _job.Id, _job.Attempt, StreamKind.Output, new SpoolChunk(rawFrom, rawTo, start, Encoding.UTF8.GetBytes(text)), more: null, _token);
}
