using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Recording;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Recording.Reading.Search;

/// <summary>Finds a text in the output and the results of jobs, the newest job first. One request takes a bounded time and says how far it came.</summary>
internal sealed class TextSearch(NpgsqlDataSource database, TimeProvider time)
{
    public static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    private const int StepJobs = 100;

    /// <exception cref="OsismException">There is no such job (<c>job.not_found</c>).</exception>
    public async Task<SearchPage> FindAsync(SearchQuery query, SearchCursor? cursor, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var plain = Needle.Of(query.Text, query.IgnoreCase);
        var scans = new[] { new StreamScan(connection, [plain]), new StreamScan(connection, [plain, .. Needle.InJson(query.Text, query.IgnoreCase)]) };
        var hits = new List<SearchHitInfo>();
        var (jobs, reached) = (0, (DateTimeOffset?)null);
        var from = query.Job ?? cursor?.Job;
        while (true)
        {
            var step = await JobsAsync(connection, query.Job is not null, from, cancellationToken);
            if (query.Job is { } only && step.Count == 0)
            {
                throw new OsismException(ErrorCodes.JobNotFound, $"there is no job {only}");
            }

            foreach (var job in step)
            {
                reached = job.SubmittedAt;
                var start = cursor?.Job == job.Id ? cursor : null;
                foreach (var stream in query.Streams.Where(stream => stream >= (start?.Stream ?? 0)))
                {
                    var place = start?.Stream == stream ? start.Place : ScanPlace.Beginning;
                    var (matches, next) = await scans[stream].RunAsync(
                        job.Id, stream, place, query.Limit - hits.Count, () => time.GetElapsedTime(since) < Budget, cancellationToken);
                    hits.AddRange(await HitContext.DescribeAsync(connection, job, stream, matches, query, cancellationToken));
                    if (next is { } later)
                    {
                        return Page(new SearchCursor(job.Id, stream, later));
                    }
                }

                jobs++;
            }

            if (step.Count < StepJobs || query.Job is not null)
            {
                return Page(null);
            }

            // The last one was searched: at its end its next search finds nothing and goes on to the one before it.
            from = step[^1].Id;
            cursor = new SearchCursor(from, (short)(query.Events ? 1 : 0), new ScanPlace(long.MaxValue / 2, 1, IsMatched: false));
            if (time.GetElapsedTime(since) > Budget)
            {
                return Page(cursor);
            }
        }

        SearchPage Page(SearchCursor? next) => new(hits, next?.ToString(), jobs, scans[0].Bytes + scans[1].Bytes, reached);
    }

    /// <summary>The ids of jobs sort by the time of submission.</summary>
    private static async Task<List<SearchedJob>> JobsAsync(NpgsqlConnection connection, bool isOnly, Guid? from, CancellationToken cancellationToken)
    {
        var where = from is null ? "true" : isOnly ? "id = $2" : "id <= $2";
        await using var command = new NpgsqlCommand($"select id, role, submitted_at from job where {where} order by id desc limit $1", connection)
        {
            Parameters = { new() { Value = StepJobs } },
        };
        if (from is { } id)
        {
            command.Parameters.Add(new() { Value = id });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<SearchedJob>();
        while (await reader.ReadAsync(cancellationToken))
        {
            jobs.Add(new SearchedJob(reader.GetGuid(0), reader.Text(1), reader.GetFieldValue<DateTimeOffset>(2)));
        }

        return jobs;
    }
}

/// <summary>A job that is searched.</summary>
internal sealed record SearchedJob(Guid Id, string? Role, DateTimeOffset SubmittedAt);
