using Osism.Daemon.Facts;

namespace Osism.Daemon.Recording.Ingest;

/// <summary>Rows that are written together with the lines they stand for.</summary>
internal sealed record RecordBatch(
    IReadOnlyList<PlaybookRow> Playbooks, IReadOnlyList<PlayRow> Plays, IReadOnlyList<TaskRow> Tasks, IReadOnlyList<HostRow> Hosts,
    IReadOnlyList<ResultRow> Results, IReadOnlyList<FileRow> Files, IReadOnlyList<SeenFacts> Facts, bool WithCounts)
{
    public bool IsEmpty => Playbooks.Count + Plays.Count + Tasks.Count + Hosts.Count + Results.Count + Files.Count + Facts.Count == 0;
}
