using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Recording;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;
using Osism.Daemon.Recording.Reading.Diffs;
using Osism.Daemon.Recording.Reading.Export;
using Osism.Daemon.Recording.Reading.Overview;
using Osism.Daemon.Recording.Reading.Search;

namespace Osism.Daemon.Recording.Reading;

/// <summary>Reading what was recorded: results of a job and of all, in full, as a matrix, by time, compared, exported, searched.</summary>
internal static class ReadingEndpoints
{
    private const int DefaultLimit = 100;
    private const int LargestLimit = 1000;
    private const int LargestMatrix = 100_000;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void MapReading(this IEndpointRouteBuilder app)
    {
        var job = app.MapGroup($"{ApiRoutes.Jobs}/{{id:guid}}").WithTags("results");
        job.MapGet("/results", OfJobAsync).WithSummary("What a job did, in the order in which it came");
        job.MapGet("/results/hosts", HostsAsync).WithSummary("What became of each host, with its first failure");
        job.MapGet("/results/matrix", MatrixAsync).WithSummary("Hosts by tasks");
        job.MapGet("/results/timing", TimingAsync).WithSummary("Where the time went");
        job.MapGet("/results/diffs", DiffsAsync).WithSummary("What changed in files, as unified diffs");
        job.MapGet("/results/compare", CompareAsync).WithSummary("What differs from an earlier job");
        job.MapGet("/results/export", ExportAsync).WithSummary("All results in one answer: ndjson, text or junit").Produces<string>(contentType: "application/x-ndjson");
        job.MapGet("/events/stream", EventsAsync).WithSummary("Events as server-sent events; the event id is the offset to go on from").Produces<string>(contentType: "text/event-stream")
            .WithMetadata(new HeaderNote("Last-Event-ID", "Where a follower that comes back was: goes before offset"));
        var results = app.MapGroup(ApiRoutes.Results).WithTags("results");
        results.MapGet("/", OfAllAsync).WithSummary("What all jobs did, newest first");
        results.MapGet("/{id:long}", FindAsync).WithSummary("One result in full");
        results.MapGet("/hosts/{host}", OfHostAsync).WithSummary("Runs that touched a host, newest first");
        app.MapGet(ApiRoutes.Search, SearchAsync).WithTags("results").WithSummary("Find a text in output and results, newest job first");
    }

    private static async Task<Ok<Page<ResultInfo>>> OfJobAsync(
        Guid id, ResultQueries queries, CancellationToken cancellationToken, string[]? host = null, string[]? status = null, string? task = null, string? role = null,
        bool? changed = null, string? text = null, int limit = DefaultLimit, [FromQuery(Name = ApiRoutes.CursorParameter)] string? cursor = null) =>
        TypedResults.Ok(await queries.OfJobAsync(
            id, Filter(host, status, task, role, changed, text), Cursor(cursor), Limit(limit, LargestLimit), cancellationToken));

    private static async Task<Ok<Page<ResultInfo>>> OfAllAsync(
        ResultQueries queries, CancellationToken cancellationToken, Guid? job = null, string[]? host = null, string[]? status = null, string? task = null,
        string? role = null, bool? changed = null, string? text = null, DateTimeOffset? since = null, DateTimeOffset? until = null, int limit = DefaultLimit,
        [FromQuery(Name = ApiRoutes.CursorParameter)] string? cursor = null)
    {
        var filter = Filter(host, status, task, role, changed, text) with { Since = since, Until = until };
        var most = Limit(limit, LargestLimit);
        return TypedResults.Ok(job is { } only
            ? await queries.OfJobAsync(only, filter, Cursor(cursor), most, cancellationToken)
            : await queries.OfAllAsync(filter, Cursor(cursor), most, cancellationToken));
    }

    private static async Task<Ok<ResultDetailInfo>> FindAsync(long id, ResultDetails details, CancellationToken cancellationToken) =>
        TypedResults.Ok(await details.FindAsync(id, cancellationToken));

    private static async Task<Ok<Page<RecordedHostInfo>>> HostsAsync(Guid id, HostQueries hosts, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<RecordedHostInfo>(await hosts.OfJobAsync(id, cancellationToken), null));

    private static async Task<Ok<Page<HostRunInfo>>> OfHostAsync(
        string host, HostQueries hosts, CancellationToken cancellationToken, int limit = DefaultLimit,
        [FromQuery(Name = ApiRoutes.CursorParameter)] string? cursor = null) =>
        TypedResults.Ok(await hosts.OfHostAsync(host, Cursor(cursor), Limit(limit, LargestLimit), cancellationToken));

    private static async Task<Ok<MatrixInfo>> MatrixAsync(
        Guid id, OverviewQueries overview, CancellationToken cancellationToken, string[]? host = null, int limit = LargestMatrix) =>
        TypedResults.Ok(await overview.MatrixAsync(id, host ?? [], Limit(limit, LargestMatrix), cancellationToken));

    private static async Task<Ok<TimingInfo>> TimingAsync(Guid id, OverviewQueries overview, CancellationToken cancellationToken) =>
        TypedResults.Ok(await overview.TimingAsync(id, cancellationToken));

    private static async Task<Ok<Page<FileDiffInfo>>> DiffsAsync(
        Guid id, DiffQueries diffs, CancellationToken cancellationToken, string[]? host = null, string? file = null, int limit = DefaultLimit,
        [FromQuery(Name = ApiRoutes.CursorParameter)] string? cursor = null) =>
        TypedResults.Ok(await diffs.OfJobAsync(id, host ?? [], file, Cursor(cursor), Limit(limit, LargestLimit), cancellationToken));

    private static async Task<Ok<Contracts.Recording.CompareInfo>> CompareAsync(
        Guid id, Guid with, JobComparison comparison, CancellationToken cancellationToken, int limit = LargestLimit) =>
        TypedResults.Ok(await comparison.CompareAsync(with, id, Limit(limit, LargestLimit), cancellationToken));

    private static async Task ExportAsync(Guid id, HttpContext context, ResultExport export, CancellationToken cancellationToken, string format = "ndjson")
    {
        if (!ResultExport.Formats.TryGetValue(format, out var type))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"there is no format '{format}': use {string.Join(", ", ResultExport.Formats.Keys)}");
        }

        // Before the first byte: a job that is not there must still become a problem.
        var runs = await export.RunsAsync(id, cancellationToken);
        context.Response.ContentType = type;
        await export.WriteAsync(context.Response.Body, id, runs, format, cancellationToken);
    }

    private static async Task EventsAsync(Guid id, HttpContext context, EventFollowing events, CancellationToken cancellationToken, long offset = 0)
    {
        if (long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
        {
            offset = last;
        }

        if (offset < 0)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"offset is {offset}: it must not be negative");
        }

        await events.LookAsync(id, cancellationToken);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await foreach (var line in events.LinesAsync(id, offset, Heartbeat, cancellationToken))
        {
            await WriteAsync(context.Response, line, cancellationToken);
        }
    }

    private static async Task WriteAsync(HttpResponse response, EventLine line, CancellationToken cancellationToken)
    {
        if (line.Line.Length > 0)
        {
            byte[] whole = [.. System.Text.Encoding.ASCII.GetBytes($"event: event\nid: {line.Next}\ndata: "), .. line.Line, .. "\n\n"u8];
            await response.Body.WriteAsync(whole, cancellationToken);
            return;
        }

        await response.WriteAsync(
            line.End is { } state ? $"event: end\nid: {line.Next}\ndata: {{\"state\":\"{state.ToWireName()}\"}}\n\n" : ": alive\n\n", cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    private static async Task<Ok<SearchPage>> SearchAsync(
        TextSearch search, CancellationToken cancellationToken, string? q = null, Guid? job = null, [FromQuery(Name = "in")] string? place = null,
        bool ignore_case = false, int limit = DefaultLimit, [FromQuery(Name = ApiRoutes.CursorParameter)] string? cursor = null)
    {
        if (string.IsNullOrEmpty(q) || System.Text.Encoding.UTF8.GetByteCount(q) > Needle.Longest || q.Contains('\n', StringComparison.Ordinal))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"q must be a text of one line, 1 to {Needle.Longest} bytes");
        }

        var (output, events) = place switch
        {
            null or "all" => (true, true),
            "output" => (true, false),
            "results" => (false, true),
            _ => throw new OsismException(ErrorCodes.RequestInvalid, $"in is '{place}': use all, output or results"),
        };
        var query = new SearchQuery(q, ignore_case, job, output, events, Limit(limit, LargestLimit));
        return TypedResults.Ok(await search.FindAsync(query, cursor is null ? null : SearchCursor.Parse(cursor), cancellationToken));
    }

    private static ResultFilter Filter(string[]? host, string[]? status, string? task, string? role, bool? changed, string? text)
    {
        string[] statuses = [.. (status ?? []).SelectMany(one => one.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        foreach (var one in statuses)
        {
            // Says which there are.
            _ = ShownStatus.Condition(one);
        }

        return text is { Length: 0 or > Needle.Longest }
            ? throw new OsismException(ErrorCodes.RequestInvalid, $"text must have 1 to {Needle.Longest} characters")
            : new ResultFilter { Hosts = host ?? [], Statuses = statuses, Task = task, Role = role, Changed = changed, Text = text };
    }

    private static int Limit(int limit, int largest) => limit >= 1 && limit <= largest
        ? limit
        : throw new OsismException(ErrorCodes.RequestInvalid, $"limit is {limit}: it must be 1 to {largest}");

    private static long? Cursor(string? cursor) => cursor is null ? null
        : long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
        : throw new OsismException(ErrorCodes.RequestInvalid, $"{ApiRoutes.CursorParameter} is not the next of a page of this list");
}
