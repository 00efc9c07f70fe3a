using Npgsql;
using NpgsqlTypes;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Jobs;

/// <summary>Runs tiny jobs (see <see cref="Job.Tiny"/>) many at a time: one way to the database completes those of the last turn and claims the next.
/// Those that were submitted to this process come over the <see cref="TinyDesk"/>.</summary>
/// <remarks>What if we die here? Claimed and not completed they had no effect outside the database: the sweep puts them back into the queue.</remarks>
internal sealed partial class TinyJobs(
    NpgsqlDataSource database, JobStore store, TinyDesk desk, JobSignals signals, JobMetrics metrics, WorkerClock clock, Failpoints failpoints, TimeProvider time, ILogger<TinyJobs> log)
{
    /// <summary>Of each queue at a time.</summary>
    private const int Most = 64;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>Turns do not follow each other faster than this: those that come meanwhile share one.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(0.5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    public async Task RunAsync(WorkerIdentity worker, WorkerQueues queues, CancellationToken cancellationToken)
    {
        using var poll = new PeriodicTimer(Poll, time);
        var tick = poll.WaitForNextTickAsync(cancellationToken).AsTask();
        var queued = Task.CompletedTask;
        IReadOnlyList<Claimed> held = [];
        desk.Attend(worker, queues);
        try
        {
            while (true)
            {
                var began = time.GetTimestamp();
                var looks = queued.IsCompleted || tick.IsCompleted || held.Count > 0;
                if (looks)
                {
                    // Taken before the look at the table: a job that comes in meanwhile is not missed.
                    queued = signals.NextTiny();
                    tick = tick.IsCompleted ? poll.WaitForNextTickAsync(cancellationToken).AsTask() : tick;
                }

                held = await TurnSafelyAsync(worker, looks ? queues : new WorkerQueues([]), held, cancellationToken);
                if (held.Count == 0)
                {
                    await Task.WhenAny(queued, tick, desk.Next);
                    if (time.GetElapsedTime(began) < Breath)
                    {
                        await Task.Delay(Pause, time, cancellationToken);
                    }
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            desk.Leave();
            await TidyAsync(worker);
        }
    }

    /// <summary>An orderly stop completes what was given to this worker meanwhile.</summary>
    private async Task TidyAsync(WorkerIdentity worker)
    {
        // Not the stopping token: it has been cancelled already.
        using var patience = new CancellationTokenSource(Poll, time);
        Task last = TurnSafelyAsync(worker, new WorkerQueues([]), [], patience.Token);
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<IReadOnlyList<Claimed>> TurnSafelyAsync(
        WorkerIdentity worker, WorkerQueues queues, IReadOnlyList<Claimed> held, CancellationToken cancellationToken)
    {
        try
        {
            var handed = desk.Take();
            if (handed.Count > 0)
            {
                await TakenAsync(handed, cancellationToken);
                held = [.. held, .. handed];
            }

            return held.Count > 0 || queues.Names.Count > 0 ? await TurnAsync(worker, queues, held, cancellationToken) : [];
        }
        catch (NpgsqlException e)
        {
            Log.DatabaseAway(log, e.Message);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.TurnFailed(log, e);
        }

        return [];
    }

    /// <summary>Completes what is held and claims what is next.</summary>
    internal async Task<IReadOnlyList<Claimed>> TurnAsync(
        WorkerIdentity worker, WorkerQueues queues, IReadOnlyList<Claimed> held, CancellationToken cancellationToken)
    {
        var (done, next) = await AskAsync(worker, clock is { IsCurrent: true, IsDraining: false } ? [.. queues.Names] : [], held, cancellationToken);
        foreach (var job in held)
        {
            if (done.Contains(job.Id))
            {
                signals.Changed(job.Id);
            }
            else
            {
                // Others wait for it, somebody wants it to end, or it is not ours any more.
                await store.ChangeAsync(job.Id, job.Attempt, worker.Name, End, cancellationToken);
            }
        }

        if (next.Count > 0)
        {
            await TakenAsync(next, cancellationToken);
        }

        return next;
    }

    private static Job End(Job job, DateTimeOffset at) => job switch
    {
        { State: not (JobState.Starting or JobState.Running or JobState.Disconnected) } => job,
        { CancelRequestedAt: not null } => job.End(
            JobState.Cancelled, new ReasonInfo(Contracts.ErrorCodes.JobCancelled.Code, $"cancelled by {job.CancelledBy} before it started"), at),
        { State: JobState.Running } => job.End(JobState.Succeeded, null, at),
        _ => job.Run(at).End(JobState.Succeeded, null, at),
    };

    private async Task TakenAsync(IReadOnlyList<Claimed> jobs, CancellationToken cancellationToken)
    {
        await failpoints.ReachAsync("claimed", subject: null, cancellationToken);
        var now = clock.DatabaseNow;
        foreach (var job in jobs)
        {
            metrics.Wait.Observe(now - job.SubmittedAt);
        }
    }

    private async Task<(HashSet<Guid> Done, List<Claimed> Next)> AskAsync(
        WorkerIdentity worker, string[] queues, IReadOnlyList<Claimed> held, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select is_done, job_id, job_attempt, job_submitted_at from job_turn($1, $2, $3, $4, $5, $6)", connection)
        {
            Parameters =
            {
                new() { Value = worker.Id },
                new() { Value = worker.Name, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = held.Select(job => job.Id).ToArray() },
                new() { Value = held.Select(job => job.Attempt).ToArray() },
                new() { Value = queues.Length > 0 ? queues : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = Most },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var done = new HashSet<Guid>(held.Count);
        var next = new List<Claimed>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetBoolean(0))
            {
                done.Add(reader.GetGuid(1));
            }
            else
            {
                next.Add(new Claimed(reader.GetGuid(1), reader.GetInt32(2), reader.GetFieldValue<DateTimeOffset>(3)));
            }
        }

        return (done, next);
    }

    internal sealed record Claimed(Guid Id, int Attempt, DateTimeOffset SubmittedAt);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "The database does not answer: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "A turn of tiny jobs failed; those it held are put back into the queue")]
        public static partial void TurnFailed(ILogger logger, Exception exception);
    }
}
