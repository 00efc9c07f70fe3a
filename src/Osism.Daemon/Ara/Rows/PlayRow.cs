using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Rows;

/// <summary>A play as ARA shows it.</summary>
internal sealed record PlayRow(
    long Id, string Uuid, string Name, RecordStatus Status, DateTime Started, DateTime? Ended, DateTime Created, DateTime Updated, int Tasks, int Results)
{
    public const string Columns = "x.id, x.uuid, x.name, x.status, x.started, x.ended, x.created, x.updated, x.tasks, x.results";

    public static readonly AraTable<PlayRow> Table = new(
        Columns, "rec_play x", Read, "x.id desc", AraTable<PlayRow>.OrderFields("id", "created", "updated", "started", "ended", "duration"));

    public long Playbook => RecordingIds.PlaybookOf(Id);

    public static PlayRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), (RecordStatus)row.GetInt16(3), row.GetDateTime(4), row.IsDBNull(5) ? null : row.GetDateTime(5),
        row.GetDateTime(6), row.GetDateTime(7), row.GetInt32(8), row.GetInt32(9));

    public void WriteFlat(Utf8JsonWriter json)
    {
        WriteOwn(json);
        json.WriteNumber("playbook", Playbook);
    }

    public void WriteInList(Utf8JsonWriter json)
    {
        WriteFlat(json);
        WriteItems(json);
    }

    public void WriteDetail(Utf8JsonWriter json, PlaybookRow playbook)
    {
        WriteOwn(json);
        WriteItems(json);
        json.WriteStartObject("playbook");
        playbook.WriteSimple(json);
        json.WriteEndObject();
    }

    public void WriteSimple(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        WriteItems(json);
        AraAnswer.Span(json, Started, Ended);
        WriteName(json);
        json.WriteString("status", AraFormat.Name(Status));
    }

    private void WriteOwn(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        AraAnswer.Times(json, Created, Updated);
        AraAnswer.Span(json, Started, Ended);
        WriteName(json);
        json.WriteString("uuid", Uuid);
        json.WriteString("status", AraFormat.Name(Status));
    }

    // The table knows no null here, ARA does.
    private void WriteName(Utf8JsonWriter json) => json.WriteString("name", Name.Length == 0 ? null : Name);

    private void WriteItems(Utf8JsonWriter json)
    {
        json.WriteStartObject("items");
        json.WriteNumber("tasks", Tasks);
        json.WriteNumber("results", Results);
        json.WriteEndObject();
    }
}
