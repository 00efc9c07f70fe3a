using Microsoft.Extensions.Options;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Recording.Ingest;

namespace Osism.Daemon.Jobs.Retention;

/// <summary>Deletes ended jobs that are too old or too many, once for the installation.</summary>
internal sealed partial class RetentionSweep(
    RetentionStore store, RecordRemoval records, Leadership leadership, IOptions<RetentionOptions> options, RetentionMetrics metrics, TimeProvider time, ILogger<RetentionSweep> log)
    : BackgroundService
{
    private const string Role = "retention";

    /// <summary>One sweep, in as many small transactions as it takes.</summary>
    public async Task<PruneInfo> SweepAsync(CancellationToken cancellationToken)
    {
        var mark = await store.MarkAsync(options.Value, cancellationToken);
        var (jobs, bytes) = (0L, 0L);
        for (long? after = 0; after is { } place;)
        {
            (after, var deleted, var size) = await store.DeleteAsync(options.Value, mark, place, cancellationToken);
            (jobs, bytes) = (jobs + deleted, bytes + size);
            metrics.Deleted(deleted, size);
        }

        var any = false;
        while (await store.DeleteOutputAsync(cancellationToken))
        {
            any = true;
        }

        if (any)
        {
            await records.DeleteFilesAsync(cancellationToken);
            await store.FreeAsync(cancellationToken);
            LogDeleted(jobs, bytes);
        }

        return new PruneInfo(DryRun: false, jobs, bytes, null, null);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => leadership.HoldAsync(
        Role,
        async (_, token) =>
        {
            while (true)
            {
                try
                {
                    await SweepAsync(token);
                }
                catch (Exception e) when (DatabaseErrors.Explain(e) is { } reason)
                {
                    LogAway(reason.Message);
                }

                await Task.Delay(options.Value.Every, time, token);
            }
        },
        stoppingToken);

    [LoggerMessage(Level = LogLevel.Information, Message = "Retention deleted {Jobs} jobs with {Bytes} bytes of output")]
    private partial void LogDeleted(long jobs, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Retention waits for its next turn: {Reason}")]
    private partial void LogAway(string reason);
}

/// <summary>Counters of this process for <c>/metrics</c>.</summary>
internal sealed class RetentionMetrics
{
    private long _jobs;
    private long _bytes;

    public long Jobs => Volatile.Read(ref _jobs);

    public long Bytes => Volatile.Read(ref _bytes);

    public void Deleted(long jobs, long bytes)
    {
        Interlocked.Add(ref _jobs, jobs);
        Interlocked.Add(ref _bytes, bytes);
    }
}
