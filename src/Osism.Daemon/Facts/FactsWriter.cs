using Npgsql;
using NpgsqlTypes;

namespace Osism.Daemon.Facts;

/// <summary>The one way in: what the recorder calls in the transaction that stores the events.</summary>
/// <remarks>It only leaves the facts in <c>fact_inbox</c>; <see cref="FactsIntake"/> compares them with what is known, off the path of the events.</remarks>
internal static class FactsWriter
{
    private const string Insert = """
        insert into fact_inbox (host, source, at, job, document)
        select * from unnest(@hosts, @sources, @times, @jobs, @documents)
        """;

    /// <summary>Adds one command to a batch, none when there are no facts. To add the same event again changes nothing in the end.</summary>
    public static void AddTo(NpgsqlBatch batch, IReadOnlyList<SeenFacts> facts)
    {
        if (facts.Count == 0)
            return;
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Insert)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]>("hosts", [.. facts.Select(seen => FactText.Storable(seen.Host))]),
                new NpgsqlParameter<string[]>("sources", [.. facts.Select(seen => FactText.Storable(seen.Source))]),
                new NpgsqlParameter<DateTime[]>("times", NpgsqlDbType.Array | NpgsqlDbType.TimestampTz) { TypedValue = [.. facts.Select(seen => seen.At.UtcDateTime)] },
                new NpgsqlParameter<Guid?[]>("jobs", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { TypedValue = [.. facts.Select(seen => seen.Job)] },
                new NpgsqlParameter<byte[][]>("documents", NpgsqlDbType.Array | NpgsqlDbType.Bytea) { TypedValue = [.. facts.Select(seen => seen.Document.ToArray())] },
            },
        });
    }
}
