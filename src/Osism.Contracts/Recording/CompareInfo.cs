namespace Osism.Contracts.Recording;

/// <summary>What differs between two jobs, for <c>GET /v1/jobs/{id}/results/compare</c>.</summary>
/// <param name="Results">Tasks on hosts with another status than before; new ones and gone ones only where the whole task or host is in both.</param>
/// <param name="Same">Tasks on hosts with the same status in both.</param>
/// <param name="Left">Differences beyond the limit.</param>
public sealed record CompareInfo(
    ComparedJobInfo Before, ComparedJobInfo After, int Same, int Left, IReadOnlyList<ComparedResultInfo> Results, IReadOnlyList<string> NewTasks, IReadOnlyList<string> GoneTasks,
    IReadOnlyList<string> NewHosts, IReadOnlyList<string> GoneHosts, IReadOnlyList<ComparedTimeInfo> Times);

public sealed record ComparedJobInfo(Guid Job, string? Role, string State, DateTimeOffset SubmittedAt, long ElapsedMs, int Results);

/// <param name="Before">Its status in the first job; null = not there.</param>
/// <param name="After">Its status in the second.</param>
/// <param name="Result">Of the second job, or of the first where that has none.</param>
public sealed record ComparedResultInfo(string Task, string Host, string? Before, string? After, string? Msg, long Result);

/// <param name="BeforeMs">From the beginning on the first host to the end on the last.</param>
public sealed record ComparedTimeInfo(string Task, long BeforeMs, long AfterMs);
