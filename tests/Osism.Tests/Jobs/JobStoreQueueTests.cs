using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Testing;

namespace Osism.Tests.Jobs;

/// <summary>Submitting, claiming and the fence of attempts, against a real PostgreSQL.</summary>
public sealed class JobStoreQueueTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    /// <summary>Whatever the statistics say: the planner once walked over all jobs of other queues.</summary>
    [Theory]
    [InlineData("not tiny", "job_ready")]
    [InlineData("tiny", "job_tiny")]
    public async Task A_claim_goes_by_its_index_when_others_and_blocked_ones_are_many(string which, string index)
    {
        await _jobs.ExecuteAsync("""
            insert into job (id, state, blocked, queue, kind, request, submitted_by, submitted_at, tiny)
            select gen_random_uuid(), 0, case when n % 3 = 0 then 1 else 0 end, 'q' || n % 3, 'noop', '{}', 'x', osism_now(), n % 2 = 0
            from generate_series(1, 20000) n;
            analyze job
            """);

        var plan = await _jobs.QueryAsync<string>($"""
            explain select head.id from unnest(array['q0', 'q1', 'rare'], array[1, 1, 1]) as wanted (queue, room)
            cross join lateral (
                select id from job where state = 0 and blocked = 0 and {which} and job.queue = wanted.queue
                order by seq limit wanted.room for update skip locked) head
            """);

        Assert.Contains(plan, line => line.Contains($"Index Scan using {index}", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, line => line.Contains("Sort", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Jobs_are_stored_in_the_order_in_which_they_were_submitted()
    {
        var drafts = Enumerable.Range(0, 20).Select(_ => JobsSetup.Draft()).ToList();

        var stored = await _jobs.Store.SubmitAsync(drafts, _token);

        Assert.Equal(drafts.Select(draft => draft.Id), stored.Select(job => job.Id));
        Assert.Equal(stored.Select(job => job.Seq).Order(), stored.Select(job => job.Seq));
        Assert.All(await _jobs.AllAsync(), job => Assert.Equal((JobState.Queued, 0), (job.State, job.Attempt)));
        Assert.Equal(["submitted"], await _jobs.HistoryAsync(stored[0]));
    }

    [Fact]
    public async Task A_submission_of_which_one_job_is_impossible_stores_none()
    {
        var refused = await Assert.ThrowsAsync<OsismException>(() => _jobs.Store.SubmitAsync(
            [JobsSetup.Draft(), JobsSetup.Draft() with { After = Guid.NewGuid() }], _token));

        Assert.Equal(ErrorCodes.JobNotFound, refused.Code);
        Assert.Empty(await _jobs.AllAsync());
    }

    [Fact]
    public async Task Claims_take_the_oldest_of_the_queue_and_no_more_than_asked_for()
    {
        var mine = await _jobs.Store.SubmitAsync([.. Enumerable.Range(0, 5).Select(_ => JobsSetup.Draft("netbox"))], _token);
        await _jobs.SubmitAsync(JobsSetup.Draft("openstack"));
        var worker = JobsSetup.Worker("one");

        var first = await _jobs.Store.ClaimAsync(worker, "netbox", 2, _token);
        var second = await _jobs.Store.ClaimAsync(worker, "netbox", 10, _token);

        Assert.Equal(mine.Take(2).Select(job => job.Id), first.Select(job => job.Id));
        Assert.Equal(mine.Skip(2).Select(job => job.Id), second.Select(job => job.Id));
        Assert.Empty(await _jobs.Store.ClaimAsync(worker, "netbox", 10, _token));
        Assert.All(first, job => Assert.Equal((JobState.Starting, 1, worker.Id, "one"), (job.State, job.Attempt, job.Worker, job.WorkerName)));
        Assert.All(first, job => Assert.NotNull(job.ClaimedAt));
    }

    [Fact]
    public async Task Eight_workers_claim_five_hundred_jobs_and_none_is_claimed_twice()
    {
        const int Jobs = 500;
        await _jobs.Store.SubmitAsync([.. Enumerable.Range(0, Jobs).Select(_ => JobsSetup.Draft())], _token);

        var claimed = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            var worker = JobsSetup.Worker($"w{number}");
            var taken = new List<Job>();
            for (var misses = 0; misses < 3;)
            {
                var more = await _jobs.Store.ClaimAsync(worker, JobsSetup.Queue, 7, _token);
                misses = more.Count == 0 ? misses + 1 : 0;
                Assert.All(more, job => Assert.Equal(worker.Id, job.Worker));
                taken.AddRange(more);
            }

            Assert.Equal(taken.Select(job => job.Seq).Order(), taken.Select(job => job.Seq));
            return taken;
        }));

        var all = claimed.SelectMany(taken => taken).ToList();
        Assert.Equal(Jobs, all.Count);
        Assert.Equal(Jobs, all.DistinctBy(job => job.Id).Count());
        Assert.All(all, job => Assert.Equal(1, job.Attempt));
    }

    [Fact]
    public async Task A_claim_passes_over_a_job_that_somebody_is_just_changing()
    {
        var jobs = await _jobs.Store.SubmitAsync([JobsSetup.Draft(), JobsSetup.Draft()], _token);
        await using var connection = await _jobs.Database.OpenConnectionAsync(_token);
        await using var transaction = await connection.BeginTransactionAsync(_token);
        await using (var held = new NpgsqlCommand("select 1 from job where id = $1 for update", connection, transaction))
        {
            held.Parameters.Add(new() { Value = jobs[0].Id });
            await held.ExecuteScalarAsync(_token);
        }

        var claimed = await _jobs.Store.ClaimAsync(JobsSetup.Worker("one"), JobsSetup.Queue, 1, _token).WaitAsync(Bounds.Usual, _token);

        Assert.Equal(jobs[1].Id, Assert.Single(claimed).Id);
    }

    [Fact]
    public async Task A_write_of_an_outdated_attempt_is_refused_counted_and_changes_nothing()
    {
        var (old, young) = (JobsSetup.Worker("old"), JobsSetup.Worker("young"));
        var job = await _jobs.ClaimedAsync(old);
        var adopted = (await _jobs.Store.AdoptAsync(job, young, _token))!;
        var before = _jobs.Get<JobMetrics>().StaleEpochs;

        var refused = await _jobs.EndAsync(job, JobState.Succeeded);

        Assert.Null(refused);
        Assert.Equal(before + 1, _jobs.Get<JobMetrics>().StaleEpochs);
        Assert.Equal((JobState.Starting, 2, young.Id), ((await _jobs.GetAsync(job)).State, adopted.Attempt, adopted.Worker));
        Assert.Equal(["submitted", "claimed", "adopted"], await _jobs.HistoryAsync(job));
    }

    [Fact]
    public async Task Of_many_that_adopt_a_job_one_wins()
    {
        var job = await _jobs.RunningAsync(JobsSetup.Worker("gone"));

        var won = await Task.WhenAll(Enumerable.Range(0, 6).Select(number => _jobs.Store.AdoptAsync(job, JobsSetup.Worker($"w{number}"), _token)));

        var winner = Assert.Single(won, adopted => adopted is not null)!;
        Assert.Equal((winner.Worker, 2, JobState.Running), ((await _jobs.GetAsync(job)).Worker, winner.Attempt, winner.State));
    }

    [Fact]
    public async Task A_job_that_is_over_or_was_never_claimed_cannot_be_adopted()
    {
        var queued = await _jobs.SubmitAsync(JobsSetup.Draft("netbox"));
        var job = await _jobs.RunningAsync(JobsSetup.Worker("gone"));
        await _jobs.EndAsync(job, JobState.Succeeded);

        Assert.Null(await _jobs.Store.AdoptAsync(job, JobsSetup.Worker("one"), _token));
        Assert.Null(await _jobs.Store.AdoptAsync(queued, JobsSetup.Worker("one"), _token));
    }

    [Fact]
    public async Task A_move_the_state_does_not_allow_is_refused_and_nothing_is_stored()
    {
        var job = await _jobs.RunningAsync(JobsSetup.Worker("one"));
        await _jobs.EndAsync(job, JobState.Failed);
        var history = await _jobs.HistoryAsync(job);

        var refused = await Assert.ThrowsAsync<JobStateException>(() => _jobs.EndAsync(job, JobState.Succeeded));

        Assert.Equal(JobState.Failed, refused.From);
        Assert.Equal(JobState.Failed, (await _jobs.GetAsync(job)).State);
        Assert.Equal(history, await _jobs.HistoryAsync(job));
    }

    [Fact]
    public async Task A_change_of_a_job_that_is_not_there_is_not_found() =>
        Assert.Equal(
            ErrorCodes.JobNotFound,
            (await Assert.ThrowsAsync<OsismException>(() => _jobs.Store.ChangeAsync(Guid.NewGuid(), null, "test", (job, _) => job, _token))).Code);

    [Fact]
    public async Task A_requeued_job_keeps_its_place_and_gets_a_new_attempt()
    {
        var worker = JobsSetup.Worker("one");
        var first = await _jobs.ClaimedAsync(worker);
        var second = await _jobs.SubmitAsync();

        var requeued = await _jobs.Store.ChangeAsync(first.Id, first.Attempt, "one", (job, _) => job.Requeue(), _token);

        Assert.Equal((JobState.Queued, first.Seq, (Guid?)null), (requeued!.State, requeued.Seq, requeued.Worker));
        var claimed = await _jobs.Store.ClaimAsync(worker, JobsSetup.Queue, 2, _token);
        Assert.Equal([(first.Id, 2), (second.Id, 1)], claimed.Select(job => (job.Id, job.Attempt)));
    }

    [Fact]
    public async Task Cancel_ends_a_queued_job_at_once_and_asks_the_worker_of_a_claimed_one()
    {
        var told = new List<(Guid, string)>();
        _jobs.Get<JobSignals>().CancelWantedHere += (job, by) => told.Add((job, by));
        var claimed = await _jobs.ClaimedAsync(JobsSetup.Worker("one"));
        var queued = await _jobs.SubmitAsync();

        await _jobs.CancelAsync(queued);
        await _jobs.CancelAsync(claimed);
        await _jobs.CancelAsync(claimed);

        var (ended, asked) = (await _jobs.GetAsync(queued), await _jobs.GetAsync(claimed));
        Assert.Equal((JobState.Cancelled, "grace", "job.cancelled"), (ended.State, ended.CancelledBy, ended.ReasonCode));
        Assert.NotNull(ended.EndedAt);
        Assert.Equal((JobState.Starting, "grace"), (asked.State, asked.CancelledBy));
        Assert.Single(told, (claimed.Id, "grace"));
        Assert.Equal(["submitted", "claimed", "cancel_requested"], await _jobs.HistoryAsync(claimed));
        Assert.Empty(await _jobs.Store.ClaimAsync(JobsSetup.Worker("two"), JobsSetup.Queue, 5, _token));
        await Assert.ThrowsAsync<JobStateException>(() => _jobs.CancelAsync(queued));
    }

    [Fact]
    public async Task Times_are_those_of_the_databases_clock()
    {
        var now = new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero);
        await _jobs.SetNowAsync(now);

        var job = await _jobs.RunningAsync(JobsSetup.Worker("one"));
        await _jobs.SetNowAsync(now.AddHours(1));
        var ended = await _jobs.EndAsync(job, JobState.Succeeded);

        Assert.Equal((now, now, now, now.AddHours(1)), (ended!.SubmittedAt, ended.ClaimedAt, ended.StartedAt, ended.EndedAt));
    }

    [Fact]
    public async Task The_recap_is_stored_with_the_end_and_only_once()
    {
        var job = await _jobs.RunningAsync(JobsSetup.Worker("one"));
        JobHostInfo[] hosts = [new("node-b", "ok", 3, 0, 0, 0, 1, 0, 0), new("node-a", "failed", 1, 1, 1, 0, 0, 2, 3)];

        await _jobs.Store.ChangeAsync(job.Id, job.Attempt, "one", (j, at) => j.End(JobState.Failed, null, at), _token, hosts);
        await _jobs.Store.ChangeAsync(job.Id, job.Attempt, "one", (j, _) => j, _token, hosts);

        Assert.Equal([hosts[1], hosts[0]], await _jobs.Get<JobQueries>().HostsAsync(job.Id, _token));
    }
}
