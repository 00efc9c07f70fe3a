using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;

namespace Osism.Tests.Jobs;

/// <summary>Thousands of random operations on the store; after each one everything that must always hold is looked at.</summary>
public sealed class JobWalkTests : IAsyncLifetime
{
    private static readonly string[] Queues = ["conductor", "netbox"];

    private static readonly JobState[] Ends =
        [JobState.Succeeded, JobState.Failed, JobState.Unreachable, JobState.Cancelled, JobState.TimedOut, JobState.Lost, JobState.Rejected, JobState.CancelFailed];

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task Whatever_one_process_does_in_any_order_nothing_impossible_is_ever_stored()
    {
        const int Rounds = 30;
        const int Steps = 60;
        for (var seed = 1; seed <= Rounds; seed++)
        {
            await _jobs.ExecuteAsync("truncate job, job_history, job_parent");
            var walk = new Walk(_jobs, new Random(seed), Queues[seed % 2]);
            var before = new Dictionary<Guid, Job>();
            for (var step = 0; step < Steps; step++)
            {
                var did = await walk.StepAsync(_token);
                var after = await _jobs.AllAsync();
                try
                {
                    Check(before, after, await ParentsAsync());
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    Assert.Fail($"seed {seed}, step {step}, after {did}: {e.Message}");
                }

                before = after.ToDictionary(job => job.Id);
            }
        }
    }

    [Fact]
    public async Task Whatever_six_processes_do_at_the_same_time_their_record_tells_one_possible_story()
    {
        var walks = Enumerable.Range(1, 6).Select(seed => new Walk(_jobs, new Random(seed * 1000), Queues[seed % 2])).ToList();

        await Task.WhenAll(walks.Select(walk => Task.Run(async () =>
        {
            for (var step = 0; step < 100; step++)
            {
                await walk.StepAsync(_token);
            }
        }, _token)));

        var jobs = await _jobs.AllAsync();
        Check([], jobs, await ParentsAsync());
        Assert.Equal(walks.SelectMany(walk => walk.Won).Count(), walks.SelectMany(walk => walk.Won).Distinct().Count());
        foreach (var job in jobs)
        {
            var state = JobState.Queued;
            foreach (var what in (await _jobs.HistoryAsync(job)).Where(what => what is not ("adopted" or "cancel_requested" or "submitted")))
            {
                var next = what == "claimed" ? JobState.Starting : JobStates.FromWireName(what)!.Value;
                Assert.True(IsMove(state, next), $"{job.Id} went from {state} to {next}");
                state = next;
            }

            Assert.Equal(job.State, state);
        }
    }

    private async Task<ILookup<Guid, Guid>> ParentsAsync() =>
        (await _jobs.QueryAsync<(Guid Job, Guid Parent)>("select job_id, parent_id from job_parent")).ToLookup(tie => tie.Job, tie => tie.Parent);

    /// <summary>What must hold in every snapshot, and between one snapshot and the next.</summary>
    private static void Check(Dictionary<Guid, Job> before, IReadOnlyList<Job> after, ILookup<Guid, Guid> ties)
    {
        var now = after.ToDictionary(job => job.Id);
        foreach (var job in after)
        {
            var parents = ties[job.Id].Select(id => now[id]).ToList();
            var isHeld = job.State is JobState.Starting or JobState.Running or JobState.Disconnected or JobState.CancelFailed;
            Require(!isHeld || job.Worker is not null, job, "is claimed by nobody");
            Require(job.State != JobState.Queued || job.Worker is null, job, "is queued but held");
            Require(job.IsTerminal == job.EndedAt is not null, job, "has a time of its end that does not fit its state");
            var unmet = parents.Where(parent => parent.State != JobState.Succeeded).ToList();
            Require(job.State != JobState.Queued || job.Blocked == unmet.Count, job, $"has a blocked counter of {job.Blocked} with {unmet.Count} unmet parents");
            Require(job.State != JobState.Queued || unmet.TrueForAll(parent => !parent.IsTerminal), job, "waits for one that has ended");
            Require(job.State is JobState.Queued or JobState.Cancelled || unmet.Count == 0, job, "was started before its parents succeeded");
            Require(
                after.Count(other => other.RetryOf == job.Id) == (job is { IsTerminal: true, MayRetry: true } ? 1 : 0),
                job, "has not the repetitions it must have");
        }

        foreach (var (id, was) in before)
        {
            Require(now.TryGetValue(id, out var job), was, "has vanished");
            Require(job!.Attempt >= was.Attempt, job, "has lost an attempt");
            Require(job.State == was.State || IsPath(was.State, job.State), job, $"came from {was.State}");
            Require(job.Worker == was.Worker || job.Attempt > was.Attempt || job.Worker is null, job, "changed hands within an attempt");
            Require((job.Seq, job.RetryOf, job.SubmittedAt) == (was.Seq, was.RetryOf, was.SubmittedAt), job, "changed what never changes");
        }
    }

    private static void Require(bool holds, Job job, string fault) => Assert.True(holds, $"job {job.Seq} ({job.State}) {fault}");

    private static bool IsMove(JobState from, JobState to)
    {
        try
        {
            return from == to || new Job { State = from }.End(to, null, default).State == to;
        }
        catch (JobStateException)
        {
            return false;
        }
    }

    /// <summary>One operation may make two moves in one transaction (a queued job is claimed and ended only by two).</summary>
    private static bool IsPath(JobState from, JobState to) =>
        IsMove(from, to) || (!from.IsTerminal() && Enum.GetValues<JobState>().Any(through => IsMove(from, through) && IsMove(through, to)));

    /// <summary>A walker: some workers that forget and mistake, and an operator.</summary>
    private sealed class Walk(JobsSetup jobs, Random random, string queue)
    {
        private readonly WorkerIdentity[] _workers = [JobsSetup.Worker("one"), JobsSetup.Worker("two"), JobsSetup.Worker("three")];
        private readonly List<Job> _seen = [];

        /// <summary>Every claim and adoption that was granted.</summary>
        public List<(Guid Job, int Attempt)> Won { get; } = [];

        public async Task<string> StepAsync(CancellationToken cancellationToken)
        {
            var chosen = random.Next(100);
            return chosen switch
            {
                < 22 => await SubmitAsync(cancellationToken),
                < 42 => await ClaimAsync(cancellationToken),
                < 52 => await ChangeAsync("run", (job, at) => job.Run(at), cancellationToken),
                < 74 => await EndAsync(cancellationToken),
                < 82 => await AdoptAsync(cancellationToken),
                < 88 => await ChangeAsync("requeue", (job, _) => job.Requeue(), cancellationToken),
                < 92 => await ChangeAsync("disconnect", (job, _) => job.Disconnect("silent"), cancellationToken),
                < 95 => await ChangeAsync("reconnect", (job, _) => job.Reconnect(), cancellationToken),
                _ => await ChangeAsync("cancel", (job, at) => job.Cancel("grace", at), cancellationToken, asOperator: true),
            };
        }

        private async Task<string> SubmitAsync(CancellationToken cancellationToken)
        {
            var drafts = new List<Job>();
            var links = random.Next(1, 4);
            for (var i = 0; i < links; i++)
            {
                drafts.Add(JobsSetup.Draft(queue) with
                {
                    After = i > 0 && random.Next(3) > 0 ? drafts[^1].Id : i == 0 && _seen.Count > 0 && random.Next(3) == 0 ? Any().Id : null,
                    Parents = _seen.Count > 0 && random.Next(4) == 0 ? [Any().Id, Any().Id] : [],
                    RetriesLeft = random.Next(3),
                    Idempotent = random.Next(2) == 0,
                });
            }

            _seen.AddRange(await jobs.Store.SubmitAsync(drafts, cancellationToken));
            return $"submitting {links}";
        }

        private async Task<string> ClaimAsync(CancellationToken cancellationToken)
        {
            var worker = _workers[random.Next(_workers.Length)];
            var claimed = await jobs.Store.ClaimAsync(worker, queue, random.Next(1, 4), cancellationToken);
            Assert.All(claimed, job => Assert.Equal((JobState.Starting, worker.Id, queue), (job.State, job.Worker, job.Queue)));
            Note(claimed);
            return $"claiming {claimed.Count}";
        }

        private async Task<string> AdoptAsync(CancellationToken cancellationToken)
        {
            if (_seen.Count == 0)
            {
                return "nothing";
            }

            var job = Any();
            var adopted = await jobs.Store.AdoptAsync(job, _workers[random.Next(_workers.Length)], cancellationToken);
            if (adopted is not null)
            {
                Assert.Equal(job.Attempt + 1, adopted.Attempt);
                Note([adopted]);
            }

            return $"adopting {job.Seq}";
        }

        private Task<string> EndAsync(CancellationToken cancellationToken)
        {
            var state = Ends[random.Next(Ends.Length)];
            return ChangeAsync($"end as {state}", (job, at) => job.End(state, new ReasonInfo(ErrorCodes.RunFailed.Code, "walked"), at), cancellationToken);
        }

        private async Task<string> ChangeAsync(
            string what, Func<Job, DateTimeOffset, Job> move, CancellationToken cancellationToken, bool asOperator = false)
        {
            if (_seen.Count == 0)
            {
                return "nothing";
            }

            // Often an old snapshot: a worker that slept.
            var job = Any();
            try
            {
                await jobs.Store.ChangeAsync(job.Id, asOperator ? null : job.Attempt, "walker", move, cancellationToken);
            }
            catch (JobStateException)
            {
                // Refused, as it must be: what is stored is looked at by the caller.
            }

            return $"{what} {job.Seq} as attempt {job.Attempt}";
        }

        private Job Any() => _seen[^random.Next(1, Math.Min(_seen.Count, 14) + 1)];

        private void Note(IReadOnlyList<Job> won)
        {
            Won.AddRange(won.Select(job => (job.Id, job.Attempt)));
            _seen.AddRange(won);
        }
    }
}
