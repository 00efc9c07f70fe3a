using Osism.Daemon.Jobs;

namespace Osism.Tests.Jobs;

/// <summary>Calls of the store as tests want them.</summary>
internal static class JobStoreCalls
{
    /// <summary>Takes jobs of one queue.</summary>
    public static Task<IReadOnlyList<Job>> ClaimAsync(
        this JobStore store, WorkerIdentity worker, string queue, int limit, CancellationToken cancellationToken) =>
        store.ClaimAsync(worker, new Dictionary<string, int>(StringComparer.Ordinal) { [queue] = limit }, cancellationToken);
}
