using Npgsql;
using Osism.Daemon.Ansible.Snapshots;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Hosting;

/// <summary>Keeps what the database knows of this manager's repository up to date while workers on other machines may need it.</summary>
internal sealed partial class RepositoryPublishing(
    SnapshotPublisher publisher, SnapshotStore store, WorkerRegistry workers, TimeProvider time, ILogger<RepositoryPublishing> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromHours(1);

    /// <summary>Snapshots older than this that are nobody's present repository are deleted; workers have unpacked what they use.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!publisher.IsNeeded)
        {
            return;
        }

        using var timer = new PeriodicTimer(Period, time);
        long? swept = null;
        string? said = null;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await workers.HasElsewhereAsync(publisher.Origin, stoppingToken))
                {
                    await publisher.ConfirmAsync(stoppingToken);
                }

                if (swept is not { } last || time.GetElapsedTime(last) > SweepPeriod)
                {
                    await store.ForgetAsync(Kept, stoppingToken);
                    swept = time.GetTimestamp();
                }

                said = null;
            }
            catch (NpgsqlException)
            {
                // The database is away; its absence is said elsewhere.
            }
            catch (OsismException e) when (e.Message == said)
            {
                // Said once.
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                said = e.Message;
                LogNotPublished(e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The configuration repository could not be put into the database: {Reason}")]
    private partial void LogNotPublished(string reason);
}
