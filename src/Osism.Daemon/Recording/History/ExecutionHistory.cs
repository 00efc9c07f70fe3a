using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Recording.History;

/// <summary>Appends each run that has ended to the execution history, once for the installation.</summary>
/// <remarks>
/// What if we die here? Before the lines are on the disk: the jobs are still pending. Between that and the end of the transaction: the jobs are pending, and their
/// lines stand behind the length that was stored last; they are found there and not written again.
/// </remarks>
internal sealed partial class ExecutionHistory(
    NpgsqlDataSource database, OsismHome home, RuntimeVersions versions, Leadership leadership, IOptions<HistoryOptions> options, TimeProvider time,
    ILogger<ExecutionHistory> log) : BackgroundService
{
    private const string Role = "execution-history";
    private const int Batch = 500;

    private string? Path => options.Value.Path switch
    {
        HistoryOptions.Off => null,
        null or "" => System.IO.Path.Combine(home.Share, "ansible-execution-history.json"),
        var path => path,
    };

    /// <summary>Writes all that is pending.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (await StepAsync(cancellationToken) == Batch)
        {
            // The rest.
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => leadership.HoldAsync(
        Role,
        async (_, token) =>
        {
            var wasBroken = false;
            while (true)
            {
                try
                {
                    await WriteAsync(token);
                    wasBroken = false;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException || DatabaseErrors.Explain(e) is not null)
                {
                    if (!wasBroken)
                    {
                        LogBroken(e.Message);
                    }

                    wasBroken = true;
                }

                await Task.Delay(options.Value.Poll, time, token);
            }
        },
        stoppingToken);

    /// <returns>How many pending jobs were taken.</returns>
    private async Task<int> StepAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var pending = await PendingAsync(connection, cancellationToken);
        if (pending.Count == 0)
        {
            return 0;
        }

        if (Path is { } path)
        {
            var machine = (await File.ReadAllTextAsync(home.MachineFile, cancellationToken)).Trim();
            if (Append(path, await LengthAsync(connection, machine, cancellationToken), await RunsAsync(connection, pending, cancellationToken)) is not { } length)
            {
                // A reader has the lock: the next look finds it free.
                return 0;
            }

            await ExecuteAsync(
                connection, "insert into execution_history (machine, bytes) values ($1, $2) on conflict (machine) do update set bytes = excluded.bytes", cancellationToken,
                new NpgsqlParameter { Value = machine }, new NpgsqlParameter { Value = length });
        }

        await ExecuteAsync(
            connection, "delete from execution_pending where id = any($1)", cancellationToken,
            new NpgsqlParameter { Value = pending.Select(row => row.Id).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        await transaction.CommitAsync(cancellationToken);
        return pending.Count;
    }

    /// <returns>The file's length afterwards; null when somebody else has its lock.</returns>
    private long? Append(string path, long known, IReadOnlyList<ExecutedRun> runs)
    {
        using var file = HistoryFile.TryOpen(path);
        if (file is null)
        {
            return null;
        }

        var written = file.Recover(known);
        var missing = runs.Where(run => !written.Contains(run.Job)).ToList();
        if (written.Count > 0 || options.Value.MaxBytes == 0 || file.Length <= options.Value.MaxBytes)
        {
            file.Append(missing);
            return file.Length;
        }

        // What is put aside is not looked at again: none of the pending jobs is in it.
        HistoryFile.Rotate(path, options.Value.Keep);
        using var next = HistoryFile.TryOpen(path);
        next?.Append(missing);
        return next?.Length;
    }

    private static async Task<List<(long Id, Guid Job)>> PendingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select id, job_id from execution_pending order by id limit {Batch} for update", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var pending = new List<(long, Guid)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            pending.Add((reader.GetInt64(0), reader.GetGuid(1)));
        }

        return pending;
    }

    private async Task<IReadOnlyList<ExecutedRun>> RunsAsync(NpgsqlConnection connection, List<(long Id, Guid Job)> pending, CancellationToken cancellationToken)
    {
        const string Sql = """
            select j.id, coalesce(j.ended_at, osism_now()), coalesce(j.runtime, j.queue), case when j.sub is null then j.environment else j.environment || '.' || j.sub end,
                   j.role, array_to_string(j.arguments, ' '), j.state = 3,
                   array(select host from job_host h where h.job_id = j.id
                         union select h.name from rec_playbook p join rec_host h on h.playbook = p.id where p.job_id = j.id order by 1)
            from job j where j.id = any($1)
            """;
        await using var command = new NpgsqlCommand(Sql, connection)
        {
            Parameters = { new() { Value = pending.Select(row => row.Job).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var runs = new List<ExecutedRun>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var runtime = reader.GetString(2);
            runs.Add(new ExecutedRun(
                reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1), runtime, versions.Of(runtime), await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetString(3),
                reader.GetString(4), reader.GetFieldValue<string[]>(7), reader.GetString(5), reader.GetBoolean(6)));
        }

        return [.. runs.OrderBy(run => run.EndedAt)];
    }

    private static async Task<long> LengthAsync(NpgsqlConnection connection, string machine, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select bytes from execution_history where machine = $1", connection) { Parameters = { new() { Value = machine } } };
        return await command.ExecuteScalarAsync(cancellationToken) as long? ?? 0;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The execution history is not written for now, nothing of it is lost: {Reason}")]
    private partial void LogBroken(string reason);
}
