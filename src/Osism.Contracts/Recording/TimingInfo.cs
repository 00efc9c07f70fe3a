namespace Osism.Contracts.Recording;

/// <summary>Where the time of a job went, for <c>GET /v1/jobs/{id}/results/timing</c>. Shares are parts of <see cref="ElapsedMs"/>.</summary>
/// <param name="ElapsedMs">From the beginning of the first playbook to the end of the last, or until now.</param>
/// <param name="WorkMs">Sum over all results: what the hosts did side by side counts for each.</param>
/// <param name="BetweenMs">Sum of the times in which no task ran.</param>
public sealed record TimingInfo(
    long ElapsedMs, long WorkMs, long BetweenMs, IReadOnlyList<PlayTimeInfo> Plays, IReadOnlyList<TaskTimeInfo> Tasks, IReadOnlyList<HostTimeInfo> Hosts);

/// <param name="ElapsedMs">From its first result's beginning to the last one's end.</param>
/// <param name="Share">0 to 1.</param>
public sealed record PlayTimeInfo(string Play, int Tasks, int Results, long ElapsedMs, double Share);

/// <param name="ElapsedMs">From the beginning on the first host to the end on the last.</param>
/// <param name="WorkMs">Sum over its hosts.</param>
/// <param name="SlowestMs">What it took on the slowest host.</param>
/// <param name="BeforeMs">Time without any task before it began.</param>
public sealed record TaskTimeInfo(
    long TaskId, string Play, string Task, string? Role, int Hosts, long ElapsedMs, double Share, long WorkMs, string? SlowestHost, long SlowestMs, long BeforeMs);

/// <param name="WorkMs">Sum over its tasks.</param>
/// <param name="Share">Of the elapsed time, 0 to 1.</param>
public sealed record HostTimeInfo(string Host, int Results, long WorkMs, double Share, string? SlowestTask, long SlowestMs);
