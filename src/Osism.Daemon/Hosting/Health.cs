using Dapper;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Status;
using Osism.Daemon.Facts.Cache;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Hosting;

/// <summary>Checks that use what they check: the store by a write that is rolled back, the queue by the lease of a worker, the spool by a file.</summary>
internal sealed class Health(NpgsqlDataSource database, WorkerRegistry workers, WorkerQueues queues, WorkerClock clock, JobTroubles troubles, FactCaches facts, OsismHome home, TimeProvider time)
{
    private const string Ok = "ok";
    private const string Degraded = "degraded";
    private const string Failed = "failed";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Whether this process can do its work at all.</summary>
    public async Task<HealthInfo> LiveAsync(CancellationToken cancellationToken) =>
        Sum([await CheckAsync("database", ReadAsync, cancellationToken)]);

    /// <summary>Whether jobs can be submitted and will be taken.</summary>
    public async Task<HealthInfo> ReadyAsync(CancellationToken cancellationToken)
    {
        List<HealthCheckInfo> checks =
        [
            await CheckAsync("database", WriteAsync, cancellationToken),
            await CheckAsync("queue", QueueAsync, cancellationToken),
        ];
        if (queues.Names.Count > 0)
        {
            checks.Add(await CheckAsync("worker", WorkerAsync, cancellationToken));
            checks.Add(await CheckAsync("spool", SpoolAsync, cancellationToken));
            checks.Add(Runs());
        }

        if (facts.IsShared)
        {
            // Runs go on without it, each gathering for itself.
            var cache = await CheckAsync("fact cache", facts.ProbeAsync, cancellationToken);
            checks.Add(cache.Status == Ok ? cache : cache with { Status = Degraded });
        }

        return Sum(checks);
    }

    /// <summary>Degraded when there are jobs this worker should follow and cannot: new ones are taken all the same.</summary>
    private HealthCheckInfo Runs() => troubles.All is { Count: > 0 } all
        ? new HealthCheckInfo("runs", Degraded, 0, string.Join("; ", all.Select(trouble => $"{trouble.Job}: {trouble.Message}")))
        : new HealthCheckInfo("runs", Ok, 0, null);

    private async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteScalarAsync<int>(new CommandDefinition("select 1", cancellationToken: cancellationToken));
        return null;
    }

    private async Task<string?> WriteAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into job_history (job_id, at, event, actor) values (@id, osism_now(), 'probe', 'health')", new { id = Guid.Empty }, transaction,
            cancellationToken: cancellationToken));
        await transaction.RollbackAsync(cancellationToken);
        return null;
    }

    private async Task<string?> QueueAsync(CancellationToken cancellationToken)
    {
        var ready = await workers.ReadyAsync(WorkerQueues.All, cancellationToken);
        return ready.Count == 0 ? null : string.Join(", ", ready.Select(queue => $"{queue.Queue} waits {queue.Waited.TotalSeconds:0} s for a slot"));
    }

    private Task<string?> WorkerAsync(CancellationToken cancellationToken) =>
        clock.IsCurrent ? Task.FromResult<string?>(null) : throw new OsismException(ErrorCodes.DatabaseAway, "the worker could not renew its lease");

    private async Task<string?> SpoolAsync(CancellationToken cancellationToken)
    {
        // A name of its own: two may ask at the same time.
        var probe = Path.Combine(home.Spool, $".probe-{Guid.CreateVersion7()}");
        try
        {
            await File.WriteAllTextAsync(probe, "probe", cancellationToken);
        }
        finally
        {
            File.Delete(probe);
        }

        return $"{DiskSpace.FreeBytes(home.Spool) / 1048576} MB free";
    }

    private async Task<HealthCheckInfo> CheckAsync(
        string name, Func<CancellationToken, Task<string?>> check, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var detail = await check(limit.Token);
            return new HealthCheckInfo(name, Ok, Milliseconds(since), detail);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckInfo(name, Failed, Milliseconds(since), $"no answer within {Patience.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is NpgsqlException or OsismException or IOException or UnauthorizedAccessException)
        {
            return new HealthCheckInfo(name, Failed, Milliseconds(since), e.Message);
        }
    }

    private double Milliseconds(long since) => Math.Round(time.GetElapsedTime(since).TotalMilliseconds, 2);

    private static HealthInfo Sum(IReadOnlyList<HealthCheckInfo> checks) => new(
        checks.Any(check => check.Status == Failed) ? Failed : checks.Any(check => check.Status == Degraded) ? Degraded : Ok, checks);
}
