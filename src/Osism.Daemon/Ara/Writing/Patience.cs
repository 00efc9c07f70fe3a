using Npgsql;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Ara.Writing;

/// <summary>Tries again what may be done twice, while others are in the way or the database is away, for as long as clients wait.</summary>
internal static class Patience
{
    /// <summary>ARA's clients give up after 30 s.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(24);
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongPause = TimeSpan.FromMilliseconds(300);

    public static async Task RetryAsync(Func<Task> work, TimeProvider time, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            TimeSpan pause;
            try
            {
                await work();
                return;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable
                && time.GetElapsedTime(since) < Longest)
            {
                pause = ShortPause;
            }
            catch (Exception e) when (DatabaseErrors.IsAway(e) && time.GetElapsedTime(since) < Longest)
            {
                pause = LongPause;
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>Opens a connection, for a statement that must not be done twice.</summary>
    public static async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource database, TimeProvider time, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        await RetryAsync(async () => connection = await database.OpenConnectionAsync(cancellationToken), time, cancellationToken);
        return connection!;
    }
}
