using Npgsql;
using NpgsqlTypes;
using Osism.Contracts.Recording;

namespace Osism.Daemon.Recording.Reading;

/// <summary>The words that belong to rows: jobs, plays, tasks, hosts. Looked up for a page, after it was found.</summary>
internal sealed class ResultNames
{
    private readonly Dictionary<long, TaskName> _tasks = [];
    private readonly Dictionary<long, string> _hosts = [];
    private readonly Dictionary<long, PlaybookName> _playbooks = [];

    private ResultNames()
    {
    }

    public static async Task<ResultNames> OfAsync(NpgsqlConnection connection, IReadOnlyCollection<ResultRow> rows, CancellationToken cancellationToken)
    {
        var names = new ResultNames();
        if (rows.Count == 0)
        {
            return names;
        }

        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Of(
                    """
                    select t.id, t.name, t.role, t.action, t.path, t.lineno, t.play, coalesce(p.name, '')
                    from rec_task t left join rec_play p on p.id = t.play where t.id = any($1)
                    """,
                    rows.Select(row => row.Task)),
                Of("select id, name from rec_host where id = any($1)", rows.Select(row => row.Host)),
                Of("select id, job_id, stream from rec_playbook where id = any($1)", rows.Select(row => row.Playbook)),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            names._tasks[reader.GetInt64(0)] = new TaskName(
                reader.GetString(1), reader.Text(2), reader.GetString(3), reader.GetString(4), reader.GetInt32(5), reader.GetInt64(6), reader.GetString(7));
        }

        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            names._hosts[reader.GetInt64(0)] = reader.GetString(1);
        }

        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            names._playbooks[reader.GetInt64(0)] = new PlaybookName(reader.Id(1), reader.GetGuid(2));
        }

        return names;
    }

    public string Task(ResultRow row) => _tasks.TryGetValue(row.Task, out var task) ? task.Name : "";

    public string Play(ResultRow row) => _tasks.TryGetValue(row.Task, out var task) ? task.PlayName : "";

    public string Host(ResultRow row) => _hosts.GetValueOrDefault(row.Host) ?? "";

    /// <summary>Where its body lies.</summary>
    public Bodies.BodyPlace Body(ResultRow row) =>
        _playbooks.TryGetValue(row.Playbook, out var playbook) ? new(playbook.Stream, row.BodyStart, row.BodyLength) : new(Guid.Empty, 0, 0);

    public ResultInfo Describe(ResultRow row)
    {
        // A row whose task is just being deleted is still shown.
        var task = _tasks.GetValueOrDefault(row.Task) ?? new TaskName("", null, "", "", 0, 0, "");
        return new ResultInfo
        {
            Id = row.Id,
            Job = _playbooks.GetValueOrDefault(row.Playbook)?.Job,
            Play = task.PlayName,
            Task = task.Name,
            Host = Host(row),
            Status = row.Shown,
            Changed = row.IsChanged,
            Ignored = row.IsIgnored,
            StartedAt = row.Started,
            DurationMs = row.DurationMs,
            Msg = row.Msg,
            Role = task.Role,
            Action = task.Action,
            Path = task.Path.Length == 0 ? "" : $"{task.Path}:{task.Line}",
            Items = row.Items,
            Retries = row.Retries,
            Playbook = row.Playbook,
            PlayId = task.Play,
            TaskId = row.Task,
            HostId = row.Host,
        };
    }

    private static NpgsqlBatchCommand Of(string sql, IEnumerable<long> ids) => new(sql)
    {
        Parameters = { new() { Value = ids.Distinct().ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint } },
    };

    private sealed record TaskName(string Name, string? Role, string Action, string Path, int Line, long Play, string PlayName);

    private sealed record PlaybookName(Guid? Job, Guid Stream);
}
