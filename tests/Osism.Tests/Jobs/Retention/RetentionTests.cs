using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Retention;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Recording.Ingest;

namespace Osism.Tests.Jobs.Retention;

/// <summary>Which ended jobs are deleted, and how.</summary>
public sealed class RetentionTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly RetentionOptions _options = new() { MaxCount = 0, MaxBytes = 0, Batch = 2 };
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task What_is_old_goes_and_what_failed_stays_longer()
    {
        var old = await EndedAsync(100, JobState.Succeeded);
        var cancelled = await EndedAsync(95, JobState.Cancelled);
        var failed = await EndedAsync(100, JobState.Failed);
        var lost = await EndedAsync(200, JobState.Lost);
        var young = await EndedAsync(80, JobState.Succeeded);

        var preview = await Store.PreviewAsync(_options, _token);
        Assert.Equal(new PruneInfo(true, 3, 3 * 30, Now.AddDays(-200), Now.AddDays(-95)), preview);
        Assert.Equal(5, (await _jobs.AllAsync()).Count);

        Assert.Equal((3, 3 * 30), ((await Sweep().SweepAsync(_token)).Jobs, preview.OutputBytes));

        Assert.Equal([failed.Id, young.Id], (await _jobs.AllAsync()).Select(job => job.Id));
        foreach (var table in new[] { "job_output", "job_history", "job_host" })
        {
            Assert.Equal([failed.Id, young.Id], (await _jobs.QueryAsync<Guid>($"select distinct job_id from {table} where job_id = any(@ids)", new { ids = new[] { old.Id, cancelled.Id, failed.Id, lost.Id, young.Id } })).Order());
        }

        Assert.Empty(await _jobs.QueryAsync<Guid>("select job_id from job_removed"));
    }

    [Fact]
    public async Task Only_the_newest_stay_when_there_are_too_many_or_they_are_too_large()
    {
        var all = new List<Job>();
        for (var i = 0; i < 6; i++)
        {
            all.Add(await EndedAsync(1, i == 1 ? JobState.Failed : JobState.Succeeded));
        }

        _options.MaxCount = 4;
        await Sweep().SweepAsync(_token);
        Assert.Equal([all[1].Id, .. all.Skip(2).Select(job => job.Id)], (await _jobs.AllAsync()).Select(job => job.Id));

        _options.MaxBytes = 2 * 30;
        await Sweep().SweepAsync(_token);
        Assert.Equal([all[1].Id, all[4].Id, all[5].Id], (await _jobs.AllAsync()).Select(job => job.Id));
    }

    [Fact]
    public async Task What_is_pinned_stays_until_it_is_not()
    {
        var pinned = await EndedAsync(1000, JobState.Succeeded);
        await Store.PinAsync(pinned.Id, pinned: true, "ada", _token);
        await Store.PinAsync(pinned.Id, pinned: true, "ada", _token);
        await Sweep().SweepAsync(_token);
        Assert.Single(await _jobs.AllAsync());
        Assert.Equal(["pinned"], (await _jobs.HistoryAsync(pinned)).Where(step => step.Contains("pin", StringComparison.Ordinal)));

        await Store.PinAsync(pinned.Id, pinned: false, "ada", _token);
        await Sweep().SweepAsync(_token);
        Assert.Empty(await _jobs.AllAsync());
        Assert.Equal("job.not_found", (await Assert.ThrowsAsync<OsismException>(() => Store.PinAsync(pinned.Id, pinned: true, "ada", _token))).Code.Code);
    }

    [Fact]
    public async Task What_lives_and_what_it_hangs_on_stays()
    {
        var parent = await EndedAsync(1000, JobState.Succeeded);
        var repeated = await EndedAsync(1000, JobState.Failed, retries: 1);
        var again = (await _jobs.AllAsync()).Single(job => job.RetryOf == repeated.Id);
        var child = await _jobs.SubmitAsync(JobsSetup.Draft() with { Parents = [parent.Id] });
        var queued = await _jobs.SubmitAsync();
        await _jobs.ExecuteAsync($"update job set submitted_at = '{Now.AddDays(-1000):O}'");

        await Sweep().SweepAsync(_token);
        Assert.Equal(new[] { parent.Id, child.Id, repeated.Id, again.Id, queued.Id }.Order(), (await _jobs.AllAsync()).Select(job => job.Id).Order());

        await _jobs.CancelAsync(child);
        await _jobs.CancelAsync(again);
        await Sweep().SweepAsync(_token);
        Assert.DoesNotContain(await _jobs.AllAsync(), job => job.Id == parent.Id || job.Id == repeated.Id);
        Assert.Empty(await _jobs.QueryAsync<Guid>("select parent_id from job_parent"));
    }

    [Fact]
    public async Task A_history_of_schedules_that_names_a_deleted_job_is_still_read()
    {
        var job = await EndedAsync(1000, JobState.Succeeded);
        await _jobs.ExecuteAsync($"insert into schedule_occurrence values ('s', osism_now(), 'timer', 'submitted', '{job.Id}', null, 'x', osism_now())");
        await Sweep().SweepAsync(_token);

        var store = new Daemon.Schedules.ScheduleStore(_jobs.Database, _jobs.Store, new DaemonInstance(Guid.CreateVersion7(), "test"));
        var row = Assert.Single(await store.HistoryAsync("s", null, 10, _token));
        Assert.Equal((job.Id, null), (row.JobId, row.JobState));
    }

    [Fact]
    public async Task Room_that_was_freed_is_used_again()
    {
        var size = new List<long>();
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < 5; i++)
            {
                await EndedAsync(1000, JobState.Succeeded, kilobytes: 400);
            }

            size.Add((await _jobs.QueryAsync<long>("select pg_total_relation_size('job_output')"))[0]);
            await Sweep().SweepAsync(_token);
        }

        TestContext.Current.SendDiagnosticMessage($"job_output after each round of 2 MB: {string.Join(", ", size)} bytes");
        Assert.True(size[3] < size[0] * 2, string.Join(", ", size));
    }

    [Fact]
    public async Task Many_jobs_go_in_small_steps_beside_a_queue_that_works()
    {
        await EndedAsync(1000, JobState.Succeeded);
        await _jobs.ExecuteAsync($"""
            insert into job (id, state, queue, kind, request, submitted_by, submitted_at, ended_at)
            select gen_random_uuid(), 3, 'conductor', 'noop', '{"{}"}', 'x', '{Now.AddDays(-1000):O}', '{Now.AddDays(-1000):O}' from generate_series(1, 5000)
            """);
        _options.Batch = 200;
        await _jobs.SetNowAsync(null);
        var sweeping = Sweep().SweepAsync(_token);
        var ran = 0;
        do
        {
            await _jobs.EndAsync(await _jobs.RunningAsync(JobsSetup.Worker("w")), JobState.Succeeded);
            ran++;
        }
        while (!sweeping.IsCompleted);

        Assert.Equal(5001, (await sweeping).Jobs);
        Assert.Equal(ran, (await _jobs.AllAsync()).Count);
    }

    private RetentionStore Store => new(_jobs.Database);

    private RetentionSweep Sweep() => new(
        Store, new RecordRemoval(_jobs.Database), new Leadership(_jobs.Database, new DaemonInstance(Guid.CreateVersion7(), "test"), TimeProvider.System, NullLogger<Leadership>.Instance),
        Options.Create(_options), new RetentionMetrics(), TimeProvider.System, NullLogger<RetentionSweep>.Instance);

    private async Task<Job> EndedAsync(int days, JobState state, int kilobytes = 0, int retries = 0)
    {
        await _jobs.SetNowAsync(Now.AddDays(-days));
        var job = await _jobs.EndAsync(await _jobs.RunningAsync(JobsSetup.Worker("w"), JobsSetup.Draft() with { RetriesLeft = retries }), state);
        await _jobs.SetNowAsync(Now);
        await _jobs.ExecuteAsync($"""
            insert into job_output (job_id, stream, start, data) select '{job!.Id}', 0, n * 8192, decode(md5(random()::text), 'hex') from generate_series(0, 2) n;
            insert into job_output (job_id, stream, start, data)
                select '{job.Id}', 1, n * 8192, (select string_agg(decode(md5(random()::text || m), 'hex'), '') from generate_series(1, 512) m) from generate_series(1, {kilobytes / 8}) n;
            insert into job_host values ('{job.Id}', 'node', 'ok', 1, 0, 0, 0, 0, 0, 0);
            update job set output_bytes = 20, events_bytes = 10 where id = '{job.Id}'
            """);
        return job;
    }
}
