using Osism.Contracts;
using Osism.Contracts.Recording;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Recording.Reading.Diffs;

/// <summary>What a job changed in files.</summary>
internal sealed class DiffQueries(RecordedRuns recordings, ResultDetails details, TimeProvider time)
{
    /// <summary>A page; it is given as it is when its time is over.</summary>
    /// <param name="file">Part of the file's name; null = all.</param>
    /// <exception cref="OsismException">There is no such job (<c>job.not_found</c>), or it has no such host (<c>host.unrecorded</c>).</exception>
    public async Task<Page<FileDiffInfo>> OfJobAsync(
        Guid job, IReadOnlyList<string> hosts, string? file, long? after, int limit, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        var runs = await recordings.OfJobAsync(job, cancellationToken);
        var ids = hosts.Count > 0 ? await recordings.HostsAsync(runs, hosts, cancellationToken) : null;
        var items = new List<FileDiffInfo>();
        // In check mode and where a task is told that it changed nothing there may be a diff all the same: all are looked at but the skipped ones.
        foreach (var run in runs.Where(run => run.Last > (after ?? 0)))
        {
            await foreach (var (row, names, body) in details.WalkAsync(run, new ResultFilter(), after ?? 0, ids, row => row.Status is 1 or 2, cancellationToken))
            {
                items.AddRange(FileDiffs.Of(row.Id, names.Host(row), names.Task(row), body)
                    .Where(diff => file is null || diff.File.Contains(file, StringComparison.OrdinalIgnoreCase)));
                if (items.Count >= limit || time.GetElapsedTime(since) > ResultQueries.Budget)
                {
                    return new Page<FileDiffInfo>(items, row.Id.ToString());
                }
            }
        }

        return new Page<FileDiffInfo>(items, null);
    }
}
