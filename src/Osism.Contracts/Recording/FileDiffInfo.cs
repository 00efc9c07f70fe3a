namespace Osism.Contracts.Recording;

/// <summary>What one result changed in one file, for <c>GET /v1/jobs/{id}/results/diffs</c>.</summary>
/// <param name="File">As the module names it.</param>
/// <param name="Diff">A unified diff; what a module prepared itself stands as it is.</param>
/// <param name="Note">Why there is no diff, such as that the content is binary or too long; else null.</param>
public sealed record FileDiffInfo(long Result, string Host, string Task, string File, string Diff, string? Note);
