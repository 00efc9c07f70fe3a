using System.Buffers;
using System.Text.Json;
using Npgsql;

namespace Osism.Daemon.Ara.Wire;

/// <summary>Reads rows, one or a page of them.</summary>
internal sealed class AraDatabase(NpgsqlDataSource database)
{
    private const int FlushAt = 64 * 1024;

    public async Task<T?> FindAsync<T>(AraTable<T> table, string where, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        where T : class =>
        await ListAsync(table, where, cancellationToken, parameters) is [var row, ..] ? row : null;

    public async Task<List<T>> ListAsync<T>(AraTable<T> table, string where, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"select {table.Columns} from {table.From} where {where}", connection);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(table.Read(reader));
        }

        return rows;
    }

    /// <summary>One value; the default when there is no row.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }

    /// <summary>Answers a list. Rows are written as they are read, for a limit has no maximum.</summary>
    /// <param name="context">The request.</param>
    /// <param name="table">Of the rows.</param>
    /// <param name="query">The filters asked for.</param>
    /// <param name="quickCount">Counts without filters, or with that of one playbook only, from the counters; null for others.</param>
    /// <param name="write">Writes one row.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task PageAsync<T>(
        HttpContext context, AraTable<T> table, AraQuery query, Func<AraQuery, string?> quickCount, Func<Utf8JsonWriter, T, Task> write, CancellationToken cancellationToken)
    {
        var page = AraPage.Of(context.Request.Query);
        var order = query.Order(table.Standard, table.Orders);
        query.Check();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var count = await CountAsync(connection, quickCount(query) ?? $"select count(*) from {table.From} {query.Where}", query, cancellationToken);
        var response = context.Response;
        response.ContentType = "application/json";

        // Not into the answer at once: a fault in the first rows can still be said.
        var buffer = new ArrayBufferWriter<byte>();
        await using var json = new Utf8JsonWriter(buffer, AraAnswer.Plain);
        json.WriteStartObject();
        json.WriteNumber("count", count);
        json.WriteString("next", page.Next(context.Request, count));
        json.WriteString("previous", page.Previous(context.Request));
        json.WriteStartArray("results");
        if (page.Offset < count)
        {
            await using var command = new NpgsqlCommand($"select {table.Columns} from {table.From} {query.Where} order by {order} limit {page.Limit} offset {page.Offset}", connection);
            Take(command, query);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                await write(json, table.Read(reader));
                if (json.BytesPending > FlushAt)
                {
                    await json.FlushAsync(cancellationToken);
                    await response.Body.WriteAsync(buffer.WrittenMemory, cancellationToken);
                    buffer.ResetWrittenCount();
                }
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
        if (!response.HasStarted)
        {
            response.ContentLength = buffer.WrittenCount;
        }

        await response.Body.WriteAsync(buffer.WrittenMemory, cancellationToken);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string sql, AraQuery query, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (sql.Contains('$', StringComparison.Ordinal))
        {
            Take(command, query);
        }

        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken));
    }

    private static void Take(NpgsqlCommand command, AraQuery query)
    {
        foreach (var parameter in query.Parameters)
        {
            command.Parameters.Add(parameter.Clone());
        }
    }
}
