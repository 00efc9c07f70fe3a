using Npgsql;
using Osism.Contracts.Recording;

namespace Osism.Daemon.Recording.Reading.Overview;

/// <summary>A job as a whole: its matrix, and where its time went.</summary>
internal sealed class OverviewQueries(NpgsqlDataSource database, RecordedRuns recordings)
{
    public async Task<MatrixInfo> MatrixAsync(Guid job, IReadOnlyList<string> hosts, int limit, CancellationToken cancellationToken)
    {
        var outline = await OutlineAsync(job, cancellationToken);
        if (hosts.Count > 0)
        {
            await recordings.HostsAsync(outline.Runs, hosts, cancellationToken);
        }

        return Matrix(outline, hosts, limit);
    }

    public async Task<TimingInfo> TimingAsync(Guid job, CancellationToken cancellationToken) => Timing(await OutlineAsync(job, cancellationToken));

    private async Task<JobOutline> OutlineAsync(Guid job, CancellationToken cancellationToken)
    {
        var runs = await recordings.OfJobAsync(job, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await JobOutline.ReadAsync(connection, runs, cancellationToken);
    }

    private static MatrixInfo Matrix(JobOutline outline, IReadOnlyList<string> only, int limit)
    {
        // A host of two playbooks is one column.
        var names = outline.Hosts.Select(host => host.Name).Distinct(StringComparer.Ordinal).Where(name => only.Count == 0 || only.Contains(name)).ToList();
        var places = names.Select((name, at) => (name, at)).ToDictionary(pair => pair.name, pair => pair.at, StringComparer.Ordinal);
        var columns = outline.Hosts.Where(host => places.ContainsKey(host.Name)).ToDictionary(host => host.Id, host => places[host.Name]);
        var cells = new Dictionary<long, char[]>();
        var hosts = Enumerable.Repeat("unknown", names.Count).ToArray();
        var tasks = new Dictionary<long, string>();
        foreach (var result in outline.Results)
        {
            if (!columns.TryGetValue(result.Host, out var column))
            {
                continue;
            }

            if (!cells.TryGetValue(result.Task, out var row))
            {
                cells[result.Task] = row = [.. Enumerable.Repeat(' ', names.Count)];
            }

            row[column] = Cell(result);
            hosts[column] = ShownStatus.Worse(hosts[column], result.Shown);
            tasks[result.Task] = ShownStatus.Worse(tasks.GetValueOrDefault(result.Task) ?? result.Shown, result.Shown);
        }

        var shown = outline.Tasks.Where(task => cells.ContainsKey(task.Id)).ToList();
        return new MatrixInfo(
            [.. names.Select((name, at) => new MatrixHostInfo(name, hosts[at]))],
            [.. shown.Take(limit).Select(task => new MatrixTaskInfo(task.Id, task.PlayName, task.Name, task.Role, tasks[task.Id], new string(cells[task.Id])))],
            Math.Max(0, shown.Count - limit));
    }

    private static char Cell(OutlineResult result) => result.Shown switch
    {
        ResultStatuses.Ok => '.',
        ResultStatuses.Changed => 'C',
        ResultStatuses.Failed => 'F',
        ResultStatuses.Ignored => 'I',
        ResultStatuses.Unreachable => 'U',
        ResultStatuses.Skipped => 's',
        _ => '?',
    };

    private static TimingInfo Timing(JobOutline outline)
    {
        var elapsed = (long)outline.Elapsed.TotalMilliseconds;
        var hostNames = outline.Hosts.ToDictionary(host => host.Id, host => host.Name);
        var byTask = outline.Results.GroupBy(result => result.Task).ToDictionary(group => group.Key, Span.Of);
        var taskNames = outline.Tasks.ToDictionary(task => task.Id, task => task.Name);
        var tasks = new List<TaskTimeInfo>();
        // What nobody worked in: from the latest end so far to the next beginning.
        var lastEnd = outline.Runs.Count > 0 ? outline.Runs.Min(run => run.Started).UtcTicks : 0;
        var between = 0L;
        foreach (var (task, span) in outline.Tasks.Where(task => byTask.ContainsKey(task.Id)).Select(task => (task, byTask[task.Id])).OrderBy(pair => pair.Item2.Start))
        {
            var before = Math.Max(0, span.Start - lastEnd) / TimeSpan.TicksPerMillisecond;
            between += before;
            lastEnd = Math.Max(lastEnd, span.End);
            tasks.Add(new TaskTimeInfo(
                task.Id, task.PlayName, task.Name, task.Role, span.Count, span.Milliseconds, Share(span.Milliseconds), span.Work,
                hostNames.GetValueOrDefault(span.SlowestHost), span.Slowest, before));
        }

        var playOf = outline.Tasks.ToDictionary(task => task.Id, task => task.Play);
        var plays = outline.Results.Where(result => playOf.ContainsKey(result.Task)).GroupBy(result => playOf[result.Task]).OrderBy(group => group.Key)
            .Select(group => (group.Key, Span: Span.Of(group), Tasks: group.Select(result => result.Task).Distinct().Count()))
            .Select(play => new PlayTimeInfo(
                outline.Plays.GetValueOrDefault(play.Key) ?? "", play.Tasks, play.Span.Count, play.Span.Milliseconds, Share(play.Span.Milliseconds)));
        var hosts = outline.Results.GroupBy(result => hostNames.GetValueOrDefault(result.Host) ?? "", StringComparer.Ordinal)
            .Select(group => (group.Key, Span: Span.Of(group)))
            .OrderByDescending(host => host.Span.Work).ThenBy(host => host.Key, StringComparer.Ordinal)
            .Select(host => new HostTimeInfo(
                host.Key, host.Span.Count, host.Span.Work, Share(host.Span.Work), taskNames.GetValueOrDefault(host.Span.SlowestTask), host.Span.Slowest));
        return new TimingInfo(elapsed, outline.Results.Sum(result => result.Milliseconds), between, [.. plays], [.. tasks.OrderByDescending(task => task.ElapsedMs)], [.. hosts]);

        double Share(long milliseconds) => elapsed == 0 ? 0 : Math.Round((double)milliseconds / elapsed, 4);
    }

    /// <summary>Some results as one stretch of time.</summary>
    private sealed record Span(long Start, long End, int Count, long Work, long Slowest, long SlowestHost, long SlowestTask)
    {
        public long Milliseconds => (End - Start) / TimeSpan.TicksPerMillisecond;

        public static Span Of(IEnumerable<OutlineResult> results)
        {
            var (start, end, count, work, slowest, host, task) = (long.MaxValue, 0L, 0, 0L, -1L, 0L, 0L);
            foreach (var result in results)
            {
                start = Math.Min(start, result.Start);
                end = Math.Max(end, result.End);
                count++;
                work += result.Milliseconds;
                if (result.Milliseconds > slowest)
                {
                    (slowest, host, task) = (result.Milliseconds, result.Host, result.Task);
                }
            }

            return new Span(start, end, count, work, slowest, host, task);
        }
    }
}
