using System.Text;
using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Rows;

/// <summary>A playbook as ARA shows it.</summary>
/// <param name="Arguments">A JSON object.</param>
internal sealed record PlaybookRow(
    long Id, Guid? Job, Guid Stream, RecordStatus Status, string? Name, string Path, string AnsibleVersion, string? ClientVersion, string? PythonVersion, string? ServerVersion,
    string? Controller, string? User, string Arguments, DateTime Started, DateTime? Ended, DateTime Created, DateTime Updated, int[] Items, long[] LabelIds, string[] LabelNames)
{
    private static readonly string[] ItemNames = ["plays", "tasks", "results", "hosts", "files", "records"];

    public const string Columns = """
        x.id, x.job_id, x.stream, x.status, x.name, x.path, x.ansible_version, x.client_version, x.python_version, x.server_version,
        x.controller, x."user", x.arguments::text, x.started, x.ended, x.created, x.updated, array[x.plays, x.tasks, x.results, x.hosts, x.files, x.records],
        array(select l.id from rec_playbook_label pl join rec_label l on l.id = pl.label where pl.playbook = x.id order by l.id),
        array(select l.name from rec_playbook_label pl join rec_label l on l.id = pl.label where pl.playbook = x.id order by l.id)
        """;

    public static readonly AraTable<PlaybookRow> Table = new(
        Columns, "rec_playbook x", Read, "x.id desc", AraTable<PlaybookRow>.OrderFields("id", "created", "updated", "started", "ended", "duration"));

    public static PlaybookRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.IsDBNull(1) ? null : row.GetGuid(1), row.GetGuid(2), (RecordStatus)row.GetInt16(3), Text(row, 4), row.GetString(5), row.GetString(6), Text(row, 7), Text(row, 8),
        Text(row, 9), Text(row, 10), Text(row, 11), row.GetString(12), row.GetDateTime(13), row.IsDBNull(14) ? null : row.GetDateTime(14), row.GetDateTime(15), row.GetDateTime(16),
        row.GetFieldValue<int[]>(17), row.GetFieldValue<long[]>(18), row.GetFieldValue<string[]>(19));

    /// <summary>As POST and PATCH answer.</summary>
    public void WriteFlat(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        AraAnswer.Times(json, Created, Updated);
        WriteRest(json);
    }

    /// <summary>As lists and details have it.</summary>
    public void WriteFull(Utf8JsonWriter json)
    {
        WriteFlat(json);
        WriteItems(json);
    }

    /// <summary>As it stands within other objects.</summary>
    public void WriteSimple(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        WriteRest(json);
        WriteItems(json);
    }

    private void WriteRest(Utf8JsonWriter json)
    {
        AraAnswer.Span(json, Started, Ended);
        json.WriteString("name", Name);
        json.WriteString("ansible_version", AnsibleVersion);
        json.WriteString("client_version", ClientVersion);
        json.WriteString("python_version", PythonVersion);
        json.WriteString("server_version", ServerVersion);
        json.WriteString("status", AraFormat.Name(Status));
        json.WriteString("path", Path);
        json.WriteString("controller", Controller);
        json.WriteString("user", User);
        AraAnswer.Raw(json, "arguments", Encoding.UTF8.GetBytes(Arguments));
        json.WriteStartArray("labels");
        for (var at = 0; at < LabelIds.Length; at++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", LabelIds[at]);
            json.WriteString("name", LabelNames[at]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteItems(Utf8JsonWriter json)
    {
        json.WriteStartObject("items");
        for (var at = 0; at < ItemNames.Length; at++)
        {
            json.WriteNumber(ItemNames[at], Items[at]);
        }

        json.WriteEndObject();
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
