using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using Osism.Contracts.Jobs;
using Osism.Daemon.Recording;

namespace Osism.Tests.Recording;

/// <summary>A job with a recording as the ingest leaves it: rows that point at lines of events, and the lines themselves in pieces that cut them anywhere.</summary>
internal sealed class RecordedRun
{
    /// <summary>Bytes of a stored piece.</summary>
    private const int Piece = 700;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly DateTimeOffset Begin = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly StringBuilder _events = new();
    private readonly List<(string Name, string Uuid)> _plays = [];
    private readonly List<TaskRow> _tasks = [];
    private readonly List<string> _hosts = [];
    private readonly List<ResultRow> _results = [];
    private DateTimeOffset _now = Begin;
    private int _seq;
    private long _bytes;

    public RecordedRun(string role = "nova")
    {
        Role = role;
        Event(new JsonObject { ["ev"] = "run_start", ["playbook"] = $"playbook-{role}.yml", ["check"] = false });
    }

    public Guid Job { get; } = Guid.CreateVersion7();

    public string Role { get; }

    /// <summary>The number that the database gave it.</summary>
    public long Playbook { get; private set; }

    public JobState State { get; init; } = JobState.Succeeded;

    public byte[] Output { get; init; } = [];

    /// <summary>When its first task began.</summary>
    public DateTimeOffset Start => Begin;

    public string Events => _events.ToString();

    /// <summary>The number of the nth result, from 1.</summary>
    public long Result(int number) => RecordingIds.Of(Playbook, number);

    public RecordedRun Play(string name)
    {
        var uuid = $"{Guid.NewGuid()}";
        _plays.Add((name, uuid));
        Event(new JsonObject { ["ev"] = "play_start", ["play"] = uuid, ["name"] = name, ["strategy"] = "linear", ["serial"] = false });
        return this;
    }

    public RecordedRun Task(string name, string? role = null, string action = "ansible.builtin.command", double pause = 0)
    {
        _now += TimeSpan.FromSeconds(pause);
        var uuid = $"{Guid.NewGuid()}";
        _tasks.Add(new TaskRow(_plays.Count, name, role, action, uuid, 10 + _tasks.Count, _now));
        Event(new JsonObject { ["ev"] = "task_start", ["task"] = uuid, ["play"] = _plays[^1].Uuid, ["name"] = name, ["action"] = action, ["path"] = $"/ansible/{role ?? "play"}.yml:{10 + _tasks.Count - 1}", ["role"] = role });
        return this;
    }

    /// <param name="status">As in events: ok, changed, failed, ignored, unreachable or skipped.</param>
    /// <param name="seconds">How long it took. Hosts of a task begin together.</param>
    public RecordedRun Host(string host, string status, string? msg = null, double seconds = 1, JsonObject? res = null, JsonNode? diff = null)
    {
        var place = _hosts.IndexOf(host);
        if (place < 0)
        {
            place = _hosts.Count;
            _hosts.Add(host);
        }

        res ??= [];
        if (msg is not null)
        {
            res["msg"] = msg;
        }

        var started = _tasks[^1].Started;
        var line = new JsonObject
        {
            ["ev"] = "host",
            ["h"] = host,
            ["task"] = _tasks[^1].Uuid,
            ["status"] = status,
            ["changed"] = status == "changed",
            ["ignored"] = status == "ignored",
            ["start"] = Seconds(started),
            ["dur_ms"] = (long)(seconds * 1000),
            ["res"] = res,
        };
        if (diff is not null)
        {
            line["diff"] = diff;
        }

        var ended = started + TimeSpan.FromSeconds(seconds);
        _now = ended > _now ? ended : _now;
        var (start, length) = Event(line);
        _results.Add(new ResultRow(_tasks.Count, place + 1, start, length, started, ended, status, msg));
        return this;
    }

    /// <summary>Stores it all, in the order in which runs are stored: playbooks have rising numbers.</summary>
    public async Task<RecordedRun> WriteAsync(NpgsqlDataSource database)
    {
        Event(new JsonObject { ["ev"] = "stats" });
        var token = TestContext.Current.CancellationToken;
        await using var connection = await database.OpenConnectionAsync(token);
        var events = Encoding.UTF8.GetBytes(Events);
        await ExecuteAsync(
            """
            insert into job (id, state, queue, kind, role, environment, request, submitted_by, submitted_at, started_at, ended_at, output_bytes, events_bytes)
            values ($1, $2, 'osism-ansible', 'ansible', $3, 'kolla', '{}', 'ada', $4, $4, $5, $6, $7)
            """,
            Job, (short)State, Role, Begin, _now, (long)Output.Length, (long)events.Length);
        foreach (var (stream, data) in new[] { ((short)0, Output), ((short)1, events) })
        {
            for (var at = 0; at < data.Length; at += Piece)
            {
                await ExecuteAsync(
                    "insert into job_output (job_id, stream, start, data) values ($1, $2, $3, $4)", Job, stream, (long)at, data[at..Math.Min(data.Length, at + Piece)]);
            }
        }

        await using (var command = new NpgsqlCommand(
            """
            insert into rec_playbook (job_id, stream, status, path, ansible_version, started, ended, created, updated, plays, tasks, results, hosts)
            values ($1, $1, 3, $2, '2.18.1', $3, $4, $3, $4, $5, $6, $7, $8) returning id
            """, connection))
        {
            Add(command, Job, $"/ansible/playbook-{Role}.yml", Begin, _now, _plays.Count, _tasks.Count, _results.Count, _hosts.Count);
            Playbook = (long)(await command.ExecuteScalarAsync(token))!;
        }

        for (var n = 1; n <= _plays.Count; n++)
        {
            await ExecuteAsync(
                "insert into rec_play (id, uuid, name, status, started, created, updated) values ($1, $2, $3, 3, $4, $4, $4)",
                RecordingIds.Of(Playbook, n), _plays[n - 1].Uuid, _plays[n - 1].Name, Begin);
        }

        for (var n = 1; n <= _tasks.Count; n++)
        {
            var task = _tasks[n - 1];
            await ExecuteAsync(
                "insert into rec_task (id, play, uuid, name, action, path, lineno, role, status, started, created, updated) values ($1, $2, $3, $4, $5, $6, $7, $8, 3, $9, $9, $9)",
                RecordingIds.Of(Playbook, n), RecordingIds.Of(Playbook, task.Play), task.Uuid, task.Name, task.Action, $"/ansible/{task.Role ?? "play"}.yml", task.Line,
                (object?)task.Role ?? DBNull.Value, task.Started);
        }

        for (var n = 1; n <= _hosts.Count; n++)
        {
            var mine = _results.Where(result => result.Host == n).ToLookup(result => result.Status, StringComparer.Ordinal);
            await ExecuteAsync(
                """
                insert into rec_host (id, playbook, name, ok, changed, failed, skipped, unreachable, ignored, created, updated)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
                """,
                RecordingIds.Of(Playbook, n), Playbook, _hosts[n - 1], mine["ok"].Count() + mine["changed"].Count() + mine["ignored"].Count(), mine["changed"].Count(),
                mine["failed"].Count(), mine["skipped"].Count(), mine["unreachable"].Count(), mine["ignored"].Count(), Begin);
        }

        for (var n = 1; n <= _results.Count; n++)
        {
            var row = _results[n - 1];
            await ExecuteAsync(
                """
                insert into rec_result (id, task, host, body_start, body_length, started, ended, status, is_changed, is_ignored, msg)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                """,
                RecordingIds.Of(Playbook, n), RecordingIds.Of(Playbook, row.Task), RecordingIds.Of(Playbook, row.Host), row.Start, row.Length, row.Started, row.Ended,
                (short)StatusOf(row.Status), row.Status == "changed", row.Status == "ignored", (object?)row.Msg ?? DBNull.Value);
        }

        return this;

        async Task ExecuteAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            Add(command, values);
            await command.ExecuteNonQueryAsync(token);
        }
    }

    private static ResultStatus StatusOf(string status) => status switch
    {
        "ok" or "changed" => ResultStatus.Ok,
        "failed" or "ignored" => ResultStatus.Failed,
        "skipped" => ResultStatus.Skipped,
        "unreachable" => ResultStatus.Unreachable,
        _ => ResultStatus.Unknown,
    };

    private static void Add(NpgsqlCommand command, params object[] values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(value == DBNull.Value ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlDbType.Text } : new NpgsqlParameter { Value = value });
        }
    }

    private (long Start, int Length) Event(JsonObject line)
    {
        var whole = new JsonObject { ["v"] = 1, ["seq"] = ++_seq, ["t"] = Seconds(_now) };
        foreach (var (name, value) in line.ToList())
        {
            line.Remove(name);
            whole[name] = value;
        }

        var text = whole.ToJsonString(Plain);
        var (start, length) = (_bytes, Encoding.UTF8.GetByteCount(text));
        _events.Append(text).Append('\n');
        _bytes += length + 1;
        return (start, length);
    }

    private static double Seconds(DateTimeOffset time) => double.Parse($"{time.ToUnixTimeMilliseconds() / 1000.0}", CultureInfo.InvariantCulture);

    private sealed record TaskRow(int Play, string Name, string? Role, string Action, string Uuid, int Line, DateTimeOffset Started);

    private sealed record ResultRow(int Task, int Host, long Start, int Length, DateTimeOffset Started, DateTimeOffset Ended, string Status, string? Msg);
}
