using System.Text;
using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Rows;

/// <summary>A task as ARA shows it.</summary>
/// <param name="Tags">A JSON list, as the three at the end.</param>
internal sealed record TaskRow(
    long Id, long Play, long? File, string? Uuid, string Name, string Action, string Path, int Line, string Tags, bool IsHandler, RecordStatus Status,
    DateTime Started, DateTime? Ended, DateTime Created, DateTime Updated, int Results, string Warnings, string Deprecations, string Exceptions)
{
    public const string Columns = """
        x.id, x.play, x.file, x.uuid, x.name, x.action, x.path, x.lineno, x.tags::text, x.is_handler, x.status, x.started, x.ended, x.created, x.updated, x.results,
        x.warnings::text, x.deprecations::text, x.exceptions::text
        """;

    public static readonly AraTable<TaskRow> Table = new(
        Columns, "rec_task x", Read, "x.id desc", AraTable<TaskRow>.OrderFields("id", "created", "updated", "started", "ended", "duration"));

    public long Playbook => RecordingIds.PlaybookOf(Id);

    public static TaskRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6),
        row.GetInt32(7), row.GetString(8), row.GetBoolean(9), (RecordStatus)row.GetInt16(10), row.GetDateTime(11), row.IsDBNull(12) ? null : row.GetDateTime(12),
        row.GetDateTime(13), row.GetDateTime(14), row.GetInt32(15), row.GetString(16), row.GetString(17), row.GetString(18));

    public void WriteFlat(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        AraAnswer.Times(json, Created, Updated);
        WriteRest(json);
        json.WriteNumber("play", Play);
        AraAnswer.Number(json, "file", File);
        json.WriteNumber("playbook", Playbook);
    }

    public void WriteInList(Utf8JsonWriter json)
    {
        WriteFlat(json);
        WriteItems(json);
    }

    public void WriteDetail(Utf8JsonWriter json, PlaybookRow playbook, PlayRow? play, FileRow? file)
    {
        json.WriteNumber("id", Id);
        AraAnswer.Times(json, Created, Updated);
        WriteRest(json);
        WriteItems(json);
        json.WriteStartObject("playbook");
        playbook.WriteSimple(json);
        json.WriteEndObject();
        if (play is not null)
        {
            json.WriteStartObject("play");
            play.WriteSimple(json);
            json.WriteEndObject();
        }

        // Clients read its path without looking whether there is one.
        json.WriteStartObject("file");
        if (file is not null)
        {
            file.WriteSimple(json);
        }
        else
        {
            json.WriteNull("id");
            json.WriteNull("sha1");
            json.WriteString("path", Path);
        }

        json.WriteEndObject();
    }

    public void WriteSimple(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        WriteItems(json);
        WriteRest(json);
        AraAnswer.Number(json, "file", File);
    }

    private void WriteRest(Utf8JsonWriter json)
    {
        AraAnswer.Raw(json, "tags", Encoding.UTF8.GetBytes(Tags));
        AraAnswer.Span(json, Started, Ended);
        json.WriteString("name", Name.Length == 0 ? null : Name);
        json.WriteString("uuid", Uuid);
        json.WriteString("action", Action);
        json.WriteNumber("lineno", Line);
        json.WriteBoolean("handler", IsHandler);
        json.WriteString("status", AraFormat.Name(Status));
        AraAnswer.Raw(json, "warnings", Encoding.UTF8.GetBytes(Warnings));
        AraAnswer.Raw(json, "deprecations", Encoding.UTF8.GetBytes(Deprecations));
        AraAnswer.Raw(json, "exceptions", Encoding.UTF8.GetBytes(Exceptions));
    }

    private void WriteItems(Utf8JsonWriter json)
    {
        json.WriteStartObject("items");
        json.WriteNumber("results", Results);
        json.WriteEndObject();
        json.WriteString("path", Path);
    }
}
