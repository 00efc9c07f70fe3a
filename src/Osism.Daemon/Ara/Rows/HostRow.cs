using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Ara.Rows;

/// <summary>A host of one playbook as ARA shows it.</summary>
internal sealed record HostRow(
    long Id, long Playbook, string Name, int Ok, int Changed, int Failed, int Skipped, int Unreachable, long? FactsStart, int? FactsLength, DateTime Created, DateTime Updated)
{
    public const string Columns =
        "x.id, x.playbook, x.name, x.ok, x.changed, x.failed, x.skipped, x.unreachable, x.facts_start, x.facts_length, x.created, x.updated";

    private static readonly string[] Fields = ["id", "created", "updated", "name", "changed", "failed", "ok", "skipped", "unreachable"];

    public static readonly AraTable<HostRow> Table = new(Columns, "rec_host x", Read, "x.id", AraTable<HostRow>.OrderFields(Fields));

    /// <summary>The youngest of each name. Names are walked along their index: there are few of them beside the rows.</summary>
    public static readonly AraTable<HostRow> Latest = Table with
    {
        From = """
            (with recursive name (name) as (
                (select name from rec_host order by name limit 1)
                union all
                select (select h.name from rec_host h where h.name > n.name order by h.name limit 1) from name n where n.name is not null)
            select h.* from name n cross join lateral (select * from rec_host h where h.name = n.name order by h.id desc limit 1) h where n.name is not null) x
            """,
        Standard = "x.name",
    };

    public static HostRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.GetInt32(6), row.GetInt32(7),
        row.IsDBNull(8) ? null : row.GetInt64(8), row.IsDBNull(9) ? null : row.GetInt32(9), row.GetDateTime(10), row.GetDateTime(11));

    public BodyPlace FactsIn(Guid stream) => new(stream, FactsStart ?? 0, FactsLength ?? 0);

    public void WriteFlat(Utf8JsonWriter json, ReadOnlySpan<byte> facts)
    {
        WriteInList(json);
        AraAnswer.Raw(json, "facts", facts);
    }

    public void WriteInList(Utf8JsonWriter json)
    {
        WriteOwn(json);
        json.WriteNumber("playbook", Playbook);
    }

    public void WriteDetail(Utf8JsonWriter json, PlaybookRow playbook, ReadOnlySpan<byte> facts)
    {
        WriteOwn(json);
        json.WriteStartObject("playbook");
        playbook.WriteSimple(json);
        json.WriteEndObject();
        AraAnswer.Raw(json, "facts", facts);
    }

    public void WriteSimple(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        json.WriteString("name", Name);
        WriteCounts(json);
    }

    private void WriteOwn(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        AraAnswer.Times(json, Created, Updated);
        json.WriteString("name", Name);
        WriteCounts(json);
    }

    private void WriteCounts(Utf8JsonWriter json)
    {
        json.WriteNumber("changed", Changed);
        json.WriteNumber("failed", Failed);
        json.WriteNumber("ok", Ok);
        json.WriteNumber("skipped", Skipped);
        json.WriteNumber("unreachable", Unreachable);
    }
}
