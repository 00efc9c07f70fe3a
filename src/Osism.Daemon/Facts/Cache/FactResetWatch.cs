using Dapper;
using Npgsql;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Facts.Cache;

/// <summary>Takes what was reset out of the files of this machine: a worker elsewhere has a cache that the manager cannot reach.</summary>
internal sealed class FactResetWatch(NpgsqlDataSource database, FileFactCache files, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private DateTime _last = DateTime.MinValue;

    /// <summary>Does so once.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var resets = await connection.QueryAsync<(string Host, DateTime At)>(new CommandDefinition(
            "select host, at from fact_reset where at > @last order by at", new { last = DateTime.SpecifyKind(_last, DateTimeKind.Utc) }, cancellationToken: cancellationToken));
        foreach (var (host, at) in resets)
        {
            files.Remove(host == FactStore.Everyone ? null : [host], at);
            _last = at;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ApplyAsync(stoppingToken);
            }
            catch (Exception e) when (e is OsismException || DatabaseErrors.Explain(e) is not null)
            {
                // Done the next time; who resets facts is told of his own machine.
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
