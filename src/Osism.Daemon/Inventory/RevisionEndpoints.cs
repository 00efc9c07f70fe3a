using Microsoft.AspNetCore.Http.HttpResults;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Inventory;

/// <summary><c>/v1/inventory/revisions</c> and what makes new ones.</summary>
internal static class RevisionEndpoints
{
    private const int MostAtOnce = 1000;

    public static void MapRevisions(this IEndpointRouteBuilder app)
    {
        app.MapPost(ApiRoutes.InventoryReconcile, ReconcileAsync).WithTags("inventory").WithSummary("Looks at the sources now and publishes what became of them");
        app.MapDelete(ApiRoutes.InventoryPin, ReleaseAsync).WithTags("inventory").WithSummary("Takes a pin or a rollback off");
        var revisions = app.MapGroup(ApiRoutes.InventoryRevisions).WithTags("inventory");
        revisions.MapGet("", ListAsync).WithSummary("Published states of the inventory, the newest first");
        revisions.MapGet("/{revision:long}", GetAsync).WithSummary("One of them");
        revisions.MapGet("/{from:long}/diff/{to:long}", DiffAsync).WithSummary("What differs between two of them");
        revisions.MapPost("/{revision:long}/rollback", RollbackAsync).WithSummary("Puts one into effect until the sources change");
        revisions.MapPost("/{revision:long}/pin", PinAsync).WithSummary("Puts one into effect until the pin is taken off");
    }

    private static async Task<Ok<ReconcileInfo>> ReconcileAsync(InventorySnapshots snapshots, HttpContext context, CancellationToken cancellationToken)
    {
        var before = snapshots.InEffect;
        return TypedResults.Ok(RevisionInfos.Of(await snapshots.LookAsync(Caller.Of(context), cancellationToken), before));
    }

    private static async Task<Ok<Page<InventoryRevisionInfo>>> ListAsync(
        int? limit, string? next, InventoryRevisions revisions, InventorySnapshots snapshots, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > MostAtOnce)
            throw new OsismException(ErrorCodes.RequestInvalid, $"limit must be 1 to {MostAtOnce}");
        long? before = next is null ? null : long.TryParse(next, out var number) ? number : throw new OsismException(ErrorCodes.RequestInvalid, "next is what the page before ended with");
        var most = limit ?? 100;
        var rows = await revisions.ListAsync(most + 1, before, cancellationToken);
        var head = await revisions.FindHeadAsync(snapshots.Origin, cancellationToken);
        var items = rows.Take(most).Select(row => RevisionInfos.Of(row, head)).ToList();
        if (before is null && RevisionInfos.OfBroken(head) is { } broken)
            items.Insert(0, broken);
        return TypedResults.Ok(new Page<InventoryRevisionInfo>(items, rows.Count > most ? $"{rows[most - 1].Revision}" : null));
    }

    private static async Task<Ok<InventoryRevisionInfo>> GetAsync(
        long revision, InventoryRevisions revisions, InventorySnapshots snapshots, CancellationToken cancellationToken) =>
        await revisions.FindAsync(revision, cancellationToken) is { } row
            ? TypedResults.Ok(RevisionInfos.Of(row, await revisions.FindHeadAsync(snapshots.Origin, cancellationToken)))
            : throw new OsismException(ErrorCodes.FileMissing, $"there is no inventory revision {revision}");

    private static async Task<Ok<InventoryDiffInfo>> DiffAsync(long from, long to, RevisionDiff diff, CancellationToken cancellationToken) =>
        TypedResults.Ok(await diff.CompareAsync(from, to, cancellationToken));

    private static Task<Ok<ReconcileInfo>> RollbackAsync(long revision, InventorySnapshots snapshots, HttpContext context, CancellationToken cancellationToken) =>
        HoldAsync(revision, untilChange: true, snapshots, context, cancellationToken);

    private static Task<Ok<ReconcileInfo>> PinAsync(long revision, InventorySnapshots snapshots, HttpContext context, CancellationToken cancellationToken) =>
        HoldAsync(revision, untilChange: false, snapshots, context, cancellationToken);

    private static Task<Ok<ReconcileInfo>> ReleaseAsync(InventorySnapshots snapshots, HttpContext context, CancellationToken cancellationToken) =>
        HoldAsync(null, untilChange: false, snapshots, context, cancellationToken);

    private static async Task<Ok<ReconcileInfo>> HoldAsync(long? revision, bool untilChange, InventorySnapshots snapshots, HttpContext context, CancellationToken cancellationToken)
    {
        var before = snapshots.InEffect;
        return TypedResults.Ok(RevisionInfos.Of(await snapshots.HoldAsync(revision, untilChange, Caller.Of(context), cancellationToken), before));
    }
}
