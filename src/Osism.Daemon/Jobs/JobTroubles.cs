using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Daemon.Jobs;

/// <summary>Live jobs which this process should follow and cannot: they say so themselves, <c>/readyz</c> names them, and they are tried again
/// at growing intervals.</summary>
internal sealed partial class JobTroubles(JobStore store, IOptions<WorkerOptions> options, TimeProvider time, ILogger<JobTroubles> log)
{
    private readonly ConcurrentDictionary<Guid, JobTrouble> _all = new();

    /// <summary>The pause between two tries grows up to this.</summary>
    public static TimeSpan LongestPause { get; } = TimeSpan.FromMinutes(1);

    /// <summary>All there are, the oldest first.</summary>
    public IReadOnlyList<JobTrouble> All => [.. _all.Values.OrderBy(trouble => trouble.Since)];

    /// <summary>Whether a job may be tried (again).</summary>
    public bool IsDue(Guid job) => !_all.TryGetValue(job, out var trouble) || time.GetElapsedTime(trouble.Tried) >= trouble.Pause;

    /// <summary>A try failed. The first time the log gets everything, afterwards one line a try.</summary>
    public async Task FailedAsync(Job job, string actor, Exception exception, CancellationToken cancellationToken)
    {
        var trouble = _all.AddOrUpdate(
            job.Id,
            id => new JobTrouble(id, exception.Message, time.GetUtcNow(), time.GetTimestamp(), Times: 1, options.Value.Heartbeat),
            (_, before) => before with
            {
                Message = exception.Message,
                Tried = time.GetTimestamp(),
                Times = before.Times + 1,
                Pause = before.Times == 0 ? options.Value.Heartbeat : TimeSpan.FromTicks(Math.Min(before.Pause.Ticks * 2, LongestPause.Ticks)),
            });
        if (trouble.Times == 1)
        {
            Log.Failed(log, exception, job.Id, trouble.Pause);
        }
        else
        {
            Log.FailedAgain(log, job.Id, trouble.Times, exception.Message, trouble.Pause);
        }

        await ShowAsync(job, actor, trouble.Message, cancellationToken);
    }

    /// <summary>Its keeper stays with it, but cannot do all it should.</summary>
    public async Task HinderedAsync(Job job, string actor, string message, CancellationToken cancellationToken)
    {
        _all[job.Id] = new JobTrouble(job.Id, message, time.GetUtcNow(), time.GetTimestamp(), Times: 0, TimeSpan.Zero);
        Log.Hindered(log, job.Id, message);
        await ShowAsync(job, actor, message, cancellationToken);
    }

    /// <summary>All is well again, and the job no longer says otherwise.</summary>
    public async Task ClearAsync(Job job, string actor, CancellationToken cancellationToken)
    {
        if (_all.TryRemove(job.Id, out _))
        {
            await ChangeAsync(job, actor, Well, cancellationToken);
        }
    }

    /// <summary>A try works so far.</summary>
    public void Forget(Guid job) => _all.TryRemove(job, out _);

    /// <summary>Forgets the jobs that are no longer this process's business.</summary>
    public void Keep(Func<Guid, bool> isOurs)
    {
        foreach (var job in _all.Keys.Where(job => !isOurs(job)))
        {
            Forget(job);
        }
    }

    /// <summary>Whether tries of this job failed.</summary>
    public bool HasFailed(Guid job) => _all.TryGetValue(job, out var trouble) && trouble.Times > 0;

    /// <summary>The job without the note that nobody can follow it.</summary>
    public static Job Well(Job job) => job.ReasonCode == ErrorCodes.JobUnattended.Code ? job with { ReasonCode = null, ReasonMessage = null } : job;

    private Task ShowAsync(Job job, string actor, string message, CancellationToken cancellationToken) => ChangeAsync(
        job, actor,
        j => j.State is JobState.Starting or JobState.Running or JobState.Disconnected
            ? j with { ReasonCode = ErrorCodes.JobUnattended.Code, ReasonMessage = message }
            : j,
        cancellationToken);

    private async Task ChangeAsync(Job job, string actor, Func<Job, Job> move, CancellationToken cancellationToken)
    {
        try
        {
            await store.ChangeAsync(job.Id, job.Attempt, actor, (j, _) => move(j), cancellationToken);
        }
        catch (NpgsqlException)
        {
            // Only words: a failing try says them again, and the end of the job replaces them.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Job} could not be taken up; next try in {Pause}")]
        public static partial void Failed(ILogger logger, Exception exception, Guid job, TimeSpan pause);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Job} could not be taken up, try {Times}: {Reason} Next try in {Pause}")]
        public static partial void FailedAgain(ILogger logger, Guid job, int times, string reason, TimeSpan pause);

        [LoggerMessage(Level = LogLevel.Error, Message = "{Job} runs, but: {Reason}")]
        public static partial void Hindered(ILogger logger, Guid job, string reason);
    }
}

/// <summary>Why a live job is not followed as it should be.</summary>
/// <param name="Job">The job.</param>
/// <param name="Message">For people.</param>
/// <param name="Since">When it began.</param>
/// <param name="Tried">When it was tried last.</param>
/// <param name="Times">How many tries failed; 0 when its keeper stays with it.</param>
/// <param name="Pause">Time until the next try.</param>
internal sealed record JobTrouble(Guid Job, string Message, DateTimeOffset Since, long Tried, int Times, TimeSpan Pause);
