namespace Osism.Contracts.Jobs;

/// <summary>What <c>POST /v1/jobs/prune</c> takes.</summary>
/// <param name="DryRun">Only say what would be deleted.</param>
public sealed record PruneJobs(bool DryRun);

/// <summary>What was deleted, or would be.</summary>
/// <param name="DryRun">Whether nothing was.</param>
/// <param name="Jobs">How many.</param>
/// <param name="OutputBytes">Bytes of their output and events, before compression.</param>
/// <param name="Oldest">End of the first of them; only when nothing was deleted.</param>
/// <param name="Newest">End of the last of them; only when nothing was deleted.</param>
public sealed record PruneInfo(bool DryRun, long Jobs, long OutputBytes, DateTimeOffset? Oldest, DateTimeOffset? Newest);
