using Npgsql;
using Osism.Contracts;

namespace Osism.Daemon.Platform.Database;

/// <summary>Tells a database that is away, or whose disk is full, from a fault of ours.</summary>
internal static partial class DatabaseErrors
{
    private static readonly TimeSpan ShortestBackoff = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);

    /// <summary>Whether the database could not be reached, or ended our connection (PostgreSQL 15 documentation, appendix A). What was under way may have been done or not.</summary>
    public static bool IsAway(Exception exception) => exception switch
    {
        PostgresException e => e.SqlState is
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.ReadOnlySqlTransaction
            || e.SqlState.StartsWith("08", StringComparison.Ordinal),
        // Npgsql wraps what the socket said. A command that took longer than its timeout ends the same way.
        NpgsqlException e => e.IsTransient,
        OsismException e => e.Code == ErrorCodes.DatabaseAway,
        _ => false,
    };

    /// <summary>Whether the server's disk is full (<c>53100</c>).</summary>
    public static bool IsDiskFull(Exception exception) => exception is PostgresException { SqlState: PostgresErrorCodes.DiskFull };

    /// <summary>The failure in words for people; null for what is a fault of ours.</summary>
    public static OsismException? Explain(Exception exception) =>
        exception as OsismException
        ?? (IsDiskFull(exception)
            ? new OsismException(ErrorCodes.DatabaseDiskFull, $"The database refused a write: {((PostgresException)exception).MessageText}. Make room on its disk.", exception)
            : IsAway(exception)
                ? new OsismException(ErrorCodes.DatabaseAway, $"The database does not answer: {exception.Message}", exception)
                : null);

    /// <summary>For workers: does the work again while the database is away or its disk is full, with pauses from 50 ms to 1 s, until it is back or the token says stop.</summary>
    /// <param name="work">May be run several times, also when the first time did it all: compare-and-set, or harmless to repeat.</param>
    /// <param name="what">What it is, for the log.</param>
    /// <param name="time">Measures the pauses.</param>
    /// <param name="logger">Told once when the database goes and once when it is back.</param>
    /// <param name="cancellationToken">Ends the trying.</param>
    /// <exception cref="OperationCanceledException">Cancelled before it worked.</exception>
    public static async Task<T> RetryWhileAwayAsync<T>(
        Func<CancellationToken, Task<T>> work, string what, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var backoff = ShortestBackoff;
        var began = time.GetTimestamp();
        for (var failures = 0; ; failures++)
        {
            try
            {
                var result = await work(cancellationToken);
                if (failures > 0)
                {
                    LogBack(logger, what, time.GetElapsedTime(began));
                }

                return result;
            }
            catch (Exception e) when ((IsAway(e) || IsDiskFull(e)) && !cancellationToken.IsCancellationRequested)
            {
                if (failures == 0)
                {
                    LogAway(logger, what, e.Message);
                }
            }

            await Task.Delay(backoff, time, cancellationToken);
            backoff = TimeSpan.FromTicks(Math.Min(backoff.Ticks * 2, LongestBackoff.Ticks));
        }
    }

    /// <inheritdoc cref="RetryWhileAwayAsync{T}"/>
    public static Task RetryWhileAwayAsync(
        Func<CancellationToken, Task> work, string what, TimeProvider time, ILogger logger, CancellationToken cancellationToken) =>
        RetryWhileAwayAsync(
            async token =>
            {
                await work(token);
                return true;
            },
            what, time, logger, cancellationToken);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What} waits for the database: {Reason}")]
    private static partial void LogAway(ILogger logger, string what, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{What} goes on: the database was away for {Duration}")]
    private static partial void LogBack(ILogger logger, string what, TimeSpan duration);
}
