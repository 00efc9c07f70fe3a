using System.Runtime.InteropServices;
using Npgsql;

namespace Osism.Daemon.Recording.Reading.Overview;

/// <summary>A whole job in memory, thin: for what needs all its results at once, such as its matrix.</summary>
internal sealed class JobOutline
{
    private JobOutline(IReadOnlyList<RecordedRun> runs) => Runs = runs;

    public IReadOnlyList<RecordedRun> Runs { get; }

    public Dictionary<long, string> Plays { get; } = [];

    /// <summary>In the order in which they began.</summary>
    public List<OutlineTask> Tasks { get; } = [];

    /// <summary>In the order in which they were first seen.</summary>
    public List<(long Id, string Name)> Hosts { get; } = [];

    /// <summary>In the order in which they came.</summary>
    public List<OutlineResult> Results { get; } = [];

    public static async Task<JobOutline> ReadAsync(NpgsqlConnection connection, IReadOnlyList<RecordedRun> runs, CancellationToken cancellationToken)
    {
        var outline = new JobOutline(runs);
        foreach (var run in runs)
        {
            await outline.AddAsync(connection, run, cancellationToken);
        }

        return outline;
    }

    /// <summary>From the beginning of the first playbook to the end of the last, as far as results tell when that has none yet.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            if (Runs.Count == 0)
            {
                return TimeSpan.Zero;
            }

            var end = Runs.Max(run => run.Ended ?? DateTimeOffset.MinValue);
            if (Runs.Any(run => run.Ended is null) && Results.Count > 0)
            {
                var last = new DateTimeOffset(Results.Max(result => result.End), TimeSpan.Zero);
                end = last > end ? last : end;
            }

            var elapsed = end - Runs.Min(run => run.Started);
            return elapsed > TimeSpan.Zero ? elapsed : TimeSpan.Zero;
        }
    }

    private async Task AddAsync(NpgsqlConnection connection, RecordedRun run, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Of("select id, name from rec_play where id between $1 and $2", run),
                Of("select id, name, role, play from rec_task where id between $1 and $2 order by id", run),
                Of("select id, name from rec_host where id between $1 and $2 order by id", run),
                Of("select id, task, host, status, is_changed, is_ignored, started, ended from rec_result where id between $1 and $2 order by id", run),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            Plays[reader.GetInt64(0)] = reader.GetString(1);
        }

        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            Tasks.Add(new OutlineTask(reader.GetInt64(0), reader.GetString(1), reader.Text(2), reader.GetInt64(3), Plays.GetValueOrDefault(reader.GetInt64(3)) ?? ""));
        }

        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            Hosts.Add((reader.GetInt64(0), reader.GetString(1)));
        }

        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var started = reader.GetDateTime(6).Ticks;
            var ended = reader.IsDBNull(7) ? started : reader.GetDateTime(7).Ticks;
            Results.Add(new OutlineResult(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt16(3), reader.GetBoolean(4), reader.GetBoolean(5), started, Math.Max(started, ended)));
        }
    }

    private static NpgsqlBatchCommand Of(string sql, RecordedRun run) => new(sql) { Parameters = { new() { Value = run.First }, new() { Value = run.Last } } };
}

/// <param name="PlayName">Of the play.</param>
internal sealed record OutlineTask(long Id, string Name, string? Role, long Play, string PlayName);

/// <param name="Start">Ticks, UTC.</param>
/// <param name="End">Ticks, UTC; never before the start, although clocks jump.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct OutlineResult(long Id, long Task, long Host, short Status, bool IsChanged, bool IsIgnored, long Start, long End)
{
    public string Shown => ShownStatus.Of(Status, IsChanged, IsIgnored);

    public long Milliseconds => (End - Start) / TimeSpan.TicksPerMillisecond;
}
