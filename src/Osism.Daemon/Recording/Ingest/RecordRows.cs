using Osism.Daemon.Recording.Events;

namespace Osism.Daemon.Recording.Ingest;

/// <summary>A playbook of a job as it stands.</summary>
internal sealed class PlaybookRow(int ordinal, DateTimeOffset started)
{
    /// <summary>Given by the database, once, before anything of it is written.</summary>
    public long Id { get; set; }

    public int Ordinal { get; } = ordinal;

    public DateTimeOffset Started { get; set; } = started;

    public DateTimeOffset? Ended { get; set; }

    public RecordStatus Status { get; set; } = RecordStatus.Running;

    public string Path { get; set; } = "";

    public string Ansible { get; set; } = "";

    public string? Python { get; set; }

    public string? Controller { get; set; }

    public string? User { get; set; }

    public bool IsCheck { get; set; }

    public string Arguments { get; set; } = "{}";

    public int Plays { get; set; }

    public int Tasks { get; set; }

    public int Results { get; set; }

    public int Hosts { get; set; }

    public int Files { get; set; }

    public int Warnings { get; set; }

    public int Unreadable { get; set; }
}

/// <summary>A play; the batches of a serial one are one.</summary>
internal sealed class PlayRow(PlaybookRow playbook, int number, string uuid, DateTimeOffset started)
{
    public PlaybookRow Playbook { get; } = playbook;

    public long Id => RecordingIds.Of(Playbook.Id, number);

    public string Uuid { get; } = uuid;

    public string Name { get; set; } = "";

    public string? Strategy { get; set; }

    public int Hosts { get; set; }

    public DateTimeOffset Started { get; } = started;

    public DateTimeOffset? Ended { get; set; }

    public RecordStatus Status { get; set; } = RecordStatus.Running;

    public int Tasks { get; set; }

    public int Results { get; set; }
}

/// <summary>A task of a play. With several batches of hosts, or the strategy free, it goes on after others began.</summary>
internal sealed class TaskRow(PlayRow play, int number, string uuid, DateTimeOffset started)
{
    public PlayRow Play { get; } = play;

    public long Id => RecordingIds.Of(Play.Playbook.Id, number);

    public string Uuid { get; } = uuid;

    public string Name { get; set; } = "";

    public string Action { get; set; } = "";

    public string Path { get; set; } = "";

    public int Line { get; set; }

    public int? File { get; set; }

    public string? Role { get; set; }

    public string Tags { get; set; } = "[]";

    public bool IsHandler { get; set; }

    public DateTimeOffset Started { get; set; } = started;

    public DateTimeOffset? LastResult { get; set; }

    public DateTimeOffset? Ended { get; set; }

    public RecordStatus Status { get; set; } = RecordStatus.Running;

    public bool HasFailed { get; set; }

    public int Results { get; set; }

    /// <summary>Said by its results, each once.</summary>
    public NoteList Warnings { get; } = new();

    public NoteList Deprecations { get; } = new();
}

/// <summary>A host as one playbook sees it.</summary>
internal sealed class HostRow(PlaybookRow playbook, int number, string name, DateTimeOffset created)
{
    public PlaybookRow Playbook { get; } = playbook;

    public long Id => RecordingIds.Of(Playbook.Id, number);

    public string Name { get; } = name;

    public DateTimeOffset Created { get; } = created;

    public int Ok { get; set; }

    public int Changed { get; set; }

    public int Failed { get; set; }

    public int Skipped { get; set; }

    public int Unreachable { get; set; }

    public int Rescued { get; set; }

    public int Ignored { get; set; }

    public long? FactsStart { get; set; }

    public int FactsLength { get; set; }

    /// <summary>One more result, as Ansible's recap counts.</summary>
    public void Count(ResultStatus status, bool isChanged, bool isIgnored)
    {
        switch (status)
        {
            case ResultStatus.Ok:
                Ok++;
                Changed += isChanged ? 1 : 0;
                break;
            case ResultStatus.Failed when isIgnored:
                Ok++;
                Ignored++;
                break;
            case ResultStatus.Failed:
                Failed++;
                break;
            case ResultStatus.Skipped:
                Skipped++;
                break;
            case ResultStatus.Unreachable:
                Unreachable++;
                break;
        }
    }

    /// <summary>Ansible's own counts, which are the truth.</summary>
    public void Take(HostRecap recap) =>
        (Ok, Changed, Failed, Unreachable, Skipped, Rescued, Ignored) =
            (recap.Ok, recap.Changed, recap.Failed, recap.Unreachable, recap.Skipped, recap.Rescued, recap.Ignored);
}

/// <summary>What one task did on one host: written once.</summary>
internal sealed record ResultRow(
    TaskRow Task, HostRow Host, int Number, ResultStatus Status, bool IsChanged, bool IsIgnored, DateTimeOffset Started, DateTimeOffset Ended, long BodyStart,
    int BodyLength, int? Items, int? Retries, IReadOnlyList<HostRow> DelegatedTo, string? Message);

/// <summary>A file that plays or tasks came from.</summary>
internal sealed record FileRow(PlaybookRow Playbook, int Number, string Path, byte[] Content, DateTimeOffset At);
