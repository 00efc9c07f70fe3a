using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Recording;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Ara.Rows;

/// <summary>What one task did on one host, as ARA shows it.</summary>
internal sealed record ResultRow(
    long Id, long Play, long Task, long Host, long[] DelegatedTo, ResultStatus Status, bool IsChanged, bool IsIgnored, DateTime Started, DateTime? Ended, DateTime Updated,
    long BodyStart, int BodyLength)
{
    /// <summary>The table keeps no time of its own for when a row came: it came when it had ended.</summary>
    private const string Created = "coalesce(x.ended, x.started)";
    private const string UpdatedAt = "coalesce(x.updated, x.ended, x.started)";

    public const string Columns =
        $"x.id, t.play, x.task, x.host, x.delegated_to, x.status, x.is_changed, x.is_ignored, x.started, x.ended, {UpdatedAt}, x.body_start, x.body_length";

    public static readonly AraTable<ResultRow> Table = new(
        Columns, "rec_result x left join rec_task t on t.id = x.task", Read, "x.id desc",
        new Dictionary<string, string>(AraTable<ResultRow>.OrderFields("id", "started", "ended", "duration"), StringComparer.Ordinal) { ["created"] = Created, ["updated"] = UpdatedAt });

    public long Playbook => RecordingIds.PlaybookOf(Id);

    /// <summary>What people see: the raw status tells neither changes nor ignored failures.</summary>
    private string Shown => (Status, IsChanged, IsIgnored) switch
    {
        (ResultStatus.Ok, true, _) => "changed",
        (ResultStatus.Failed, _, true) => "ignored",
        _ => AraFormat.Name(Status),
    };

    public static ResultRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.IsDBNull(1) ? 0 : row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.IsDBNull(4) ? [] : row.GetFieldValue<long[]>(4), (ResultStatus)row.GetInt16(5),
        row.GetBoolean(6), row.GetBoolean(7), row.GetDateTime(8), row.IsDBNull(9) ? null : row.GetDateTime(9), row.GetDateTime(10), row.GetInt64(11), row.GetInt32(12));

    public BodyPlace BodyIn(Guid stream) => new(stream, BodyStart, BodyLength);

    public void WriteFlat(Utf8JsonWriter json, ReadOnlySpan<byte> content)
    {
        json.WriteNumber("id", Id);
        AraAnswer.Raw(json, "content", content);
        WriteOwn(json, AraFormat.Name(Status));
        WriteKeys(json);
    }

    public void WriteInList(Utf8JsonWriter json)
    {
        json.WriteNumber("id", Id);
        WriteOwn(json, Shown);
        WriteKeys(json);
    }

    public void WriteDetail(Utf8JsonWriter json, ReadOnlySpan<byte> content, PlaybookRow playbook, PlayRow? play, TaskRow? task, HostRow? host, IReadOnlyList<HostRow> delegates)
    {
        json.WriteNumber("id", Id);
        WriteOwn(json, Shown);
        Object(json, "playbook", playbook.WriteSimple);
        Object(json, "play", play is null ? null : play.WriteSimple);
        Object(json, "task", task is null ? null : task.WriteSimple);
        Object(json, "host", host is null ? null : host.WriteSimple);
        json.WriteStartArray("delegated_to");
        foreach (var other in delegates)
        {
            json.WriteStartObject();
            other.WriteSimple(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        AraAnswer.Raw(json, "content", content);
    }

    private static void Object(Utf8JsonWriter json, string name, Action<Utf8JsonWriter>? write)
    {
        if (write is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        write(json);
        json.WriteEndObject();
    }

    private void WriteOwn(Utf8JsonWriter json, string status)
    {
        AraAnswer.Times(json, Ended ?? Started, Updated);
        AraAnswer.Span(json, Started, Ended);
        json.WriteString("status", status);
        json.WriteBoolean("changed", IsChanged);
        json.WriteBoolean("ignore_errors", IsIgnored);
    }

    private void WriteKeys(Utf8JsonWriter json)
    {
        json.WriteNumber("playbook", Playbook);
        AraAnswer.Number(json, "play", Play == 0 ? null : Play);
        json.WriteNumber("task", Task);
        json.WriteNumber("host", Host);
        json.WriteStartArray("delegated_to");
        foreach (var host in DelegatedTo)
        {
            json.WriteNumberValue(host);
        }

        json.WriteEndArray();
    }
}
