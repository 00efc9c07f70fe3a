using System.Threading.Channels;
using Npgsql;
using Osism.Daemon.Locks;

namespace Osism.Daemon.Jobs;

/// <summary>Tells other processes that jobs may be claimable, and hears it from them.</summary>
/// <remarks>NOTIFY inside the submitting transaction would take a lock over the whole database until its fsync (measured: engine-spike B),
/// so one connection notifies after commits, at most every 2 ms. A notification that is lost costs the workers' 1 s poll.</remarks>
internal sealed partial class JobNotifier(NpgsqlDataSource database, JobSignals signals, LockStore locks, TimeProvider time, ILogger<JobNotifier> log) : BackgroundService
{
    private const string ChannelName = "osism_job";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly string _self = Guid.NewGuid().ToString("N");

    /// <summary>Holds one: it speaks for all that come while it waits.</summary>
    private readonly Channel<bool> _pending = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        signals.QueuedHere += Pend;
        locks.Released += signals.Queued;
        try
        {
            await Task.WhenAll(KeepAsync(TellAsync, stoppingToken), KeepAsync(HearAsync, stoppingToken));
        }
        finally
        {
            locks.Released -= signals.Queued;
            signals.QueuedHere -= Pend;
        }
    }

    private void Pend() => _pending.Writer.TryWrite(true);

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _pending.Reader.ReadAsync(cancellationToken);
            await using (var connection = await database.OpenConnectionAsync(cancellationToken))
            {
                await using var batch = new NpgsqlBatch(connection)
                {
                    BatchCommands =
                    {
                        // Nothing is written that would have to last: others wait for this commit, and it need not wait for the disk.
                        new NpgsqlBatchCommand("select set_config('synchronous_commit', 'off', true)"),
                        new NpgsqlBatchCommand($"notify {ChannelName}, '{_self}'"),
                    },
                };
                await batch.ExecuteNonQueryAsync(cancellationToken);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task HearAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, told) =>
        {
            // What this process said itself its own workers know.
            if (told.Payload != _self)
            {
                signals.QueuedElsewhere();
            }
        };
        await using (var command = new NpgsqlCommand($"listen {ChannelName}", connection))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        // What was said while nobody listened.
        signals.QueuedElsewhere();
        while (true)
        {
            await connection.WaitAsync(cancellationToken);
        }
    }

    private async Task KeepAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await work(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException e)
            {
                Log.Interrupted(log, e.Message);
            }
            catch (Exception e)
            {
                Log.Failed(log, e);
            }

            await Task.Delay(Again, time, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Notifications are interrupted: {Reason}")]
        public static partial void Interrupted(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "Notifications failed; they begin again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
