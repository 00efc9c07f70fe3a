using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Wire;

namespace Osism.Daemon.Ara.Rows;

/// <summary>A file of a playbook as ARA shows it.</summary>
internal sealed record FileRow(long Id, long Playbook, string Path, byte[] Sha1, DateTime Created, DateTime Updated)
{
    public const string Columns = "x.id, x.playbook, x.path, x.sha1, x.created, x.updated";

    public static readonly AraTable<FileRow> Table = new(Columns, "rec_file x", Read, "x.id", AraTable<FileRow>.OrderFields("id", "created", "updated", "path"));

    public static FileRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetFieldValue<byte[]>(3), row.GetDateTime(4), row.GetDateTime(5));

    public void WriteFlat(Utf8JsonWriter json, ReadOnlySpan<byte> content)
    {
        WriteInList(json);
        json.WriteString("content", content);
    }

    public void WriteInList(Utf8JsonWriter json)
    {
        WriteOwn(json);
        json.WriteNumber("playbook", Playbook);
    }

    public void WriteDetail(Utf8JsonWriter json, PlaybookRow playbook, ReadOnlySpan<byte> content)
    {
        WriteOwn(json);
        json.WriteStartObject("playbook");
        playbook.WriteSimple(json);
        json.WriteEndObject();
        json.WriteString("content", content);
    }

    public void WriteSimple(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        json.WriteString("sha1", Convert.ToHexStringLower(Sha1));
        json.WriteString("path", Path);
    }

    private void WriteOwn(Utf8JsonWriter json)
    {
        WriteSimple(json);
        AraAnswer.Times(json, Created, Updated);
    }
}
