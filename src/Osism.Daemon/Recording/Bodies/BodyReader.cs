using Npgsql;
using NpgsqlTypes;

namespace Osism.Daemon.Recording.Bodies;

/// <summary>Fetches the lines that rows point at. Lines of one stream that lie near each other share the reading.</summary>
internal sealed class BodyReader(NpgsqlDataSource database)
{
    /// <summary>Lines further apart than this are read by themselves.</summary>
    private const int Gap = 512 * 1024;

    private const string Sql = """
        select start, data from job_output
        where job_id = $1 and stream = 1 and start < $3
          and start >= coalesce((select max(start) from job_output where job_id = $1 and stream = 1 and start <= $2), 0)
        order by start
        """;

    /// <summary>The lines, in the order asked for; empty where the stream does not hold them (any more).</summary>
    public async Task<byte[][]> ReadAsync(IReadOnlyList<BodyPlace> places, CancellationToken cancellationToken)
    {
        var lines = new byte[places.Count][];
        Array.Fill(lines, []);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var stream in Enumerable.Range(0, places.Count).Where(at => places[at].Length > 0).GroupBy(at => places[at].Stream))
        {
            var order = stream.OrderBy(at => places[at].Start).ToList();
            for (var from = 0; from < order.Count;)
            {
                var to = from + 1;
                var end = End(places[order[from]]);
                while (to < order.Count && places[order[to]].Start <= end + Gap)
                {
                    end = Math.Max(end, End(places[order[to++]]));
                }

                await ReadRunAsync(connection, stream.Key, places, order[from..to], end, lines, cancellationToken);
                from = to;
            }
        }

        return lines;
    }

    private static long End(BodyPlace place) => place.Start + place.Length;

    private static async Task ReadRunAsync(
        NpgsqlConnection connection, Guid stream, IReadOnlyList<BodyPlace> places, List<int> run, long end, byte[][] lines, CancellationToken cancellationToken)
    {
        var parts = run.ToDictionary(at => at, at => new byte[places[at].Length]);
        var filled = run.ToDictionary(at => at, _ => 0);
        await using var command = new NpgsqlCommand(Sql, connection)
        {
            Parameters = { new() { Value = stream }, new() { Value = places[run[0]].Start }, new() { Value = end, NpgsqlDbType = NpgsqlDbType.Bigint } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var start = reader.GetInt64(0);
            var data = (byte[])reader.GetValue(1);
            foreach (var at in run)
            {
                var from = Math.Max(start, places[at].Start);
                var until = Math.Min(start + data.Length, End(places[at]));
                if (from < until)
                {
                    data.AsSpan((int)(from - start), (int)(until - from)).CopyTo(parts[at].AsSpan((int)(from - places[at].Start)));
                    filled[at] += (int)(until - from);
                }
            }
        }

        foreach (var at in run.Where(at => filled[at] == places[at].Length))
        {
            lines[at] = parts[at];
        }
    }
}
