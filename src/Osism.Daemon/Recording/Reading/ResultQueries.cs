using Npgsql;
using NpgsqlTypes;
using Osism.Contracts;
using Osism.Contracts.Recording;
using Osism.Daemon.Platform;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Recording.Reading;

/// <summary>Lists of results: of one job in the order in which they came, of all jobs the newest first. Pages are keyed by the results' numbers.</summary>
internal sealed class ResultQueries(NpgsqlDataSource database, RecordedRuns recordings, BodyReader bodies, TimeProvider time)
{
    /// <summary>A page that has taken so long is given as it is: its cursor says how far it came.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    /// <summary>Results that are looked at in one step when no index narrows them.</summary>
    private const int StepResults = 50_000;

    /// <summary>The same where only those that went wrong are looked at, by their index.</summary>
    private const int StepBadResults = 2_000_000;

    private const int StepPlaybooks = 1000;
    private const int TextStep = 500;

    /// <summary>A page of one job's results, the first ones first.</summary>
    /// <exception cref="OsismException">There is no such job (<c>job.not_found</c>), or it has no such host (<c>host.unrecorded</c>).</exception>
    public async Task<Page<ResultInfo>> OfJobAsync(Guid job, ResultFilter filter, long? after, int limit, CancellationToken cancellationToken)
    {
        var runs = await recordings.OfJobAsync(job, cancellationToken);
        var hosts = filter.Hosts.Count > 0 ? await recordings.HostsAsync(runs, filter.Hosts, cancellationToken) : null;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var page = new PageInMaking(connection, filter, limit, bodies, time);
        foreach (var run in runs.Where(run => run.Last > (after ?? 0)))
        {
            if (!await page.AddAsync(Math.Max(run.First, after ?? 0), run.Last + 1, hosts, isAscending: true, cancellationToken))
            {
                break;
            }
        }

        return page.Done();
    }

    /// <summary>A page of the results of all jobs, the newest first.</summary>
    public async Task<Page<ResultInfo>> OfAllAsync(ResultFilter filter, long? before, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var page = new PageInMaking(connection, filter, limit, bodies, time);
        for (long? high = before ?? long.MaxValue; high is not null;)
        {
            var step = filter.Hosts.Count > 0
                ? await HostStepAsync(connection, filter, high.Value, cancellationToken)
                : await StepAsync(connection, filter, high.Value, cancellationToken);
            if (step is null || !await page.AddAsync(step.Low, high.Value, step.Hosts, isAscending: false, cancellationToken))
            {
                break;
            }

            // Below its first child: the next step begins with the playbook before it.
            high = step.Low;
        }

        return page.Done();
    }

    /// <summary>The next playbooks below a number, as many as one statement may look at.</summary>
    private static async Task<Step?> StepAsync(NpgsqlConnection connection, ResultFilter filter, long high, CancellationToken cancellationToken)
    {
        const string Sql = """
            select id, results from rec_playbook
            where id <= $1 and ($2::timestamptz is null or updated >= $2) and ($3::timestamptz is null or started < $3) order by id desc limit $4
            """;
        await using var command = new NpgsqlCommand(Sql, connection)
        {
            Parameters =
            {
                new() { Value = RecordingIds.PlaybookOf(high - 1) },
                new() { Value = (object?)filter.Since?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = (object?)filter.Until?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = StepPlaybooks },
            },
        };
        var most = filter.IsBadOnly ? StepBadResults : StepResults;
        var results = 0L;
        long? last = null;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (results < most && await reader.ReadAsync(cancellationToken))
        {
            last = reader.GetInt64(0);
            results += reader.GetInt32(1);
        }

        return last is { } playbook ? new Step(RecordingIds.RangeOf(playbook).First, null) : null;
    }

    /// <summary>The next playbook below a number that saw one of the hosts.</summary>
    private static async Task<Step?> HostStepAsync(NpgsqlConnection connection, ResultFilter filter, long high, CancellationToken cancellationToken)
    {
        // One name after the other: the index gives each in order, but not several together.
        const string Sql = """
            select max(newest.id) from unnest($1::text[]) as wanted (name)
            cross join lateral (select h.id from rec_host h where h.name = wanted.name and h.id < $2 order by h.id desc limit 1) newest
            """;
        // The cursor is the number of a result: those of the host in the same playbook may be larger.
        var limit = high == long.MaxValue ? high : RecordingIds.RangeOf(RecordingIds.PlaybookOf(high - 1)).Last + 1;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = filter.Hosts.ToArray() }, new() { Value = limit } } };
        if (await command.ExecuteScalarAsync(cancellationToken) is not long newest)
        {
            return null;
        }

        var playbook = RecordingIds.PlaybookOf(newest);
        await using var all = new NpgsqlCommand("select array_agg(id) from rec_host where playbook = $1 and name = any($2)", connection)
        {
            Parameters = { new() { Value = playbook }, new() { Value = filter.Hosts.ToArray() } },
        };
        return new Step(RecordingIds.RangeOf(playbook).First, await all.ExecuteScalarAsync(cancellationToken) as long[] ?? []);
    }

    /// <param name="Low">Results above this number.</param>
    /// <param name="Hosts">Of these hosts only; null = of all.</param>
    private sealed record Step(long Low, long[]? Hosts);

    private sealed class PageInMaking(NpgsqlConnection connection, ResultFilter filter, int limit, BodyReader bodies, TimeProvider time)
    {
        private readonly ResultRange _range = new(connection, filter);
        private readonly TextFilter? _text = filter.Text is { } text ? new TextFilter(bodies, text) : null;
        private readonly List<ResultInfo> _items = [];
        private readonly long _since = time.GetTimestamp();
        private long? _next;

        /// <summary>Takes what is between two numbers.</summary>
        /// <returns>False when the page is full or its time is over.</returns>
        public async Task<bool> AddAsync(long low, long high, long[]? hosts, bool isAscending, CancellationToken cancellationToken)
        {
            while (true)
            {
                // One more than fits says whether there is another page.
                var wanted = _text is null ? limit - _items.Count + 1 : TextStep;
                var rows = await _range.ReadAsync(low, high, hosts, isAscending, wanted, cancellationToken);
                var names = await ResultNames.OfAsync(connection, rows, cancellationToken);
                var kept = _text is null ? rows : await _text.KeepAsync(rows, names, cancellationToken);
                foreach (var row in kept)
                {
                    if (_items.Count == limit)
                    {
                        _next = _items[^1].Id;
                        return false;
                    }

                    _items.Add(names.Describe(row));
                }

                var seen = rows.Count > 0 ? rows[^1].Id : (long?)null;
                var isOver = rows.Count < wanted;
                if (time.GetElapsedTime(_since) > Budget)
                {
                    _next = isOver || seen is null ? isAscending ? high - 1 : low : seen;
                    return false;
                }

                if (isOver)
                {
                    return true;
                }

                (low, high) = isAscending ? (seen!.Value, high) : (low, seen!.Value);
            }
        }

        public Page<ResultInfo> Done() => new(_items, _next?.ToString());
    }
}
