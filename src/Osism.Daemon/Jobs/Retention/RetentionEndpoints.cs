using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Jobs.Retention;

/// <summary><c>/v1/jobs/{id}/pin</c> and <c>/v1/jobs/prune</c>.</summary>
internal static class RetentionEndpoints
{
    public static void MapRetention(this IEndpointRouteBuilder app)
    {
        var jobs = app.MapGroup(ApiRoutes.Jobs).WithTags("jobs");
        jobs.MapPost("/{id:guid}/pin", PinAsync).WithSummary("Keep a job whatever its age");
        jobs.MapDelete("/{id:guid}/pin", UnpinAsync).WithSummary("Keep a job no longer than others");
        jobs.MapPost("/prune", PruneAsync).WithSummary("Delete ended jobs that are too old or too many, or say which");
    }

    private static async Task<NoContent> PinAsync(Guid id, HttpContext context, RetentionStore store, CancellationToken cancellationToken)
    {
        await store.PinAsync(id, pinned: true, Caller.Of(context), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> UnpinAsync(Guid id, HttpContext context, RetentionStore store, CancellationToken cancellationToken)
    {
        await store.PinAsync(id, pinned: false, Caller.Of(context), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<PruneInfo>> PruneAsync(
        PruneJobs prune, RetentionStore store, RetentionSweep sweep, IOptions<RetentionOptions> options, CancellationToken cancellationToken) =>
        TypedResults.Ok(prune.DryRun ? await store.PreviewAsync(options.Value, cancellationToken) : await sweep.SweepAsync(cancellationToken));
}
