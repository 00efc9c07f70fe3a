using Microsoft.AspNetCore.Http.HttpResults;
using Osism.Contracts;
using Osism.Contracts.Locks;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Locks;

/// <summary><c>/v1/locks</c>: what keeps jobs from starting.</summary>
internal static class LockEndpoints
{
    public static void MapLocks(this IEndpointRouteBuilder app)
    {
        var locks = app.MapGroup(ApiRoutes.Locks).WithTags("locks");
        locks.MapGet("/", ListAsync).WithSummary("All locks: of operators, of the repository, of jobs");
        locks.MapPost("/", PlaceAsync).WithSummary("Lock everything, an environment, a role or hosts");
        locks.MapDelete("/", ReleaseAsync).WithSummary("Take the lock of a scope away");
        locks.MapDelete("/{id:guid}", ReleaseOneAsync).WithSummary("Take one lock away");
    }

    private static async Task<Ok<Page<LockInfo>>> ListAsync(
        LockDesk desk, CancellationToken cancellationToken, string? environment = null, string? role = null, string? hosts = null) =>
        TypedResults.Ok(new Page<LockInfo>(await desk.ListAsync(environment, role, hosts, cancellationToken), null));

    private static async Task<Created<LockInfo>> PlaceAsync(PlaceLock request, HttpContext context, LockDesk desk, CancellationToken cancellationToken)
    {
        var placed = await desk.PlaceAsync(request, Caller.Of(context), cancellationToken);
        return TypedResults.Created($"{ApiRoutes.Locks}/{placed.Id}", placed);
    }

    private static async Task<Ok<ReleasedLocks>> ReleaseAsync(
        HttpContext context, LockDesk desk, CancellationToken cancellationToken,
        string? environment = null, string? role = null, string? hosts = null, bool force = false) =>
        TypedResults.Ok(await desk.ReleaseAsync(environment, role, hosts, Caller.Of(context), force, cancellationToken));

    private static async Task<Ok<ReleasedLocks>> ReleaseOneAsync(
        Guid id, HttpContext context, LockDesk desk, CancellationToken cancellationToken, bool force = false) =>
        TypedResults.Ok(await desk.ReleaseAsync(id, Caller.Of(context), force, cancellationToken));
}
