using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording.Ingest;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>Follows one run through its spool until it has ended and everything it wrote is stored, whoever started it.</summary>
internal sealed class SpoolFollower(
    OutputStore store, RecordWriter writer, RecordingMetrics metrics, EventArrivals arrivals, LiveOutput live, JobSignals signals, Failpoints failpoints, TimeProvider time,
    ILogger<SpoolFollower> log)
{
    private static readonly TimeSpan SafetyPoll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>A run that writes many times a second is looked at so often at most. What comes after a silence is seen at once.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    /// <param name="job">The job as it was claimed or adopted: attempt and stored offsets count.</param>
    /// <param name="folder">Its spool.</param>
    /// <param name="secrets">What the masker hides.</param>
    /// <param name="supervisor">The supervisor; null when it died before it said who it is.</param>
    /// <param name="endRest">Called when the supervisor is gone, or the command was killed: ends what they left. Only then is the output complete.</param>
    /// <param name="diskFull">Called while the run goes on and its disk is full: whoever cannot write may never end by itself.</param>
    /// <param name="cancellationToken">Detaches: the run goes on.</param>
    public async Task<FollowResult> FollowAsync(
        Job job, SpoolFolder folder, SecretSet secrets, ProcessIdentity? supervisor, Func<CancellationToken, Task> endRest, Action diskFull,
        CancellationToken cancellationToken)
    {
        using var output = new StreamPump(folder.Output, StreamKind.Output, secrets, store)
        {
            OnStored = (start, data) =>
            {
                live.Append(job.Id, start, data);
                signals.Changed(job.Id);
            },
        };
        using var events = new EventPump(job.Id, folder.Events, secrets, store, writer, metrics, arrivals, time);
        using var changes = new FolderChanges(folder.Path);
        var disk = new DiskWatch(folder.Path);
        await DatabaseErrors.RetryWhileAwayAsync(
            async token =>
            {
                await output.ResumeAsync(job.Id, job.OutputRaw, job.OutputBytes, token);
                await events.ResumeAsync(job.EventsRaw, job.EventsBytes, token);
            },
            $"the output of {job.Id}", time, log, cancellationToken);
        await failpoints.ReachAsync("following", job.Role, cancellationToken);

        var looked = time.GetTimestamp();
        var (gone, killed) = (false, false);
        while (true)
        {
            var (changed, appeared, turn) = (changes.Next, changes.Appeared, time.GetTimestamp());

            // The exit record is looked for before the read: what was written before it is then in the files.
            var exit = folder.ReadExit();
            disk.Sample();
            if (exit is null && disk.WasFull)
            {
                diskFull();
            }

            if (exit is null && !gone && time.GetElapsedTime(looked) >= Look)
            {
                looked = time.GetTimestamp();
                if (supervisor is not { IsAlive: true } && folder.ReadExit() is null)
                {
                    // The command may still be writing, and it must not go on unseen: what comes before its end belongs to the output.
                    await endRest(cancellationToken);
                    gone = true;
                }
            }

            if (!killed && AttemptOutcome.SignalOf(exit) is not null)
            {
                // Killed from outside, out of memory or by hand, it ended none of its children: they would go on changing hosts, and write unseen.
                await endRest(cancellationToken);
                killed = true;
            }

            var over = exit is not null || gone;
            var first = await PumpAsync(token => output.StepAsync(job.Id, job.Attempt, over, token), job, cancellationToken);
            var second = await PumpAsync(token => events.StepAsync(job.Attempt, over, token), job, cancellationToken);
            if (first == PumpResult.Fenced || second == PumpResult.Fenced)
            {
                return FollowResult.Fenced;
            }

            if (first == PumpResult.Moved || second == PumpResult.Moved)
            {
                continue;
            }

            if (over)
            {
                await failpoints.ReachAsync("drained", job.Role, cancellationToken);

                // Pieces are committed without waiting for the disk: a crash of the database may have taken the last ones back.
                switch (await ConfirmAsync(output, events, job, cancellationToken))
                {
                    case PumpResult.Fenced:
                        return FollowResult.Fenced;
                    case PumpResult.Moved:
                        continue;
                }

                switch (await PumpAsync(token => events.CloseAsync(job.Attempt, exit, token), job, cancellationToken))
                {
                    case PumpResult.Fenced:
                        return FollowResult.Fenced;
                    case PumpResult.Moved:
                        continue;
                }

                await failpoints.ReachAsync("exited", job.Role, cancellationToken);
                metrics.Over(job.Id);
                return new FollowResult(exit, gone, false, disk.WasFull, events.Tally, output.Hashes());
            }

            await Task.WhenAny(changed, Task.Delay(events.Patience > TimeSpan.Zero ? events.Patience : SafetyPoll, time, cancellationToken));
            if (Breath - time.GetElapsedTime(turn) is var rest && rest > TimeSpan.Zero)
            {
                // Not longer than to its end: that is a file of its own.
                await Task.WhenAny(appeared, Task.Delay(rest, time, cancellationToken));
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<PumpResult> ConfirmAsync(StreamPump output, EventPump events, Job job, CancellationToken cancellationToken)
    {
        // Outside of what is tried again: a stream that went back stays back although the next try finds it in order.
        var isBack = false;
        return await DatabaseErrors.RetryWhileAwayAsync(
            async token =>
            {
                if (await store.ConfirmAsync(job.Id, job.Attempt, token) is not { } stored)
                {
                    return PumpResult.Fenced;
                }

                isBack |= await output.GoBackAsync(job.Id, stored.OutputRaw, stored.OutputBytes, token);
                isBack |= await events.GoBackAsync(stored.EventsRaw, stored.EventsBytes, token);
                return isBack ? PumpResult.Moved : PumpResult.Idle;
            },
            $"the output of {job.Id}", time, log, cancellationToken);
    }

    private async Task<PumpResult> PumpAsync(Func<CancellationToken, Task<PumpResult>> step, Job job, CancellationToken cancellationToken)
    {
        var result = PumpResult.Idle;
        await DatabaseErrors.RetryWhileAwayAsync(async token => result = await step(token), $"the output of {job.Id}", time, log, cancellationToken);
        return result;
    }
}

/// <summary>How the following of a run ended.</summary>
/// <param name="ExitCode">From the exit record; null without one.</param>
/// <param name="IsGone">The supervisor is gone and left no exit record.</param>
/// <param name="IsFenced">Somebody else holds the job: this follower has nothing more to say about it.</param>
/// <param name="DiskWasFull">The disk of the spool was seen full while it ran.</param>
/// <param name="Tally">What the events said.</param>
/// <param name="Hashes">SHA-256 of the spool's output, null when it is damaged, and of what was stored.</param>
internal sealed record FollowResult(
    int? ExitCode, bool IsGone, bool IsFenced, bool DiskWasFull, EventTally Tally, (string? Raw, string Stored) Hashes)
{
    /// <summary>Why the end of the output was not stored; null when all was.</summary>
    public ReasonInfo? Withheld { get; init; }

    public static FollowResult Fenced { get; } = new(null, false, true, false, new EventTally(), (null, ""));
}

/// <summary>Remembers whether a disk was ever seen without room for a line.</summary>
internal sealed class DiskWatch(string path)
{
    private const long NothingLeft = 64 * 1024;

    public bool WasFull { get; private set; }

    public void Sample() => WasFull |= DiskSpace.FreeBytes(path) < NothingLeft;
}

/// <summary>Says when something in a folder changes. Without inotify the callers' safety poll remains.</summary>
internal sealed class FolderChanges : IDisposable
{
    private readonly FileSystemWatcher? _watcher;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _appeared = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FolderChanges(string path)
    {
        try
        {
            _watcher = new FileSystemWatcher(path)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.Size | NotifyFilters.LastWrite,
            };
            _watcher.Changed += (_, _) => Raise(ref _next);
            _watcher.Created += (_, _) => Appear();
            _watcher.Renamed += (_, _) => Appear();
            _watcher.EnableRaisingEvents = true;
        }
        catch (IOException)
        {
            // The system's limit of watches is reached.
            _watcher?.Dispose();
            _watcher = null;
        }
    }

    /// <summary>Take it before looking, await it after.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>The same for a file that was not there before.</summary>
    public Task Appeared => Volatile.Read(ref _appeared).Task;

    public void Dispose() => _watcher?.Dispose();

    private void Appear()
    {
        Raise(ref _appeared);
        Raise(ref _next);
    }

    private static void Raise(ref TaskCompletionSource what) =>
        Interlocked.Exchange(ref what, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
