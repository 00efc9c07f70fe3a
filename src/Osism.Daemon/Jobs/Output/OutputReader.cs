using Osism.Contracts.Jobs;

namespace Osism.Daemon.Jobs.Output;

/// <summary>Reads stored output for watchers: from memory while the job runs here, else from the database.</summary>
internal sealed class OutputReader(JobStore jobs, OutputStore store, LiveOutput live, JobSignals signals, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>Bytes from <paramref name="offset"/>, waiting for the first of them if need be.</summary>
    /// <param name="job">The job.</param>
    /// <param name="offset">Offset of the first byte wanted.</param>
    /// <param name="limit">Most bytes.</param>
    /// <param name="patience">How long to wait when there is nothing yet and more may come.</param>
    /// <param name="cancellationToken">The watcher has gone.</param>
    /// <param name="after">Wait until the stored length is beyond this, for a caller that has seen so much. Default <paramref name="offset"/>.</param>
    /// <returns>Null when there is no such job.</returns>
    public async Task<OutputPiece?> ReadAsync(
        Guid job, long offset, int limit, TimeSpan patience, CancellationToken cancellationToken, long? after = null)
    {
        var seen = Math.Max(offset, after ?? offset);
        using var watch = signals.WatchJob(job);
        var since = time.GetTimestamp();
        while (true)
        {
            var changed = watch.Next;
            if (seen == offset && live.Read(job, offset, limit) is { } recent)
            {
                return new OutputPiece(recent, live.Length(job), false, JobState.Running);
            }

            if (await jobs.FindAsync(job, cancellationToken) is not { } found)
            {
                return null;
            }

            var left = patience - time.GetElapsedTime(since);
            if (found.OutputBytes > seen || found.IsTerminal || left <= TimeSpan.Zero)
            {
                var data = found.OutputBytes > offset ? await store.ReadAsync(job, StreamKind.Output, offset, limit, cancellationToken) : [];
                return new OutputPiece(data, found.OutputBytes, found.IsTerminal, found.State);
            }

            await Task.WhenAny(changed, Task.Delay(left < Poll ? left : Poll, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Stored events; null when there is no such job.</summary>
    public async Task<byte[]?> ReadEventsAsync(Guid job, long offset, int limit, CancellationToken cancellationToken) =>
        await jobs.FindAsync(job, cancellationToken) is null
            ? null
            : await store.ReadAsync(job, StreamKind.Events, offset, limit, cancellationToken);
}

/// <param name="Data">Bytes from the offset asked for.</param>
/// <param name="Length">Bytes stored in all.</param>
/// <param name="IsComplete">No more will come.</param>
/// <param name="State">State of the job.</param>
internal sealed record OutputPiece(byte[] Data, long Length, bool IsComplete, JobState State);
