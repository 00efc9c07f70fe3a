using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Osism.Daemon.Jobs.Output;

/// <summary>Output and events of jobs as bytes by offset. What is stored is contiguous from 0; the spool's offset moves in the same statement.</summary>
internal sealed class OutputStore(NpgsqlDataSource database, JobMetrics metrics)
{
    /// <summary>Given by osism_refuse().</summary>
    private const string Refused = "OS001";

    /// <summary>Stores what follows, if the attempt still holds the job and nobody stored it already.</summary>
    /// <param name="job">The job.</param>
    /// <param name="attempt">The attempt that follows it.</param>
    /// <param name="stream">Which of its streams.</param>
    /// <param name="chunk">What follows.</param>
    /// <param name="more">Adds statements that belong to the piece: they are done with it or not at all. They may be done once more, when an answer was lost.</param>
    /// <param name="cancellationToken">Ends the waiting for the database.</param>
    public async Task<AppendResult> AppendAsync(
        Guid job, int attempt, StreamKind stream, SpoolChunk chunk, Action<NpgsqlBatch>? more, CancellationToken cancellationToken)
    {
        var column = stream == StreamKind.Output ? "output" : "events";

        // Not synchronous: the spool still holds the bytes until the end of the job, and that commit is synchronous.
        var sql = $"""
            with held as (
                update job set {column}_raw = $5, {column}_bytes = $6, output_at = osism_now()
                where id = $1 and attempt = $2 and {column}_raw = $3 and {column}_bytes = $4 and state in (1, 2, 10, 11) returning 1)
            insert into job_output (job_id, stream, start, data) select $1, $7, $4, $8 from held where length($8) > 0
            """;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // Not SET LOCAL: outside of BEGIN the server would log a warning for each piece.
                new NpgsqlBatchCommand("select set_config('synchronous_commit', 'off', true)"),
                new NpgsqlBatchCommand(sql)
                {
                    Parameters =
                    {
                        new() { Value = job }, new() { Value = attempt }, new() { Value = chunk.RawFrom }, new() { Value = chunk.Start },
                        new() { Value = chunk.RawTo }, new() { Value = chunk.Start + chunk.Data.Length }, new() { Value = (short)stream },
                        new() { Value = chunk.Data, NpgsqlDbType = NpgsqlDbType.Bytea },
                    },
                },
            },
        };
        if (more is not null)
        {
            batch.BatchCommands.Add(StillThere(column, job, attempt, chunk));
            more(batch);
        }

        var last = new NpgsqlBatchCommand($"select attempt = $2 and state in (1, 2, 10, 11), {column}_raw, {column}_bytes from job where id = $1")
        {
            Parameters = { new() { Value = job }, new() { Value = attempt } },
        };
        batch.BatchCommands.Add(last);
        try
        {
            return await StatusAsync(batch, chunk, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == Refused)
        {
            // Nothing of the batch stays: what is there is asked for by itself.
            await using var question = new NpgsqlBatch(connection) { BatchCommands = { Again(last) } };
            return await StatusAsync(question, chunk, cancellationToken);
        }
    }

    /// <summary>Ends the batch unless the piece before it is stored, now or by an earlier try.</summary>
    private static NpgsqlBatchCommand StillThere(string column, Guid job, int attempt, SpoolChunk chunk) => new($"""
        select case when exists (
            select from job where id = $1 and attempt = $2 and {column}_raw = $3 and {column}_bytes = $4 and state in (1, 2, 10, 11)) then 0 else osism_refuse('moved') end
        """)
    {
        Parameters =
        {
            new() { Value = job }, new() { Value = attempt }, new() { Value = chunk.RawTo }, new() { Value = chunk.Start + chunk.Data.Length },
        },
    };

    /// <summary>A command belongs to one batch for good.</summary>
    private static NpgsqlBatchCommand Again(NpgsqlBatchCommand command)
    {
        var again = new NpgsqlBatchCommand(command.CommandText);
        foreach (NpgsqlParameter parameter in command.Parameters)
        {
            again.Parameters.Add(new NpgsqlParameter { Value = parameter.Value });
        }

        return again;
    }

    /// <summary>The last row of the batch tells how far the stream is.</summary>
    private async Task<AppendResult> StatusAsync(NpgsqlBatch batch, SpoolChunk chunk, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (reader.FieldCount < 3 && await reader.NextResultAsync(cancellationToken))
        {
            // The statements before it return nothing that counts.
        }

        var exists = await reader.ReadAsync(cancellationToken);
        if (!exists || !reader.GetBoolean(0))
        {
            metrics.StaleEpoch();
            return new AppendResult(AppendStatus.Fenced, 0, 0);
        }

        var (raw, bytes) = (reader.GetInt64(1), reader.GetInt64(2));
        var status = raw == chunk.RawTo && bytes == chunk.Start + chunk.Data.Length ? AppendStatus.Stored
            : AppendStatus.Moved;
        return new AppendResult(status, raw, bytes);
    }

    /// <summary>What is stored of a job's streams, for good: a crash of the database after this cannot take any of it back.</summary>
    /// <returns>Null when somebody else holds the job now.</returns>
    public async Task<StoredOffsets?> ConfirmAsync(Guid job, int attempt, CancellationToken cancellationToken)
    {
        // A synchronous commit writes the whole log up to itself, the commits before it that were not synchronous included.
        const string Sql = """
            update job set attempt = attempt where id = @job and attempt = @attempt and state in (1, 2, 10, 11)
            returning output_raw as "OutputRaw", output_bytes as "OutputBytes", events_raw as "EventsRaw", events_bytes as "EventsBytes"
            """;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<StoredOffsets>(
            new CommandDefinition(Sql, new { job, attempt }, cancellationToken: cancellationToken));
    }

    /// <summary>Up to <paramref name="limit"/> stored bytes from <paramref name="offset"/>.</summary>
    public async Task<byte[]> ReadAsync(Guid job, StreamKind stream, long offset, int limit, CancellationToken cancellationToken)
    {
        const string Sql = """
            select start, data from job_output
            where job_id = @job and stream = @stream and start < @end
              and start >= coalesce((select max(start) from job_output where job_id = @job and stream = @stream and start <= @offset), 0)
            order by start
            """;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition(
            Sql, new { job, stream = (short)stream, offset, end = offset + limit }, cancellationToken: cancellationToken));
        using var buffer = new MemoryStream();
        while (buffer.Length < limit && await reader.ReadAsync(cancellationToken))
        {
            var data = (byte[])reader.GetValue(1);
            var skip = (int)Math.Max(0, offset - reader.GetInt64(0));
            if (skip < data.Length)
            {
                buffer.Write(data, skip, (int)Math.Min(data.Length - skip, limit - buffer.Length));
            }
        }

        return buffer.ToArray();
    }
}

/// <summary>Which of a run's two streams. Numbers reach the database.</summary>
internal enum StreamKind : short
{
    Output = 0,
    Events = 1,
}

/// <summary>A piece of a stream behind the masker.</summary>
/// <param name="RawFrom">Offset in the spool's file where the masker began.</param>
/// <param name="RawTo">Offset where it may go on.</param>
/// <param name="Start">Offset in what is stored.</param>
/// <param name="Data">Bytes to store.</param>
internal sealed record SpoolChunk(long RawFrom, long RawTo, long Start, ReadOnlyMemory<byte> Data);

/// <param name="Raw">The spool offset that is stored now.</param>
/// <param name="Bytes">The stored length now.</param>
internal sealed record AppendResult(AppendStatus Status, long Raw, long Bytes);

/// <summary>Offsets up to which a job's streams are stored: in the spool's files, and behind the masker.</summary>
internal sealed record StoredOffsets(long OutputRaw, long OutputBytes, long EventsRaw, long EventsBytes);

internal enum AppendStatus
{
    Stored,

    /// <summary>The offsets are others than the caller thought: an answer was lost. Go on from the ones returned.</summary>
    Moved,

    /// <summary>Somebody else holds the job now, or it has been ended.</summary>
    Fenced,
}
