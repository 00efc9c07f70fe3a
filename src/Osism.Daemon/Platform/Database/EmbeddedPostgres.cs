using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Database;

/// <summary>The manager's own PostgreSQL in <c>$OSISM_HOME/postgres</c>: made, started, adopted, watched and stopped here.</summary>
/// <remarks>
/// It lives in a session of its own and writes to a file, so it survives the death of the manager, and the next one adopts it.
/// Whoever starts it holds a lock on the folder meanwhile, so several managers may start at once.
/// </remarks>
internal sealed partial class EmbeddedPostgres(
    OsismHome home, IOptions<DatabaseOptions> options, NpgsqlDataSource database, TimeProvider time, ILogger<EmbeddedPostgres> logger) : IDisposable
{
    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WatchPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan QuitTime = TimeSpan.FromSeconds(2);

    private readonly PostgresLayout _layout = PostgresLayout.For(home);
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private SessionProcess? _child;
    private PostgresUsers? _users;

    /// <summary>Settings beyond those of <see cref="PostgresCluster"/>, as <c>name=value</c>.</summary>
    public IReadOnlyList<string> ExtraSettings { get; init; } = [];

    /// <summary>The server when it was last seen; null before the first start and after a stop.</summary>
    public ProcessIdentity? Server { get; private set; }

    /// <summary>Whether <see cref="StartAsync"/> started a server; false when it adopted one.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Makes the database when there is none, and starts the server unless it runs; returns when it answers.</summary>
    /// <exception cref="OsismException">
    /// <c>database.missing</c>, <c>.version</c>, <c>.folder</c>, <c>.disk_full</c>, or <c>.failed</c> for what only the log can tell.
    /// </exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            var cluster = await PostgresCluster.OpenAsync(_layout, options.Value, ExtraSettings, cancellationToken);
            _users ??= await PostgresUsers.EnterAsync(_layout.UsersLock, time, cancellationToken);
            using var only = await FileLock.TakeAsync(_layout.StartLock, time, cancellationToken);
            var isNew = await cluster.InitialiseAsync(cancellationToken);
            Server = await BringUpAsync(cluster, isNew, cancellationToken);
        }
        catch (Exception e) when (DiskSpace.IsFull(e))
        {
            throw PostgresFailure.DiskFull(_layout, e);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Starts the server again whenever it dies or loses its socket, until cancelled. Cancel it before <see cref="StopAsync"/>.</summary>
    public async Task MonitorAsync(CancellationToken cancellationToken)
    {
        var backoff = TimeSpan.Zero;
        while (true)
        {
            while (Server is { IsAlive: true } && File.Exists(_layout.Socket))
            {
                backoff = TimeSpan.Zero;
                // A server of our own wakes us at once, an adopted one is looked at.
                var pause = Task.Delay(WatchPause, time, cancellationToken);
                await (_child is { } child ? Task.WhenAny(child.Exited, pause) : pause);
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (Server is not { IsAlive: true })
            {
                LogDied(Server?.Pid ?? 0, _layout.Log);
            }

            await Task.Delay(backoff, time, cancellationToken);
            try
            {
                await StartAsync(cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever it is: giving up would leave the manager without its database for good.
                backoff = backoff == TimeSpan.Zero ? RetryPause : TimeSpan.FromTicks(Math.Min(backoff.Ticks * 2, LongestBackoff.Ticks));
                LogRestartFailed((DatabaseErrors.Explain(e)?.Code ?? ErrorCodes.InternalError).Code, e.Message, backoff);
            }
        }
    }

    /// <summary>Orderly stop: connections are ended, everything is written. Nothing happens when no server runs.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            // One that was just begun has not written down yet that it is there.
            var server = Postmaster.Find(_layout.Data);
            for (var began = time.GetTimestamp();
                server is null && _child is { Exited.IsCompleted: false } && time.GetElapsedTime(began) < PatienceTime;
                server = Postmaster.Find(_layout.Data))
            {
                await Task.Delay(ReadyPoll, time, cancellationToken);
            }

            if (server is not null)
            {
                await EndAsync(server.Identity, cancellationToken);
            }

            Server = null;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>An orderly stop of a process that works with the server: the last one of the home stops it too. Cancel <see cref="MonitorAsync"/> before.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (_users is null || _users.Leave())
        {
            await StopAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
        _users?.Dispose();
        _child?.Dispose();
        _oneAtATime.Dispose();
    }

    private async Task EndAsync(ProcessIdentity server, CancellationToken cancellationToken)
    {
        database.Clear();
        server.TrySignal(Signal.Interrupt);
        if (!await IsGoneAsync(server, options.Value.StopTimeout, cancellationToken))
        {
            LogStopSlow(server.Pid, options.Value.StopTimeout);
            server.TrySignal(Signal.Quit);
            if (!await IsGoneAsync(server, QuitTime, cancellationToken))
            {
                server.TrySignal(Signal.Kill);
                await IsGoneAsync(server, QuitTime, cancellationToken);
            }
        }

        LogStopped(server.Pid);
    }

    private async Task<ProcessIdentity> BringUpAsync(PostgresCluster cluster, bool isNew, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            if (await WaitWhileAliveAsync(cancellationToken) is { } ready)
            {
                if (!File.Exists(_layout.Socket))
                {
                    // Somebody tidied up. Nobody can connect any more, and the server makes its socket only when it starts.
                    LogNoSocket(ready.Pid, _layout.Socket);
                    await EndAsync(ready, cancellationToken);
                    continue;
                }

                try
                {
                    await ProveAsync(isNew, cancellationToken);
                    LogReady(ready.Pid, time.GetElapsedTime(began));
                    return ready;
                }
                catch (NpgsqlException e) when (DatabaseErrors.IsAway(e) && time.GetElapsedTime(began) < options.Value.StartTimeout)
                {
                    // It was on its way out: a process that was just killed still looks alive.
                    LogRetry(e.Message);
                    await Task.Delay(RetryPause, time, cancellationToken);
                    continue;
                }
            }

            await EndOrphansAsync(cancellationToken);
            var logged = PostgresFailure.LogLength(_layout);
            _child?.Dispose();
            _child = cluster.Start();
            HasStarted = true;
            if (await WaitWhileAliveAsync(cancellationToken) is null)
            {
                var failure = PostgresFailure.Read(_layout, logged);
                if (!failure.MayPass || time.GetElapsedTime(began) > options.Value.StartTimeout)
                {
                    throw failure.Exception;
                }

                // A killed postmaster that nobody reaped yet, or a backend on its way out, blocks the folder for a moment.
                LogRetry(failure.Exception.Message);
                await Task.Delay(RetryPause, time, cancellationToken);
            }
        }
    }

    /// <summary>Waits while a server starts or recovers, however long that takes; one that does not get to the end of its stop is ended.</summary>
    /// <returns>The server once it is ready; null when none runs any more.</returns>
    private async Task<ProcessIdentity?> WaitWhileAliveAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        long? stopping = null;
        var hurried = false;
        for (var told = false; ;)
        {
            // In this order: a child that ended after the look has not been ready in between.
            var childEnded = _child is null or { Exited.IsCompleted: true };
            var server = Postmaster.Find(_layout.Data);
            if (server is { IsReady: true })
            {
                return server.Identity;
            }

            if (server is null && childEnded)
            {
                return null;
            }

            if (server is { Status: "stopping" })
            {
                // Its manager was killed while it waited for it, and a server that is told to stop in the middle of a recovery may never do so.
                var waited = time.GetElapsedTime(stopping ??= time.GetTimestamp());
                if (waited > options.Value.StopTimeout + QuitTime)
                {
                    server.Identity.TrySignal(Signal.Kill);
                }
                else if (waited > options.Value.StopTimeout && !hurried)
                {
                    hurried = true;
                    LogStopSlow(server.Identity.Pid, options.Value.StopTimeout);
                    server.Identity.TrySignal(Signal.Quit);
                }
            }

            if (!told && time.GetElapsedTime(began) > PatienceTime)
            {
                told = true;
                LogWaiting(server?.Identity.Pid ?? 0, server?.Status ?? "not there yet", _layout.Log);
            }

            await Task.Delay(ReadyPoll, time, cancellationToken);
        }
    }

    private async Task EndOrphansAsync(CancellationToken cancellationToken)
    {
        var orphans = Postmaster.Orphans(_layout.Data);
        foreach (var orphan in orphans)
        {
            LogOrphan(orphan.Pid, orphan.CommandLine);
            orphan.Identity.TrySignal(Signal.Quit);
        }

        foreach (var orphan in orphans)
        {
            if (!await IsGoneAsync(orphan.Identity, QuitTime, cancellationToken))
            {
                orphan.Identity.TrySignal(Signal.Kill);
                await IsGoneAsync(orphan.Identity, QuitTime, cancellationToken);
            }
        }
    }

    private async Task<bool> IsGoneAsync(ProcessIdentity process, TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (process.IsAlive)
        {
            if (time.GetElapsedTime(began) > limit)
            {
                return false;
            }

            await Task.Delay(ReadyPoll, time, cancellationToken);
        }

        return true;
    }

    /// <summary>Connects, which is the proof that the server lives, and makes our database where it is missing: a kill after initdb leaves a server without it.</summary>
    private async Task ProveAsync(bool isNew, CancellationToken cancellationToken)
    {
        // Connections to a server that died would be handed out first.
        database.Clear();
        if (!isNew)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(cancellationToken);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
            {
                // Made below.
            }
        }

        var maintenance = DatabaseConnection.Embedded(_layout.Run, "template1");
        maintenance.Pooling = false;
        await using var server = new NpgsqlConnection(maintenance.ConnectionString);
        await server.OpenAsync(cancellationToken);
        try
        {
            // initdb has made an empty database that nobody needs under this name: to copy another would be 300 files.
            await ExecuteAsync(server, $"alter database postgres rename to {DatabaseConnection.Name}", cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // The first try was cut off after it had done it.
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.ObjectInUse)
        {
            // Somebody dropped ours, or autovacuum looks at the other one just now.
            await ExecuteAsync(server, $"create database {DatabaseConnection.Name}", cancellationToken);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection server, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, server);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL runs as process {Pid}, ready after {Duration}")]
    private partial void LogReady(int pid, TimeSpan duration);

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL (process {Pid}) is {Status}; waiting for it, see {Log}")]
    private partial void LogWaiting(int pid, string status, string log);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL (process {Pid}) is stopped")]
    private partial void LogStopped(int pid);

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL (process {Pid}) did not stop within {Limit}; it is stopped the hard way")]
    private partial void LogStopSlow(int pid, TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL (process {Pid}) died and is started again; see {Log}")]
    private partial void LogDied(int pid, string log);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL (process {Pid}) runs without its socket {Socket}, which somebody removed: it is started again")]
    private partial void LogNoSocket(int pid, string socket);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL does not start: {Code}: {Reason} Next try in {Backoff}")]
    private partial void LogRestartFailed(string code, string reason, TimeSpan backoff);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Process {Pid} ({CommandLine}) is left of a PostgreSQL that died, and is ended")]
    private partial void LogOrphan(int pid, string commandLine);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL did not start, and is started again: {Reason}")]
    private partial void LogRetry(string reason);
}
