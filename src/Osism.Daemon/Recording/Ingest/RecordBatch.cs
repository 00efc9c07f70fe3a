namespace Osism.Daemon.Recording.Ingest;

/// <summary>Rows that are written together with the lines they stand for.</summary>
internal sealed record RecordBatch(
    IReadOnlyList<PlaybookRow> Playbooks, IReadOnlyList<PlayRow> Plays, IReadOnlyList<TaskRow> Tasks, IReadOnlyList<HostRow> Hosts,
    IReadOnlyList<ResultRow> Results, IReadOnlyList<FileRow> Files, IReadOnlyList<FactsSeen> Facts, bool WithCounts)
{
    public bool IsEmpty => Playbooks.Count + Plays.Count + Tasks.Count + Hosts.Count + Results.Count + Files.Count + Facts.Count == 0;
}

/// <summary>Facts that a run saw.</summary>
/// <param name="Host">Whose.</param>
/// <param name="Action">Of the task that gathered them.</param>
/// <param name="At">When.</param>
/// <param name="Line">The masked line that holds them.</param>
internal sealed record FactsSeen(string Host, string Action, DateTimeOffset At, byte[] Line);
