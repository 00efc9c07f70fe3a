using System.Globalization;
using Npgsql;
using Osism.Daemon.Recording.Reading;
using Osism.Daemon.Recording.Reading.Overview;

namespace Osism.Tests.Recording;

/// <summary>Jobs of 100,000 results each: what their lists cost, and that no statement looks at more than it must.</summary>
public sealed class LargeRecordingTests(LargeRecording fixture) : IClassFixture<LargeRecording>
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    /// <summary>Goal on a machine of its own, in ms: a test machine that does other things beside it may take ten times as long.</summary>
    [Theory]
    [InlineData("/v1/jobs/JOB/results", 200)]
    [InlineData("/v1/jobs/JOB/results?status=failed,unreachable", 200)]
    [InlineData("/v1/jobs/JOB/results?host=node-7", 200)]
    [InlineData("/v1/jobs/JOB/results?host=node-7&task=task%20999", 200)]
    [InlineData("/v1/jobs/JOB/results?task=no%20such", 200)]
    [InlineData("/v1/jobs/JOB/results/hosts", 100)]
    [InlineData("/v1/results", 200)]
    [InlineData("/v1/results?status=failed&status=unreachable", 200)]
    [InlineData("/v1/results?host=node-7", 200)]
    [InlineData("/v1/results?host=node-7&status=failed", 200)]
    [InlineData("/v1/results?task=task%20999", 200)]
    [InlineData("/v1/results?changed=true&role=large", 200)]
    [InlineData("/v1/results/hosts/node-7", 200)]
    [InlineData("/v1/jobs/JOB/results/matrix", 1000)]
    [InlineData("/v1/jobs/JOB/results/timing", 1000)]
    public async Task A_first_page_takes_as_long_as_it_may(string path, int goal)
    {
        path = path.Replace("JOB", $"{fixture.Job}", StringComparison.Ordinal);
        var times = new List<double>();
        for (var round = 0; round < 5; round++)
        {
            var since = TimeProvider.System.GetTimestamp();
            using var answer = await fixture.Reading.Manager.Http.GetAsync(new Uri(path, UriKind.Relative), _token);
            answer.EnsureSuccessStatusCode();
            times.Add(TimeProvider.System.GetElapsedTime(since).TotalMilliseconds);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"MEASURED {path.Replace($"{fixture.Job}", "JOB", StringComparison.Ordinal)}: best {times.Min():0} ms, median {times.Order().ElementAt(2):0} ms; goal {goal} ms; {fixture.Jobs} jobs");
        Assert.True(times.Min() < 10 * goal, $"{path}: {times.Min():0} ms");
    }

    [Fact]
    public async Task What_went_wrong_is_found_by_the_index_of_it()
    {
        var plan = await PlanAsync(ResultRange.Sql(new ResultFilter { Statuses = ["failed", "unreachable"] }, hasHosts: false, hasTasks: false, isAscending: false));

        Assert.Contains("rec_result_bad", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Other_lists_go_along_the_numbers_and_stop_early(bool isAscending)
    {
        var plan = await PlanAsync(ResultRange.Sql(new ResultFilter(), hasHosts: false, hasTasks: false, isAscending));

        Assert.Contains("rec_result_pkey", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_of_a_job_are_not_counted_over_its_results()
    {
        var plan = await ExplainAsync(HostQueries.OfPlaybookSql, command =>
        {
            command.Parameters.Add(new NpgsqlParameter { Value = fixture.Playbook << 24 });
            command.Parameters.Add(new NpgsqlParameter { Value = (fixture.Playbook << 24) | 16777215 });
        });

        Assert.Contains("rec_result_bad", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("rec_result_pkey", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on rec_result", plan, StringComparison.Ordinal);
    }

    private Task<string> PlanAsync(string sql) => ExplainAsync(sql, command =>
    {
        command.Parameters.Add(new NpgsqlParameter { ParameterName = "low", Value = 0L });
        command.Parameters.Add(new NpgsqlParameter { ParameterName = "high", Value = long.MaxValue });
        command.Parameters.Add(new NpgsqlParameter { ParameterName = "limit", Value = 101 });
    });

    private async Task<string> ExplainAsync(string sql, Action<NpgsqlCommand> add)
    {
        await using var connection = await fixture.Reading.Database.OpenConnectionAsync(_token);
        await using var command = new NpgsqlCommand($"explain (analyze, buffers) {sql}", connection);
        add(command);
        await using var reader = await command.ExecuteReaderAsync(_token);
        var lines = new List<string>();
        while (await reader.ReadAsync(_token))
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }
}

/// <summary>Jobs with 1,000 tasks on 100 hosts each; one result in a thousand went wrong.</summary>
public sealed class LargeRecording : IAsyncLifetime
{
    internal ReadingFixture Reading { get; } = new();

    /// <summary>How many; more for a measurement.</summary>
    public int Jobs { get; } = int.Parse(Environment.GetEnvironmentVariable("OSISM_TEST_LARGE_JOBS") ?? "3", CultureInfo.InvariantCulture);

    /// <summary>One in the middle.</summary>
    public Guid Job { get; private set; }

    public long Playbook { get; private set; }

    public async ValueTask InitializeAsync()
    {
        await Reading.InitializeAsync();
        for (var number = 1; number <= Jobs; number++)
        {
            await AddAsync(number);
        }

        await using var analyze = Reading.Database.CreateCommand("vacuum analyze rec_playbook, rec_play, rec_task, rec_host, rec_result");
        analyze.CommandTimeout = 0;
        await analyze.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => Reading.DisposeAsync();

    private async Task AddAsync(int number)
    {
        var run = await new RecordedRun("large").WriteAsync(Reading.Database);
        if (number == (Jobs + 1) / 2)
        {
            (Job, Playbook) = (run.Job, run.Playbook);
        }

        await using var command = Reading.Database.CreateCommand($"""
            insert into rec_play (id, uuid, name, started, created, updated) select (p << 24) | 1, gen_random_uuid(), 'play', now(), now(), now() from (values ({run.Playbook}::bigint)) x (p);
            insert into rec_task (id, play, name, action, path, lineno, started, created, updated)
                select ({run.Playbook}::bigint << 24) | n, ({run.Playbook}::bigint << 24) | 1, 'task ' || n, 'command', '/ansible/play.yml', n, now(), now(), now() from generate_series(1, 1000) n;
            insert into rec_host (id, playbook, name, ok, changed, failed, created, updated)
                select ({run.Playbook}::bigint << 24) | n, {run.Playbook}, 'node-' || n, 990, 100, 1, now(), now() from generate_series(1, 100) n;
            insert into rec_result (id, task, host, body_start, body_length, started, ended, status, is_changed, is_ignored, msg)
                select ({run.Playbook}::bigint << 24) | n, ({run.Playbook}::bigint << 24) | (1 + (n - 1) / 100), ({run.Playbook}::bigint << 24) | (1 + (n - 1) % 100), 0, 0,
                       now() + n * interval '10 ms', now() + n * interval '10 ms' + interval '1 s',
                       case when n % 1000 = 7 then 2 when n % 3000 = 8 then 4 when n % 5 = 0 then 3 else 1 end, n % 10 = 1, false, case when n % 1000 = 7 then 'it broke' end
                from generate_series(1, 100000) n;
            update rec_playbook set results = 100000, tasks = 1000, hosts = 100 where id = {run.Playbook};
            """);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
