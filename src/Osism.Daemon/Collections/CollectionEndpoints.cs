using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Collections;

/// <summary><c>/v1/collections</c>: the graphs there are, and their runs.</summary>
internal static class CollectionEndpoints
{
    private const int DefaultLimit = 20;
    private const int LargestLimit = 200;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    public static void MapCollections(this IEndpointRouteBuilder app)
    {
        var collections = app.MapGroup(ApiRoutes.Collections).WithTags("collections");
        collections.MapGet("/", List).WithSummary("Collections there are");
        collections.MapGet("/{name}", Get).WithSummary("One collection: its graph");
        collections.MapPost("/runs", SubmitAsync).WithSummary("Run a collection, or a chain of roles and collections, as one graph").WithMetadata(SubmissionKey.Header);
        collections.MapGet("/runs", ListRunsAsync).WithSummary("Runs, newest first");
        collections.MapGet("/runs/{id:guid}", GetRunAsync).WithSummary("One run; with since=VERSION and wait=SECONDS answers when something changed");
        collections.MapPost("/runs/{id:guid}/cancel", CancelAsync).WithSummary("End what lives of a run");
        collections.MapPost("/runs/{id:guid}/resume", ResumeAsync).WithSummary("Go on with a stopped run where it stopped");
    }

    private static Ok<Page<CollectionInfo>> List(CollectionDescriptions descriptions) =>
        TypedResults.Ok(new Page<CollectionInfo>(descriptions.List(), null));

    private static Ok<CollectionInfo> Get(string name, CollectionDescriptions descriptions) => TypedResults.Ok(descriptions.Get(name));

    private static async Task<Created<CollectionRunInfo>> SubmitAsync(
        SubmitChain request, HttpContext context, CollectionRuns runs, CancellationToken cancellationToken)
    {
        if (request.Jobs is null || request.Jobs.Any(job => job is null))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, "jobs is missing");
        }

        var run = await runs.SubmitAsync(request.Jobs, Caller.Of(context), SubmissionKey.Of(context, request), cancellationToken);
        return TypedResults.Created(ApiRoutes.CollectionRun(run.Id), run);
    }

    private static async Task<Ok<Page<CollectionRunInfo>>> ListRunsAsync(
        CollectionRunStore store, CancellationToken cancellationToken, string? name = null, int limit = DefaultLimit,
        [FromQuery(Name = ApiRoutes.CursorParameter)] string? cursor = null)
    {
        if (limit is < 1 or > LargestLimit)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"limit is {limit}: it must be 1 to {LargestLimit}");
        }

        long? before = cursor is null ? null
            : long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq
            : throw new OsismException(ErrorCodes.RequestInvalid, $"{ApiRoutes.CursorParameter} is not the next of a page of this list");
        var (runs, next) = await store.ListAsync(name, before, limit, cancellationToken);
        return TypedResults.Ok(new Page<CollectionRunInfo>(runs, next?.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task<Ok<CollectionRunInfo>> GetRunAsync(
        Guid id, CollectionRuns runs, JobSignals signals, TimeProvider time, CancellationToken cancellationToken, string? since = null, double wait = 0)
    {
        var patience = LongPoll.Patience(wait);
        using var watch = signals.WatchJob(id);
        var began = time.GetTimestamp();
        while (true)
        {
            var changed = watch.Next;
            var run = await runs.GetAsync(id, cancellationToken);
            var left = patience - time.GetElapsedTime(began);
            if (run.Version != since || CollectionRunStates.IsEnd(run.State) || left <= TimeSpan.Zero)
            {
                return TypedResults.Ok(run);
            }

            await Task.WhenAny(changed, Task.Delay(left < Poll ? left : Poll, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task<Accepted<CollectionRunInfo>> CancelAsync(Guid id, HttpContext context, CollectionRuns runs, CancellationToken cancellationToken) =>
        TypedResults.Accepted(ApiRoutes.CollectionRun(id), await runs.CancelAsync(id, Caller.Of(context), cancellationToken));

    private static async Task<Accepted<CollectionRunInfo>> ResumeAsync(Guid id, HttpContext context, CollectionRuns runs, CancellationToken cancellationToken) =>
        TypedResults.Accepted(ApiRoutes.CollectionRun(id), await runs.ResumeAsync(id, Caller.Of(context), cancellationToken));
}
