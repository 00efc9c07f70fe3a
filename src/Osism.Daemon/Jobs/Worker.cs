using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Jobs;

/// <summary>Claims jobs of its queues as far as it has slots, adopts those whose worker is gone, and keeps its lease.</summary>
/// <remarks>Stopping it takes no more jobs and detaches from the running ones: they go on and are adopted.</remarks>
internal sealed partial class Worker(
    WorkerIdentity identity, WorkerQueues queues, WorkerRegistry registry, JobStore store, JobSignals signals, AttemptRunner runner, Adoption adoption, TinyJobs tiny, JobTroubles troubles,
    WorkerClock clock, OsismHome home, IOptions<WorkerOptions> options, IOptions<SpoolOptions> spool, TimeProvider time, ILogger<Worker> log)
    : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeatLimit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, Held> _held = new();
    private readonly ConcurrentDictionary<string, long> _moved = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _detach = new();
    private string? _note;

    /// <summary>Slots in use by queue, for metrics.</summary>
    public IReadOnlyDictionary<string, int> Busy =>
        _held.Values.GroupBy(held => held.Job.Queue, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);

    public int Slots => options.Value.Slots;

    /// <summary>Whether this worker keeps a job at the moment.</summary>
    public bool Keeps(Guid job) => _held.ContainsKey(job);

    public override void Dispose()
    {
        _detach.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await RegisterAsync(stoppingToken);
        signals.CancelWantedHere += Cancel;
        var beating = Task.WhenAll(BeatAsync(stoppingToken), KillCutOffAsync(stoppingToken));
        var turning = tiny.RunAsync(identity, queues, stoppingToken);
        try
        {
            await TakeAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
        finally
        {
            signals.CancelWantedHere -= Cancel;
            await _detach.CancelAsync();
            await Task.WhenAll(_held.Values.Select(held => held.Task)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await turning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await EndAsync();
        }
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        await DatabaseErrors.RetryWhileAwayAsync(
            async token =>
            {
                var sent = time.GetTimestamp();
                var beat = await registry.RegisterAsync(identity, queues.Names, options.Value, ProgramVersion.Current, token);
                clock.IsDraining = beat.Drain;
                clock.Set(beat.Now, sent);
            },
            $"worker {identity.Name}", time, log, cancellationToken);
        Log.Up(log, identity.Name, string.Join(' ', queues.Names), options.Value.Slots);
    }

    private async Task EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
        try
        {
            // Not the stopping token: it has been cancelled already, and this is what the next start wants to know.
            await registry.EndAsync(identity, patience.Token);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            // The lease runs out by itself.
        }
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Value.Heartbeat, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                // Behind a link that was cut nothing is answered at all; the next try is to find the link when it is back.
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(BeatLimit);
                var sent = time.GetTimestamp();
                var held = _held.Keys.ToList();
                if (await registry.BeatAsync(identity, _held.Count, _note, clock.IsDraining, options.Value.Lease, limit.Token) is not { } beat)
                {
                    await RegisterAsync(cancellationToken);
                    continue;
                }

                clock.Set(beat.Now, sent);
                clock.IsDraining = beat.Drain;
                foreach (var (job, by) in beat.Cancel)
                {
                    Cancel(job, by);
                }

                foreach (var job in held.Except(beat.Held))
                {
                    await EndForgottenAsync(job, limit.Token);
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it was: without heartbeats others would take this worker's jobs.
                Log.BeatFailed(log, e.Message);
            }
        }
    }

    /// <summary>Somebody gave the job up while nobody could reach us: what runs of it runs without its locks.</summary>
    private async Task EndForgottenAsync(Guid job, CancellationToken cancellationToken)
    {
        if (_held.TryGetValue(job, out var held) && await store.FindAsync(job, cancellationToken) is { IsTerminal: true } over)
        {
            // Nothing, if it came to its end here and is only being tidied away.
            held.Ending.Wish(new AttemptOutcome(over.State, new ReasonInfo(over.ReasonCode ?? ErrorCodes.JobLost.Code, "it was given up elsewhere")));
        }
    }

    /// <summary>Under <c>on_partition: kill</c> managers call the runs of a worker that is cut off lost, without asking: they must be dead by then.</summary>
    private async Task KillCutOffAsync(CancellationToken cancellationToken)
    {
        if (options.Value.OnPartition != "kill")
        {
            return;
        }

        using var timer = new PeriodicTimer(options.Value.Heartbeat, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (!clock.IsCurrent)
            {
                foreach (var held in _held.Values)
                {
                    held.Ending.Wish(new AttemptOutcome(JobState.Lost, new ReasonInfo(
                        ErrorCodes.JobLost.Code, $"ended by its worker, which could not reach the database for {options.Value.Lease.TotalSeconds:0} s (worker.on_partition is kill)")));
                }
            }
        }
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        long? swept = null;
        while (true)
        {
            // Taken before the look at the table: a job that comes in meanwhile is not missed.
            var queued = signals.NextQueued();
            try
            {
                if (swept is not { } last || time.GetElapsedTime(last) >= options.Value.Heartbeat)
                {
                    await SweepAsync(cancellationToken);
                    swept = time.GetTimestamp();
                }

                await ClaimAsync(cancellationToken);
            }
            catch (NpgsqlException e)
            {
                Log.DatabaseAway(log, e.Message);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // The manager with its API and its other runs must not end because of one look.
                Log.LookFailed(log, e);
            }

            await Task.WhenAny(queued, Task.Delay(Poll, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task ClaimAsync(CancellationToken cancellationToken)
    {
        var free = DiskSpace.FreeBytes(home.Spool);
        _note = free < spool.Value.MinimumFreeBytes
            ? $"{ErrorCodes.SpoolDiskFull.Code}: {free / 1048576} MB free in {home.Spool}, {spool.Value.MinimumFreeBytes / 1048576} MB needed"
            : null;
        if (_note is not null || clock.IsDraining || !clock.IsCurrent)
        {
            return;
        }

        var room = queues.Names.ToDictionary(queue => queue, queue => options.Value.Slots - BusyIn(queue), StringComparer.Ordinal);
        var full = room.Where(queue => queue.Value <= 0 && MayOverflow(queue.Key)).Select(queue => queue.Key).ToList();
        await TakeAsync(room.Where(queue => queue.Value > 0).ToDictionary(StringComparer.Ordinal), cancellationToken);
        if (full.Count > 0)
        {
            var waiting = await registry.ReadyAsync(full, cancellationToken);
            await TakeAsync(
                waiting.Where(ready => ready.Waited >= options.Value.OverflowAfter).ToDictionary(ready => ready.Queue, _ => 1, StringComparer.Ordinal),
                cancellationToken);
        }
    }

    private async Task TakeAsync(Dictionary<string, int> room, CancellationToken cancellationToken)
    {
        if (room.Count == 0)
        {
            return;
        }

        foreach (var job in await store.ClaimAsync(identity, room, cancellationToken))
        {
            Hold(job, (held, detach) => runner.StartAsync(held.Job, identity, held.Ending, detach));
        }
    }

    private int BusyIn(string queue) => _held.Values.Count(held => held.Job.Queue == queue);

    /// <summary>Whether a job of a queue may be taken beyond the slots, one at a time: when nothing of the queue began or ended for long, the
    /// running ones may be waiting for one that waits.</summary>
    private bool MayOverflow(string queue) =>
        BusyIn(queue) < options.Value.Slots + options.Value.OverflowSlots
        && (!_moved.TryGetValue(queue, out var moved) || time.GetElapsedTime(moved) >= options.Value.OverflowAfter);

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var orphans = await adoption.FindAsync(identity, job => _held.ContainsKey(job.Id) || IsTurning(job), cancellationToken);
        troubles.Keep(job => _held.ContainsKey(job) || orphans.Any(orphan => orphan.Job.Id == job));
        foreach (var orphan in orphans.Where(orphan => troubles.IsDue(orphan.Job.Id)))
        {
            try
            {
                await TakeUpAsync(orphan, cancellationToken);
            }
            catch (Exception e) when (e is not NpgsqlException && !cancellationToken.IsCancellationRequested)
            {
                // One that cannot be taken up now, on a full disk say, must not keep the others from it.
                await troubles.FailedAsync(orphan.Job, identity.Name, e, cancellationToken);
            }
        }
    }

    private async Task TakeUpAsync(Orphan orphan, CancellationToken cancellationToken)
    {
        var job = orphan.Job;
        if (_held.ContainsKey(job.Id))
        {
            await adoption.ReconnectAsync(job, identity, cancellationToken);
        }
        else if (!orphan.IsHere)
        {
            if (job.State is JobState.Starting or JobState.Running)
            {
                await adoption.DisconnectAsync(job, identity, cancellationToken);
            }
        }
        else if (await adoption.AdoptAsync(job, identity, cancellationToken) is { } adopted)
        {
            Log.Adopted(log, adopted.Job.Id, adopted.Job.Attempt);
            Hold(adopted.Job, (held, detach) => runner.AdoptAsync(held.Job, identity, adopted.Folder, held.Ending, detach));
        }
    }

    /// <summary>A tiny job is claimed and completed within a moment; if it is still there after a lease, the answer to its claim was lost.</summary>
    private bool IsTurning(Job job) => job.Tiny && job.ClaimedAt is { } claimed && clock.DatabaseNow - claimed < options.Value.Lease;

    private void Hold(Job job, Func<Held, CancellationToken, Task> work)
    {
        var held = new Held(job, new EndWish());
        _held[job.Id] = held;
        _moved[job.Queue] = time.GetTimestamp();
        held.Task = Task.Run(() => HoldAsync(held, work), CancellationToken.None);
    }

    private async Task HoldAsync(Held held, Func<Held, CancellationToken, Task> work)
    {
        try
        {
            if (held.Job.CancelRequestedAt is not null)
            {
                Cancel(held.Job.Id, held.Job.CancelledBy ?? "somebody");
            }

            var working = work(held, _detach.Token);
            if (troubles.HasFailed(held.Job.Id)
                && await Task.WhenAny(working, Task.Delay(JobTroubles.LongestPause, time, _detach.Token)) != working)
            {
                troubles.Forget(held.Job.Id);
            }

            await working;
            troubles.Forget(held.Job.Id);
        }
        catch (OperationCanceledException) when (_detach.IsCancellationRequested)
        {
            // Detached: whoever comes next adopts it.
        }
        catch (Exception e)
        {
            // Left without a keeper the job would be shown as running for ever: a sweep takes it up again.
            await troubles.FailedAsync(held.Job, identity.Name, e, _detach.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            _moved[held.Job.Queue] = time.GetTimestamp();
            _held.TryRemove(held.Job.Id, out _);
            signals.Queued();
        }
    }

    private void Cancel(Guid job, string by)
    {
        if (_held.TryGetValue(job, out var held))
        {
            held.Ending.Wish(new AttemptOutcome(JobState.Cancelled, new ReasonInfo(ErrorCodes.JobCancelled.Code, $"cancelled by {by}")));
        }
    }

    private sealed class Held(Job job, EndWish ending)
    {
        public Job Job { get; } = job;

        public EndWish Ending { get; } = ending;

        public Task Task { get; set; } = Task.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Name} takes jobs of {Queues}, {Slots} of each at a time")]
        public static partial void Up(ILogger logger, string name, string queues, int slots);

        [LoggerMessage(Level = LogLevel.Information, Message = "Adopted {Job} as attempt {Attempt}")]
        public static partial void Adopted(ILogger logger, Guid job, int attempt);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Heartbeat failed: {Reason}")]
        public static partial void BeatFailed(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The database does not answer: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "The look for jobs failed")]
        public static partial void LookFailed(ILogger logger, Exception exception);
    }
}

/// <summary>Queues this process works for.</summary>
internal sealed record WorkerQueues(IReadOnlyList<string> Names)
{
    /// <summary>Every queue there is.</summary>
    public static IReadOnlyList<string> All => QueueNames.All;
}
