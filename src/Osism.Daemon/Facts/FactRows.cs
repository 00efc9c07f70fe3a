using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Osism.Daemon.Facts;

/// <summary>A <see cref="FactSet"/> as a row of <c>fact_set</c>.</summary>
internal static class FactRows
{
    public const string Columns = "gathered_at, complete_at, job, names, hashes, gathered, changed, jobs, document";

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <param name="row">Stands on a row.</param>
    /// <param name="first">Where in it <see cref="Columns"/> begin.</param>
    public static FactSet Read(NpgsqlDataReader row, int first)
    {
        var names = row.GetFieldValue<string[]>(first + 3);
        var hashes = row.GetFieldValue<long[]>(first + 4);
        var gathered = row.GetFieldValue<DateTime[]>(first + 5);
        var changed = row.GetFieldValue<DateTime[]>(first + 6);
        var jobs = row.GetFieldValue<Guid?[]>(first + 7);
        var document = row.GetFieldValue<byte[]>(first + 8);
        var facts = new List<Fact>(names.Length);
        var reader = new Utf8JsonReader(document, FactText.Reading);
        reader.Read();
        for (var i = 0; i < names.Length; i++)
        {
            // Written in the order of the names.
            reader.Read();
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            facts.Add(new Fact(names[i], hashes[i], Time(gathered[i]), Time(changed[i]), jobs[i], document.AsMemory(start..(int)reader.BytesConsumed)));
        }

        return new FactSet(
            Time(row.GetDateTime(first)), row.IsDBNull(first + 1) ? null : Time(row.GetDateTime(first + 1)), row.IsDBNull(first + 2) ? null : row.GetGuid(first + 2), facts);
    }

    public static NpgsqlBatchCommand Save(string host, string source, FactSet set)
    {
        var facts = set.Facts;
        var document = Write(facts);
        return new NpgsqlBatchCommand("""
            insert into fact_set (host, source, bytes, gathered_at, complete_at, job, names, hashes, gathered, changed, jobs, document)
            values (@host, @source, @bytes, @gathered_at, @complete_at, @job, @names, @hashes, @gathered, @changed, @jobs, @document)
            on conflict (host, source) do update set bytes = excluded.bytes, gathered_at = excluded.gathered_at, complete_at = excluded.complete_at, job = excluded.job,
                names = excluded.names, hashes = excluded.hashes, gathered = excluded.gathered, changed = excluded.changed, jobs = excluded.jobs, document = excluded.document
            """)
        {
            Parameters =
            {
                new NpgsqlParameter<string>("host", host),
                new NpgsqlParameter<string>("source", source),
                new NpgsqlParameter<int>("bytes", document.Length),
                new NpgsqlParameter<DateTime>("gathered_at", set.GatheredAt.UtcDateTime),
                Optional("complete_at", NpgsqlDbType.TimestampTz, set.CompleteAt?.UtcDateTime),
                Optional("job", NpgsqlDbType.Uuid, set.Job),
                new NpgsqlParameter<string[]>("names", [.. facts.Select(fact => fact.Name)]),
                new NpgsqlParameter<long[]>("hashes", [.. facts.Select(fact => fact.Hash)]),
                new NpgsqlParameter<DateTime[]>("gathered", NpgsqlDbType.Array | NpgsqlDbType.TimestampTz) { TypedValue = [.. facts.Select(fact => fact.GatheredAt.UtcDateTime)] },
                new NpgsqlParameter<DateTime[]>("changed", NpgsqlDbType.Array | NpgsqlDbType.TimestampTz) { TypedValue = [.. facts.Select(fact => fact.ChangedAt.UtcDateTime)] },
                new NpgsqlParameter<Guid?[]>("jobs", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { TypedValue = [.. facts.Select(fact => fact.Job)] },
                new NpgsqlParameter<byte[]>("document", document),
            },
        };
    }

    public static NpgsqlParameter Optional(string name, NpgsqlDbType type, object? value) => new(name, type) { Value = value ?? DBNull.Value };

    private static byte[] Write(IReadOnlyList<Fact> facts)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Writing))
        {
            json.WriteStartObject();
            foreach (var fact in facts)
            {
                json.WritePropertyName(fact.Name);
                json.WriteRawValue(fact.Value.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static DateTimeOffset Time(DateTime utc) => new(DateTime.SpecifyKind(utc, DateTimeKind.Utc));
}
