namespace Osism.Contracts.Recording;

/// <summary>Hosts by tasks, for <c>GET /v1/jobs/{id}/results/matrix</c>.</summary>
/// <param name="Hosts">In the order of the cells.</param>
/// <param name="Tasks">In the order in which they began.</param>
/// <param name="Left">Tasks that were left out, because they are beyond the limit.</param>
public sealed record MatrixInfo(IReadOnlyList<MatrixHostInfo> Hosts, IReadOnlyList<MatrixTaskInfo> Tasks, int Left);

public sealed record MatrixHostInfo(string Host, string Status);

/// <param name="Cells">One character a host: <c>.</c> ok, <c>C</c> changed, <c>F</c> failed, <c>I</c> ignored, <c>U</c> unreachable, <c>s</c> skipped, <c>?</c> unknown,
/// a blank where it did not run.</param>
/// <param name="Status">The worst of its cells.</param>
public sealed record MatrixTaskInfo(long TaskId, string Play, string Task, string? Role, string Status, string Cells);
