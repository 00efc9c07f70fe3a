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
    private const int LongestWait = 3600;

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

    private static async Task<Results<Ok<ReconcileInfo>, Accepted<ReconcileInfo>>> ReconcileAsync(
        InventorySnapshots snapshots, ReconcileRuns runs, SealedFiles files, HttpContext context, CancellationToken cancellationToken, ReconcileInventory? request = null)
    {
        if (request?.Wait is < 0 or > LongestWait)
            throw new OsismException(ErrorCodes.RequestInvalid, $"wait is {request.Wait}: it must be 0 to {LongestWait}");
        var before = snapshots.InEffect;
        var state = await runs.RunAsync(Caller.Of(context), request?.Wait is { } seconds ? TimeSpan.FromSeconds(seconds) : null, cancellationToken);
        return state is null
            ? TypedResults.Accepted(ApiRoutes.InventoryRevisions, new ReconcileInfo { Revision = before, Status = RevisionInfos.Running })
            : TypedResults.Ok(RevisionInfos.Of(state, before, await files.FindAsync(state.Made.SecretFiles, cancellationToken)));
    }

    private static async Task<Ok<Page<InventoryRevisionInfo>>> ListAsync(
        int? limit, string? next, InventoryRevisions revisions, InventorySnapshots snapshots, SealedFiles files, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > MostAtOnce)
            throw new OsismException(ErrorCodes.RequestInvalid, $"limit must be 1 to {MostAtOnce}");
        long? before = next is null ? null : long.TryParse(next, out var number) ? number : throw new OsismException(ErrorCodes.RequestInvalid, "next is what the page before ended with");
        var most = limit ?? 100;
        var rows = await revisions.ListAsync(most + 1, before, cancellationToken);
        var head = await revisions.FindHeadAsync(snapshots.Origin, cancellationToken);
        var items = new List<InventoryRevisionInfo>();
        foreach (var row in rows.Take(most))
            items.Add(await DescribeAsync(row, head, snapshots, files, cancellationToken));
        if (before is null && RevisionInfos.OfBroken(head) is { } broken)
            items.Insert(0, broken);
        return TypedResults.Ok(new Page<InventoryRevisionInfo>(items, rows.Count > most ? $"{rows[most - 1].Revision}" : null));
    }

    private static async Task<Ok<InventoryRevisionInfo>> GetAsync(
        long revision, InventoryRevisions revisions, InventorySnapshots snapshots, SealedFiles files, CancellationToken cancellationToken) =>
        await revisions.FindAsync(revision, cancellationToken) is { } row
            ? TypedResults.Ok(await DescribeAsync(row, await revisions.FindHeadAsync(snapshots.Origin, cancellationToken), snapshots, files, cancellationToken))
            : throw new OsismException(ErrorCodes.FileMissing, $"there is no inventory revision {revision}");

    /// <summary>Of the one in effect here also what no password opens now.</summary>
    private static async Task<InventoryRevisionInfo> DescribeAsync(
        RevisionRow row, InventoryHead? head, InventorySnapshots snapshots, SealedFiles files, CancellationToken cancellationToken)
    {
        var info = RevisionInfos.Of(row, head);
        return snapshots.Last?.Snapshot is { } snapshot && snapshot.Revision == row.Revision
            ? info with { Findings = [.. info.Findings, .. RevisionInfos.Of(await files.FindAsync(snapshot.SecretFiles, cancellationToken))] }
            : info;
    }

    private static async Task<Ok<InventoryDiffInfo>> DiffAsync(long from, long to, RevisionDiff diff, CancellationToken cancellationToken) =>
        TypedResults.Ok(await diff.CompareAsync(from, to, cancellationToken));

    private static Task<Ok<ReconcileInfo>> RollbackAsync(long revision, InventorySnapshots snapshots, SealedFiles files, HttpContext context, CancellationToken cancellationToken) =>
        HoldAsync(revision, untilChange: true, snapshots, files, context, cancellationToken);

    private static Task<Ok<ReconcileInfo>> PinAsync(long revision, InventorySnapshots snapshots, SealedFiles files, HttpContext context, CancellationToken cancellationToken) =>
        HoldAsync(revision, untilChange: false, snapshots, files, context, cancellationToken);

    private static Task<Ok<ReconcileInfo>> ReleaseAsync(InventorySnapshots snapshots, SealedFiles files, HttpContext context, CancellationToken cancellationToken) =>
        HoldAsync(null, untilChange: false, snapshots, files, context, cancellationToken);

    private static async Task<Ok<ReconcileInfo>> HoldAsync(
        long? revision, bool untilChange, InventorySnapshots snapshots, SealedFiles files, HttpContext context, CancellationToken cancellationToken)
    {
        var before = snapshots.InEffect;
        var state = await snapshots.HoldAsync(revision, untilChange, Caller.Of(context), cancellationToken);
        return TypedResults.Ok(RevisionInfos.Of(state, before, await files.FindAsync(state.Made.SecretFiles, cancellationToken)));
    }
}
