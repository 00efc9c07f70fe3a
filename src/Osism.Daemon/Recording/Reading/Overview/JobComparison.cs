using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Recording;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Recording.Reading.Overview;

/// <summary>Two runs side by side. A task is the same by its name, its role and how often that came before.</summary>
internal sealed class JobComparison(NpgsqlDataSource database, RecordedRuns recordings)
{
    private const int Times = 20;

    /// <exception cref="OsismException">There is no such job (<c>job.not_found</c>).</exception>
    public async Task<CompareInfo> CompareAsync(Guid before, Guid after, int limit, CancellationToken cancellationToken)
    {
        var (one, other) = (await SideAsync(before, cancellationToken), await SideAsync(after, cancellationToken));
        var differences = new List<ComparedResultInfo>();
        var same = 0;
        foreach (var (place, now) in other.Results)
        {
            if (one.Results.TryGetValue(place, out var then))
            {
                if (then.Shown == now.Shown)
                {
                    same++;
                }
                else
                {
                    differences.Add(new ComparedResultInfo(place.Task, place.Host, then.Shown, now.Shown, null, now.Id));
                }
            }
            else if (one.Tasks.Contains(place.Task) && one.Hosts.Contains(place.Host))
            {
                differences.Add(new ComparedResultInfo(place.Task, place.Host, null, now.Shown, null, now.Id));
            }
        }

        differences.AddRange(one.Results
            .Where(result => !other.Results.ContainsKey(result.Key) && other.Tasks.Contains(result.Key.Task) && other.Hosts.Contains(result.Key.Host))
            .Select(result => new ComparedResultInfo(result.Key.Task, result.Key.Host, result.Value.Shown, null, null, result.Value.Id)));
        // What went wrong in the second run comes first.
        var sorted = differences.OrderByDescending(difference => difference.After is ResultStatuses.Failed or ResultStatuses.Unreachable).ThenBy(difference => difference.Result).ToList();
        return new CompareInfo(
            one.Info, other.Info, same, Math.Max(0, sorted.Count - limit), await WithMessagesAsync(sorted.Take(limit).ToList(), cancellationToken),
            [.. other.TaskOrder.Where(task => !one.Tasks.Contains(task))], [.. one.TaskOrder.Where(task => !other.Tasks.Contains(task))],
            [.. other.Hosts.Except(one.Hosts).Order(StringComparer.Ordinal)], [.. one.Hosts.Except(other.Hosts).Order(StringComparer.Ordinal)],
            [
                .. one.Elapsed.Where(task => other.Elapsed.ContainsKey(task.Key))
                    .Select(task => new ComparedTimeInfo(task.Key, task.Value, other.Elapsed[task.Key]))
                    .Where(task => task.BeforeMs != task.AfterMs)
                    .OrderByDescending(task => Math.Abs(task.AfterMs - task.BeforeMs)).ThenBy(task => task.Task, StringComparer.Ordinal).Take(Times),
            ]);
    }

    private async Task<Side> SideAsync(Guid job, CancellationToken cancellationToken)
    {
        var runs = await recordings.OfJobAsync(job, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var outline = await JobOutline.ReadAsync(connection, runs, cancellationToken);
        await using var command = new NpgsqlCommand("select role, state, submitted_at from job where id = $1", connection) { Parameters = { new() { Value = job } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new Side(outline, new ComparedJobInfo(
                job, reader.Text(0), ((JobState)reader.GetInt16(1)).ToWireName(), reader.GetFieldValue<DateTimeOffset>(2), (long)outline.Elapsed.TotalMilliseconds,
                outline.Results.Count))
            : throw new OsismException(ErrorCodes.JobNotFound, $"there is no job {job}");
    }

    private async Task<IReadOnlyList<ComparedResultInfo>> WithMessagesAsync(IReadOnlyList<ComparedResultInfo> results, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select id, msg from rec_result where id = any($1) and msg is not null");
        command.Parameters.Add(new() { Value = results.Select(result => result.Result).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Bigint });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var messages = new Dictionary<long, string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            messages[reader.GetInt64(0)] = reader.GetString(1);
        }

        return [.. results.Select(result => result with { Msg = messages.GetValueOrDefault(result.Result) })];
    }

    private sealed class Side
    {
        public Side(JobOutline outline, ComparedJobInfo info)
        {
            Info = info;
            var names = new Dictionary<long, string>();
            var seen = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var task in outline.Tasks)
            {
                var name = task.Role is { } role && !task.Name.StartsWith($"{role} : ", StringComparison.Ordinal) ? $"{role} : {task.Name}" : task.Name;
                var count = seen[name] = seen.GetValueOrDefault(name) + 1;
                names[task.Id] = count == 1 ? name : $"{name} ({count})";
            }

            var hosts = outline.Hosts.ToDictionary(host => host.Id, host => host.Name);
            var spans = new Dictionary<string, (long Start, long End)>(StringComparer.Ordinal);
            foreach (var result in outline.Results)
            {
                if (!names.TryGetValue(result.Task, out var task) || !hosts.TryGetValue(result.Host, out var host))
                {
                    continue;
                }

                Results[(task, host)] = result;
                Hosts.Add(host);
                if (Tasks.Add(task))
                {
                    TaskOrder.Add(task);
                }

                var span = spans.TryGetValue(task, out var known) ? known : (result.Start, result.End);
                spans[task] = (Math.Min(span.Item1, result.Start), Math.Max(span.Item2, result.End));
            }

            Elapsed = spans.ToDictionary(span => span.Key, span => (span.Value.End - span.Value.Start) / TimeSpan.TicksPerMillisecond, StringComparer.Ordinal);
        }

        public ComparedJobInfo Info { get; }

        public Dictionary<(string Task, string Host), OutlineResult> Results { get; } = [];

        public HashSet<string> Tasks { get; } = new(StringComparer.Ordinal);

        public List<string> TaskOrder { get; } = [];

        public HashSet<string> Hosts { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, long> Elapsed { get; }
    }
}
