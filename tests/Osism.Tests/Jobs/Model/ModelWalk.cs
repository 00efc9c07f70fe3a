using Microsoft.Extensions.DependencyInjection;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;

namespace Osism.Tests.Jobs.Model;

/// <summary>Walks the real engine on a database of its own, whose clock it holds.</summary>
internal sealed class ModelWalk : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly string[] Nodes = ["a", "b", "c", "d"];
    private static readonly JobState[] Ends =
        [JobState.Succeeded, JobState.Succeeded, JobState.Succeeded, JobState.Failed, JobState.Unreachable, JobState.TimedOut, JobState.Lost, JobState.Rejected, JobState.CancelFailed];

    private readonly JobsSetup _jobs;
    private readonly TinyJobs _tiny;
    private readonly CancellationToken _token;
    private readonly List<Job> _known = [];
    private readonly HashSet<(Guid Job, int Attempt)> _won = [];
    private readonly Dictionary<Guid, DateTimeOffset> _leases = [];
    private IReadOnlyList<TinyJobs.Claimed> _turning = [];
    private WorkerIdentity[] _workers = [];
    private DateTimeOffset _now = Start;

    private ModelWalk(JobsSetup jobs, TinyJobs tiny, CancellationToken token) => (_jobs, _tiny, _token) = (jobs, tiny, token);

    /// <summary>Steps that found something to do.</summary>
    public Dictionary<Deed, int> Done { get; } = [];

    public static async Task<ModelWalk> CreateAsync(CancellationToken token)
    {
        var jobs = await JobsSetup.CreateAsync();
        await jobs.ExecuteAsync("""
            create table test_clock (at timestamptz not null);
            insert into test_clock values ('2026-01-01');
            create or replace function osism_now() returns timestamptz language sql volatile as 'select at from test_clock'
            """);
        return new ModelWalk(jobs, ActivatorUtilities.CreateInstance<TinyJobs>(jobs.Services), token);
    }

    /// <summary>Walks from an empty database to one where everything has ended.</summary>
    /// <returns>What does not hold, null when all does.</returns>
    public async Task<string?> WalkAsync(IReadOnlyList<ModelStep> steps)
    {
        const int Look = 8;
        await ResetAsync();
        for (var i = 0; i < steps.Count; i++)
        {
            try
            {
                if (await StepAsync(steps[i]))
                {
                    Done[steps[i].Deed] = Done.GetValueOrDefault(steps[i].Deed) + 1;
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                return $"step {i}: {e}";
            }

            if ((i % Look == 0 || i == steps.Count - 1) && await LookAsync() is { } fault)
            {
                return $"step {i}: {fault}";
            }
        }

        return await DrainAsync();
    }

    public ValueTask DisposeAsync() => _jobs.DisposeAsync();

    private async Task ResetAsync()
    {
        await _jobs.ExecuteAsync("truncate job, job_parent, job_key, job_held, job_history, operator_lock, worker, submission");
        _now = Start;
        await _jobs.ExecuteAsync($"update test_clock set at = '{_now:O}'");
        _known.Clear();
        _won.Clear();
        _turning = [];
        _workers = [.. Enumerable.Range(0, 3).Select(i => JobsSetup.Worker($"w{i}", $"machine-{i}"))];
        foreach (var worker in _workers)
        {
            await _jobs.Registry.RegisterAsync(worker, [JobsSetup.Queue], new WorkerOptions { Slots = 2, Lease = Lease }, "0", _token);
            _leases[worker.Id] = _now + Lease;
        }
    }

    private async Task<string?> LookAsync() => (await _jobs.QueryAsync<string>(ModelInvariants.Sql)).FirstOrDefault();

    private async Task<bool> StepAsync(ModelStep step) => step.Deed switch
    {
        Deed.Submit => await SubmitAsync(Draft(step)),
        Deed.SubmitTiny => await SubmitAsync(Draft(step) with { Tiny = true }),
        Deed.SubmitHanded => await SubmitHandedAsync(step),
        Deed.SubmitKeyed => await SubmitAsync(Keyed(Draft(step), LockPolicy.Queue, byHosts: false, step)),
        Deed.SubmitByHosts => await SubmitAsync(Keyed(Draft(step), LockPolicy.Queue, byHosts: true, step)),
        Deed.SubmitPolicy => await SubmitAsync(Keyed(Draft(step), (LockPolicy)(step.C % 4), byHosts: step.A % 2 == 0, step)),
        Deed.SubmitGraph => await SubmitAsync(Graph(step)),
        Deed.Claim => await ClaimAsync(step),
        Deed.Turn => await TurnAsync(step),
        Deed.Run => await ChangeAsync(step, (job, at) => job.Run(at)),
        Deed.End => await ChangeAsync(step, (job, at) => job.End(Ends[step.B % Ends.Length], new ReasonInfo(ErrorCodes.RunFailed.Code, "walked"), at)),
        Deed.EndStale => await EndStaleAsync(step),
        Deed.Adopt => await AdoptAsync(step),
        Deed.Requeue => await ChangeAsync(step, (job, _) => job.StartedAt is null ? job.Requeue() : job),
        Deed.Disconnect => await ChangeAsync(step, (job, _) => job.Disconnect("silent")),
        Deed.Reconnect => await ChangeAsync(step, (job, _) => job.Reconnect()),
        Deed.Cancel => await ChangeAsync(step, (job, at) => job.Cancel("grace", at), asOperator: true),
        Deed.Forget => await ChangeAsync(step, (job, at) => job.Forget("grace", at), asOperator: true),
        Deed.Lock => await LockAsync(step),
        Deed.Unlock => await _jobs.Locks.ReleaseAsync((null, Scope(step).Text), "ada", force: true, _token) is not null,
        Deed.Advance => await AdvanceAsync(TimeSpan.FromSeconds((step.A % 20) + 1)),
        Deed.Renew => await RenewAsync(_workers[step.A % _workers.Length]),
        _ => await SweepAsync(),
    };

    private Job Draft(ModelStep step) => JobsSetup.Draft() with
    {
        Kind = JobKinds.Ansible,
        Environment = step.A % 3 == 0 ? "kolla" : "generic",
        Plays = [$"role-{step.B % 3}"],
        Touches = step.C % 4 == 0 ? null : [.. Nodes.Where((_, i) => ((step.C >> i) & 1) == 1).DefaultIfEmpty("e")],
        RetriesLeft = step.B % 5 == 0 ? 2 : 0,
        Idempotent = step.C % 2 == 0,
    };

    private static Job Keyed(Job draft, LockPolicy policy, bool byHosts, ModelStep step)
    {
        // A key has one policy, as the file demands.
        string[] keys = policy != LockPolicy.Queue ? [$"p{(int)policy}"] : [.. new[] { $"k{step.A % 4}", $"k{step.B % 4}" }.Distinct()];
        return draft with { LockKeys = keys, LockWishes = [.. keys.Select(key => new LockWish(key, byHosts, policy))] };
    }

    private Job[] Graph(ModelStep step)
    {
        var drafts = new List<Job>();
        for (var i = 0; i <= (step.A % 3) + 1; i++)
        {
            var draft = Draft(step with { B = step.B + i, C = step.C + i });
            if (((step.B >> i) & 1) == 1)
            {
                draft = Keyed(draft, LockPolicy.Queue, byHosts: ((step.C >> i) & 1) == 1, step with { A = step.A + i });
            }

            var parents = drafts.Where((_, at) => ((step.C >> at) & 1) == 1).Select(parent => parent.Id).ToList();
            if (_known.Count > 0 && ((step.A >> i) & 1) == 1)
            {
                parents.Add(Any(step.B + i).Id);
            }

            drafts.Add(draft with { Parents = parents });
        }

        drafts.Reverse();
        return [.. drafts];
    }

    private async Task<bool> SubmitAsync(params Job[] drafts)
    {
        try
        {
            _known.AddRange(await _jobs.Store.SubmitAsync(drafts, _token));
            return true;
        }
        catch (OsismException e) when (e.Code == ErrorCodes.LockHeld)
        {
            return true;
        }
    }

    /// <summary>To a manager whose own worker takes it, unless it would overtake one that waits.</summary>
    private async Task<bool> SubmitHandedAsync(ModelStep step)
    {
        var desk = _jobs.Get<TinyDesk>();
        _jobs.Get<WorkerClock>().Set(_now, TimeProvider.System.GetTimestamp());
        var waits = await _jobs.QueryAsync<bool>("select exists (select 1 from job where state = 0 and blocked = 0 and tiny)");
        desk.Attend(_workers[step.A % _workers.Length], new WorkerQueues([JobsSetup.Queue]));
        await SubmitAsync(Draft(step) with { Tiny = true });
        desk.Leave();
        var handed = desk.Take();
        Assert.All(handed, job => Assert.True(_won.Add((job.Id, job.Attempt))));
        Assert.False(waits[0] && handed.Count > 0, "a tiny job was overtaken");
        _turning = [.. _turning, .. handed];
        return handed.Count > 0;
    }

    private async Task<bool> ClaimAsync(ModelStep step)
    {
        var room = (step.B % 3) + 1;

        // Those whose locks are over are let go by the claim itself.
        var expected = step.C % 2 == 0 || await HasExpiredAsync() ? null : await _jobs.QueryAsync<Guid>(
            "select id from job where state = 0 and blocked = 0 and not tiny order by seq limit @room", new { room });
        var claimed = await _jobs.Store.ClaimAsync(_workers[step.A % _workers.Length], JobsSetup.Queue, room, _token);
        if (expected is not null)
        {
            Assert.Equal(expected, claimed.Select(job => job.Id));
        }

        foreach (var job in claimed)
        {
            Assert.True(_won.Add((job.Id, job.Attempt)), $"{job.Seq} was given away twice as attempt {job.Attempt}");
        }

        _known.AddRange(claimed);
        return claimed.Count > 0;
    }

    private async Task<bool> HasExpiredAsync() =>
        (await _jobs.QueryAsync<bool>("select exists (select 1 from operator_lock where released_at is null and until <= osism_now())"))[0];

    private async Task<bool> TurnAsync(ModelStep step)
    {
        _jobs.Get<WorkerClock>().Set(_now, TimeProvider.System.GetTimestamp());
        _turning = await _tiny.TurnAsync(_workers[step.A % _workers.Length], new WorkerQueues([JobsSetup.Queue]), _turning, _token);
        Assert.All(_turning, job => Assert.True(_won.Add((job.Id, job.Attempt))));
        return _turning.Count > 0;
    }

    private async Task<bool> EndStaleAsync(ModelStep step)
    {
        if (_known.Count == 0)
        {
            return false;
        }

        var before = await _jobs.GetAsync(Any(step.A));
        var stale = before.Attempt - 1 - (step.B % 2);
        Assert.Null(await _jobs.Store.ChangeAsync(before.Id, stale, "ghost", (job, at) => job.End(JobState.Succeeded, null, at), _token));
        var after = await _jobs.GetAsync(before);
        Assert.Equal((before.State, before.Attempt, before.EndedAt), (after.State, after.Attempt, after.EndedAt));
        return true;
    }

    private async Task<bool> AdoptAsync(ModelStep step)
    {
        if (_known.Count == 0)
        {
            return false;
        }

        var job = Any(step.A);
        if (await _jobs.Store.AdoptAsync(job, _workers[step.B % _workers.Length], _token) is not { } adopted)
        {
            return false;
        }

        Assert.True(_won.Add((adopted.Id, adopted.Attempt)), "an attempt was given away twice");
        _known.Add(adopted);
        return true;
    }

    private async Task<bool> ChangeAsync(ModelStep step, Func<Job, DateTimeOffset, Job> move, bool asOperator = false)
    {
        if (_known.Count == 0)
        {
            return false;
        }

        // Often an old snapshot: a worker that slept.
        var job = Any(step.A);
        try
        {
            return await _jobs.Store.ChangeAsync(job.Id, asOperator ? null : job.Attempt, "walker", move, _token) is not null;
        }
        catch (JobStateException)
        {
            return false;
        }
    }

    private static LockScope Scope(ModelStep step) => (step.A % 4) switch
    {
        0 => new LockScope(null, null, null),
        1 => new LockScope("kolla", null, null),
        2 => new LockScope("generic", $"role-{step.B % 3}", null),
        _ => new LockScope(null, null, [Nodes[step.B % 2], Nodes[(step.B % 2) + 1]]),
    };

    private async Task<bool> LockAsync(ModelStep step)
    {
        try
        {
            await _jobs.Locks.PlaceAsync(
                Scope(step), step.C % 2 == 0 ? "ada" : "grace", "x", null, null, TimeSpan.FromSeconds((step.C % 30) + 1), _token);
            return true;
        }
        catch (OsismException e) when (e.Code == ErrorCodes.LockHeld)
        {
            return false;
        }
    }

    private async Task<bool> AdvanceAsync(TimeSpan time)
    {
        _now += time;
        await _jobs.ExecuteAsync($"update test_clock set at = '{_now:O}'");
        return true;
    }

    private async Task<bool> RenewAsync(WorkerIdentity worker)
    {
        Assert.NotNull(await _jobs.Registry.BeatAsync(worker, 0, null, false, Lease, _token));
        _leases[worker.Id] = _now + Lease;
        return true;
    }

    /// <summary>Whose lease ran out is seen to be so, by everybody's clock the same, and its jobs are disconnected.</summary>
    private async Task<bool> SweepAsync()
    {
        var moved = false;
        foreach (var (job, holder) in await _jobs.Registry.HeldAsync(_token))
        {
            Assert.Equal(_leases[job.Worker!.Value] < _now, holder.Expired);
            if (holder.Expired && job.State is JobState.Starting or JobState.Running && job.Tiny is false)
            {
                await _jobs.Store.ChangeAsync(job.Id, job.Attempt, "sweeper", (j, _) => j.Disconnect("its lease ran out"), _token);
                moved = true;
            }
        }

        return moved;
    }

    /// <summary>With all locks gone and every job that begins also ending, everything comes to an end.</summary>
    private async Task<string?> DrainAsync()
    {
        await AdvanceAsync(TimeSpan.FromHours(1));
        for (var round = 0; round < 400; round++)
        {
            await TurnAsync(new ModelStep(Deed.Turn, 0, 0, 0));
            await _jobs.Store.ClaimAsync(_workers[0], JobsSetup.Queue, 50, _token);
            var live = await _jobs.QueryAsync<Job>($"select {JobStore.Columns} from job where state in (1, 2, 10, 11)");
            foreach (var job in live.Where(job => !job.Tiny || _turning.All(turning => turning.Id != job.Id)))
            {
                await _jobs.Store.ChangeAsync(
                    job.Id, job.Attempt, "drain", (j, at) => j.End(round % 2 == 0 ? JobState.Succeeded : JobState.Lost, null, at), _token);
            }

            if (await LookAsync() is { } fault)
            {
                return $"while it was drained: {fault}";
            }

            if ((await _jobs.QueryAsync<long>("select count(*) from job where state in (0, 1, 2, 10, 11)"))[0] == 0)
            {
                var left = await _jobs.QueryAsync<long>("select (select count(*) from job_key) + (select count(*) from job_held)");
                return left[0] == 0 ? null : "places or holds were left behind";
            }
        }

        return "some jobs never came to an end";
    }

    private Job Any(int choice) => _known[^((choice % Math.Min(_known.Count, 12)) + 1)];
}
