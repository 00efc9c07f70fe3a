using System.Text;
using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Wire;

namespace Osism.Daemon.Ara.Rows;

/// <summary>A value that a play keeps, as ARA shows it.</summary>
/// <param name="Value">JSON; empty when it was not asked for.</param>
internal sealed record RecordRow(long Id, long Playbook, string Key, string Type, DateTime Created, DateTime Updated, string Value)
{
    private const string Thin = "x.id, x.playbook, x.key, x.type, x.created, x.updated";

    public const string Columns = $"{Thin}, x.value";

    public static readonly AraTable<RecordRow> Table = new(Columns, "rec_record x", Read, "x.id", AraTable<RecordRow>.OrderFields("id", "created", "updated", "key"));

    public static readonly AraTable<RecordRow> ThinTable = Table with { Columns = $"{Thin}, ''" };

    public static RecordRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetDateTime(4), row.GetDateTime(5), row.GetString(6));

    public void WriteFlat(Utf8JsonWriter json)
    {
        WriteInList(json);
        AraAnswer.Raw(json, "value", Encoding.UTF8.GetBytes(Value));
    }

    public void WriteInList(Utf8JsonWriter json)
    {
        WriteOwn(json);
        json.WriteNumber("playbook", Playbook);
    }

    public void WriteDetail(Utf8JsonWriter json, PlaybookRow playbook)
    {
        WriteOwn(json);
        json.WriteStartObject("playbook");
        playbook.WriteSimple(json);
        json.WriteEndObject();
        AraAnswer.Raw(json, "value", Encoding.UTF8.GetBytes(Value));
    }

    private void WriteOwn(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        AraAnswer.Times(json, Created, Updated);
        json.WriteString("key", Key);
        json.WriteString("type", Type);
    }
}
