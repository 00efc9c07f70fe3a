using Microsoft.Extensions.Options;
using Osism.Daemon.Inventory;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Spool;

namespace Osism.Daemon.Hosting;

/// <summary>Takes away, from time to time, what nobody needs any more: folders of ended attempts, inventory revisions without a job, keys of old submissions.</summary>
internal sealed partial class Housekeeping(
    Adoption adoption, SpoolCleaner cleaner, InventorySnapshots inventories, JobStore jobs, IServiceProvider services, IOptions<SpoolOptions> options,
    TimeProvider time, ILogger<Housekeeping> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
    }

    /// <summary>Does it all once. What fails, because the database is away say, is done the next time.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        // Looked up here: a process without queues has no worker.
        var worker = services.GetService<Worker>();
        await TryAsync("the spool", () => adoption.SweepSpoolAsync(cleaner, job => worker?.Keeps(job) == true, cancellationToken), cancellationToken);
        await TryAsync("inventory revisions", () => inventories.PruneAsync(cancellationToken), cancellationToken);
        await TryAsync("keys of submissions", () => jobs.ForgetSubmissionsAsync(cancellationToken), cancellationToken);
    }

    private async Task TryAsync(string what, Func<Task> sweep, CancellationToken cancellationToken)
    {
        try
        {
            await sweep();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it was: the manager must not end because of what is too much.
            Log.Failed(log, what, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Sweeping {What} failed: {Reason}")]
        public static partial void Failed(ILogger logger, string what, string reason);
    }
}
