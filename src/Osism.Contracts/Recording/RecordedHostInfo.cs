namespace Osism.Contracts.Recording;

/// <summary>What became of one host in one job, for <c>GET /v1/jobs/{id}/results/hosts</c>.</summary>
/// <param name="Status">The worst of it: <c>unreachable</c>, <c>failed</c>, <c>changed</c>, <c>ok</c> or <c>skipped</c>.</param>
/// <param name="Result">Its first failure; null without.</param>
/// <param name="Task">The task of that.</param>
/// <param name="Msg">The message of that.</param>
public sealed record RecordedHostInfo(
    string Host, string Status, int Ok, int Changed, int Failed, int Unreachable, int Skipped, int Rescued, int Ignored, long? Result, string? Task, string? Msg);

/// <summary>One run that touched a host, for <c>GET /v1/results/hosts/{host}</c>.</summary>
/// <param name="Job">Null for what a foreign client recorded.</param>
/// <param name="Playbook">Number of the recording.</param>
/// <param name="State">Of the job; of a foreign recording what its client said of it.</param>
/// <param name="Path">The playbook's file.</param>
/// <param name="Status">What became of the host, see <see cref="RecordedHostInfo"/>.</param>
public sealed record HostRunInfo(
    Guid? Job, long Playbook, string? Role, string? Environment, string State, string Path, DateTimeOffset StartedAt, DateTimeOffset? EndedAt,
    string Status, int Ok, int Changed, int Failed, int Unreachable, int Skipped, int Rescued, int Ignored);
