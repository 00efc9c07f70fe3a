using Osism.Contracts;
using Osism.Contracts.Recording;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Recording.Reading;

/// <summary>Statuses as people see them: what a module said, with changes and ignored failures as two more.</summary>
internal static class ShownStatus
{
    /// <summary>Worst last: what a host or a task as a whole is.</summary>
    private static readonly string[] Ranks =
        ["unknown", ResultStatuses.Skipped, ResultStatuses.Ok, ResultStatuses.Changed, ResultStatuses.Ignored, ResultStatuses.Failed, ResultStatuses.Unreachable];

    public static string Of(short status, bool isChanged, bool isIgnored) => (ResultStatus)status switch
    {
        ResultStatus.Ok => isChanged ? ResultStatuses.Changed : ResultStatuses.Ok,
        ResultStatus.Failed => isIgnored ? ResultStatuses.Ignored : ResultStatuses.Failed,
        ResultStatus.Skipped => ResultStatuses.Skipped,
        ResultStatus.Unreachable => ResultStatuses.Unreachable,
        _ => "unknown",
    };

    public static string Worse(string one, string other) => Array.IndexOf(Ranks, one) >= Array.IndexOf(Ranks, other) ? one : other;

    /// <summary>What a host is by its counts.</summary>
    public static string OfCounts(int ok, int changed, int failed, int unreachable, int skipped) =>
        unreachable > 0 ? ResultStatuses.Unreachable
        : failed > 0 ? ResultStatuses.Failed
        : changed > 0 ? ResultStatuses.Changed
        : ok > 0 || skipped == 0 ? ResultStatuses.Ok
        : ResultStatuses.Skipped;

    /// <summary>The condition on a row <c>r</c> of <c>rec_result</c>.</summary>
    public static string Condition(string status) => status switch
    {
        ResultStatuses.Ok => "(r.status = 1 and not r.is_changed)",
        ResultStatuses.Changed => "(r.status = 1 and r.is_changed)",
        ResultStatuses.Failed => "(r.status = 2 and not r.is_ignored)",
        ResultStatuses.Ignored => "(r.status = 2 and r.is_ignored)",
        ResultStatuses.Skipped => "r.status = 3",
        ResultStatuses.Unreachable => "r.status = 4",
        _ => throw new OsismException(
            ErrorCodes.RequestInvalid, $"there is no status '{status}': use {string.Join(", ", ResultStatuses.All)}"),
    };

    /// <summary>Whether rows of this status are in the index of what went wrong.</summary>
    public static bool IsBad(string status) => status is ResultStatuses.Failed or ResultStatuses.Ignored or ResultStatuses.Unreachable;
}
