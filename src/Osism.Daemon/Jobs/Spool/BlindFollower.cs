using System.Runtime.CompilerServices;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording.Events;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>Opens the masks of an adopted run. While they cannot be opened, because the key they were sealed for is gone, it stays with the run, and
/// nothing the run writes is stored: there may be secrets in it.</summary>
internal sealed class BlindFollower(Sealer sealer, OutputStore store, JobTroubles troubles, TimeProvider time)
{
    private const int PieceSize = 256 * 1024;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(2);

    /// <param name="job">The job as it was adopted.</param>
    /// <param name="actor">The worker.</param>
    /// <param name="folder">Its spool.</param>
    /// <param name="record">Holds the masks.</param>
    /// <param name="supervisor">The supervisor; null when it died before it said who it is.</param>
    /// <param name="killGone">Ends what a supervisor that is gone left alive.</param>
    /// <param name="diskFull">See <see cref="SpoolFollower.FollowAsync"/>.</param>
    /// <param name="cancellationToken">Detaches: the run goes on.</param>
    /// <returns>What the masker hides, or the end of a run that ended before that was known.</returns>
    public async Task<(SecretSet? Secrets, FollowResult? End)> OpenAsync(
        Job job, string actor, SpoolFolder folder, AttemptRecord record, ProcessIdentity? supervisor,
        Func<CancellationToken, Task> killGone, Action diskFull, CancellationToken cancellationToken)
    {
        var disk = new DiskWatch(folder.Path);
        var told = false;
        long? tried = null;
        while (true)
        {
            // Before the try: what ended while the masks were out of reach is looked at once more with them.
            var exit = folder.ReadExit();
            var gone = exit is null && supervisor is not { IsAlive: true } && folder.ReadExit() is null;
            var over = exit is not null || gone;
            if (over || tried is not { } last || time.GetElapsedTime(last) >= TryAgain)
            {
                tried = time.GetTimestamp();
                var (secrets, fault) = TryOpen(record);
                if (secrets is not null)
                {
                    if (told)
                    {
                        await troubles.ClearAsync(job, actor, cancellationToken);
                    }

                    return (secrets, null);
                }

                if (over)
                {
                    if (gone)
                    {
                        await killGone(cancellationToken);
                    }

                    troubles.Forget(job.Id);
                    return (null, await CloseAsync(job, folder, exit, gone, disk.WasFull, fault!, cancellationToken));
                }

                if (!told)
                {
                    told = true;
                    await troubles.HinderedAsync(
                        job, actor, $"what it writes is not stored, because the secrets to mask in it are not known ({fault}); it goes on", cancellationToken);
                }
            }

            disk.Sample();
            if (disk.WasFull)
            {
                diskFull();
            }

            await Task.Delay(Look, time, cancellationToken);
        }
    }

    private (SecretSet? Secrets, string? Fault) TryOpen(AttemptRecord record)
    {
        try
        {
            return (SecretSet.Build(MaskList.Unpack(sealer.Open(record.Mask, record.Marker))), null);
        }
        catch (SealException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>What was stored stays as it is. Of the rest only the recap is looked at: names of hosts and numbers.</summary>
    private async Task<FollowResult> CloseAsync(
        Job job, SpoolFolder folder, int? exit, bool gone, bool diskWasFull, string fault, CancellationToken cancellationToken)
    {
        var tally = new EventTally();
        using var output = new StreamPump(folder.Output, StreamKind.Output, SecretSet.Build([]), store);
        await output.ResumeAsync(job.Id, job.OutputRaw, job.OutputBytes, cancellationToken);
        var lines = new LineAssembler();
        await foreach (var piece in PiecesAsync(folder.Events, cancellationToken))
        {
            lines.Add(piece.Span, line =>
            {
                if (RunEventReader.Read(line) is { } @event)
                {
                    tally.Add(@event);
                }
            });
        }

        var bytes = Math.Max(0, LengthOf(folder.Output) - job.OutputRaw);
        return new FollowResult(exit, gone, false, diskWasFull, tally, (null, output.Hashes().Stored))
        {
            Withheld = new ReasonInfo(
                "output_withheld",
                $"its last {bytes} bytes of output were not stored, because the secrets to mask in them are not known ({fault}); they lie in {folder.Output} for a day"),
        };
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[PieceSize];
        while (await file.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            yield return buffer.AsMemory(0, read);
        }
    }

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
