using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Inventory;

namespace Osism.Daemon.Inventory;

/// <summary>Revisions and findings in their form for the wire.</summary>
internal static class RevisionInfos
{
    /// <summary>Status of a look that has not ended.</summary>
    public const string Running = "running";

    public static List<InventoryFindingInfo> Of(IEnumerable<ReconcileFinding> findings) =>
        [.. findings.Select(one => new InventoryFindingInfo(
            one.Finding.File, one.Finding.Line > 0 ? one.Finding.Line : null, one.Finding.Code, one.Finding.Message, one.IsBroken ? "error" : "warning"))];

    /// <param name="closed">Files that no password opens.</param>
    public static ReconcileInfo Of(InventoryState state, long? before, IReadOnlyList<ReconcileFinding> closed) => new()
    {
        Revision = state.Snapshot?.Revision,
        Status = StatusOf(state),
        Changed = state.Snapshot?.Revision != before,
        DurationMs = state.DurationMs,
        Hosts = state.Made.Hosts,
        Groups = state.Made.Groups,
        Findings = Of(state.Made.Findings.Concat(closed)),
    };

    public static InventoryRevisionInfo Of(RevisionRow row, InventoryHead? head) => new()
    {
        Revision = row.Revision,
        Commit = row.Commit,
        Dirty = row.Dirty,
        Cause = row.Cause,
        CreatedAt = row.CreatedAt,
        DurationMs = row.DurationMs,
        Hosts = row.Hosts,
        Groups = row.Groups,
        Status = row.Revision == head?.Held ? HeldAs(head) : head is { Held: null } && row.Revision == head.Published ? "current" : "published",
        Findings = Parse(row.Findings),
    };

    /// <summary>The sources of now when they cannot be published; null when they can.</summary>
    public static InventoryRevisionInfo? OfBroken(InventoryHead? head) =>
        head is null || Parse(head.Faults) is not { Count: > 0 } faults ? null : new InventoryRevisionInfo
        {
            Cause = head.Cause ?? "",
            CreatedAt = head.CheckedAt,
            DurationMs = head.DurationMs,
            Status = "broken",
            Findings = faults,
        };

    private static string StatusOf(InventoryState state) =>
        state.Made.Fault is not null ? "broken" : state.Head.Held is null ? "current" : HeldAs(state.Head);

    private static string HeldAs(InventoryHead head) => head.IsPinned ? "pinned" : "rolled_back";

    private static List<InventoryFindingInfo> Parse(string json) => JsonSerializer.Deserialize(json, OsismJson.Default.ListInventoryFindingInfo) ?? [];
}
