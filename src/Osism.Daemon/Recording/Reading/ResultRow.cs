using Npgsql;

namespace Osism.Daemon.Recording.Reading;

/// <summary>A row of <c>rec_result</c>.</summary>
internal sealed record ResultRow(
    long Id, long Task, long Host, long BodyStart, int BodyLength, DateTimeOffset Started, DateTimeOffset? Ended, short Status, bool IsChanged, bool IsIgnored,
    int? Items, int? Retries, string? Msg)
{
    public const string Columns =
        "r.id, r.task, r.host, r.body_start, r.body_length, r.started, r.ended, r.status, r.is_changed, r.is_ignored, r.items, r.retries, r.msg";

    public long Playbook => RecordingIds.PlaybookOf(Id);

    public string Shown => ShownStatus.Of(Status, IsChanged, IsIgnored);

    /// <summary>Null when its end is not known; never negative, although clocks jump.</summary>
    public long? DurationMs => Ended is { } ended ? Math.Max(0, (long)(ended - Started).TotalMilliseconds) : null;

    public static ResultRow Read(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt32(4), reader.GetFieldValue<DateTimeOffset>(5), reader.Time(6),
        reader.GetInt16(7), reader.GetBoolean(8), reader.GetBoolean(9), reader.Int(10), reader.Int(11), reader.Text(12));
}
