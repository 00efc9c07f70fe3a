using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Jobs;

/// <summary>Says of jobs whose worker is not heard of any more that they are disconnected, once for the installation, also where no worker is left to notice.</summary>
/// <remarks>Their locks stay held. Lost they become only where the worker has promised to end its runs by itself (<c>worker.on_partition: kill</c>) and the time
/// for that is over.</remarks>
internal sealed partial class PartitionWatch(
    WorkerRegistry registry, HolderWatch holders, JobStore store, JobMetrics metrics, Leadership leadership, TimeProvider time, ILogger<PartitionWatch> log) : BackgroundService
{
    /// <summary>Name of the role.</summary>
    public const string Role = "partition-watch";

    private const string Actor = "osism";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => leadership.HoldAsync(Role, WatchAsync, stoppingToken);

    private async Task WatchAsync(LeaderTerm term, CancellationToken cancellationToken)
    {
        holders.Begin();
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await LookAsync(cancellationToken);
            }
            catch (NpgsqlException e) when (!cancellationToken.IsCancellationRequested)
            {
                LogInterrupted(e.Message);
            }
        }
    }

    /// <summary>One look at all jobs that are held.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var (job, _, isGone, hasEndedRuns) in holders.Judge(await registry.HeldAsync(cancellationToken)))
        {
            if (!isGone)
            {
                continue;
            }

            if (job.State is JobState.Starting or JobState.Running)
            {
                await DisconnectAsync(job, cancellationToken);
            }
            else if (hasEndedRuns && job.State == JobState.Disconnected)
            {
                var reason = new ReasonInfo(
                    ErrorCodes.JobLost.Code, $"worker {job.WorkerName} is cut off and ends its runs then (worker.on_partition is kill): look at the hosts before running it again");
                await store.ChangeAsync(
                    job.Id, job.Attempt, Actor, (j, at) => j.State == JobState.Disconnected ? j.End(JobState.Lost, reason, at) : j, cancellationToken);
            }
        }
    }

    private async Task DisconnectAsync(Job job, CancellationToken cancellationToken)
    {
        var didMove = false;
        await store.ChangeAsync(
            job.Id, job.Attempt, Actor,
            (j, _) =>
            {
                didMove = j.State is JobState.Starting or JobState.Running;
                return didMove ? j.Disconnect($"worker {job.WorkerName} has not been heard of: the run may go on there") : j;
            },
            cancellationToken);
        if (didMove)
        {
            metrics.LeaseExpired();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The watch over workers is interrupted: {Reason}")]
    private partial void LogInterrupted(string reason);
}
