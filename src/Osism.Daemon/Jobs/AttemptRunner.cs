using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Ansible;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Jobs;

/// <summary>Takes one claimed or adopted job to its end.</summary>
/// <remarks>
/// What if we die here? Before the spool folder exists: the adopter fences the name and the job returns to queued. With the folder and
/// before the supervisor's first act: the adopter makes <c>started</c>, the supervisor gives up, the job returns to queued. After that: the run
/// goes on without us and is followed from the offsets in the database. After the exit record: the rest is stored and the end is written by the adopter.
/// </remarks>
internal sealed partial class AttemptRunner(
    JobStore store, RunPlaces places, ManagerCommandComposer own, SpoolWriter writer, Supervisors supervisors, SpoolFollower follower, BlindFollower blind,
    AttemptKiller killer, LiveOutput live, SpoolCleaner cleaner, Sealer sealer, OsismHome home, Failpoints failpoints, JobMetrics metrics, WorkerClock clock, TimeProvider time,
    ILogger<AttemptRunner> log)
{
    private static readonly TimeSpan SupervisorPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KillAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SupervisorLook = TimeSpan.FromMilliseconds(1);

    /// <summary>Composes and starts a job this worker has just claimed, and follows it.</summary>
    /// <param name="job">The job as claimed.</param>
    /// <param name="worker">This worker.</param>
    /// <param name="ending">Completes when the run is to be ended.</param>
    /// <param name="detach">Leaves the run alone: it is adopted later.</param>
    public async Task StartAsync(Job job, WorkerIdentity worker, EndWish ending, CancellationToken detach)
    {
        // Until the supervisor is spawned nothing can begin; afterwards only the fence tells whether it did.
        var spawned = false;
        try
        {
            await failpoints.ReachAsync("claimed", job.Role, detach);
            if (job.CancelRequestedAt is not null)
            {
                await EndAsync(job, worker, new AttemptOutcome(JobState.Cancelled, Cancelled(job)), null, detach);
                return;
            }

            if (job.Kind == JobKinds.Noop)
            {
                metrics.Wait.Observe(clock.DatabaseNow - job.SubmittedAt);
                await ChangeAsync(job, worker, (j, at) => j.IsTerminal ? j : j.Run(at).End(JobState.Succeeded, null, at), detach);
                return;
            }

            var paths = AttemptPaths.For(home, job.Id, job.Attempt);

            // The vault password and the inventory come from the database, which may go just now: that is no fault of the job.
            var placed = await DatabaseErrors.RetryWhileAwayAsync(
                token => ComposeAsync(job, paths, token), $"the composition of {job.Id}", time, log, detach);
            var run = placed.Run;
            var cgroup = Cgroup.Open(paths.Id);
            var record = new AttemptRecord(
                paths.Id, run.SshControlFolder, cgroup.IsReal ? paths.Id : null, worker.Pid, worker.PidStart, worker.BootId,
                sealer.Seal(MaskList.Pack(run.Secrets), paths.Id))
            {
                Removal = run.Removal,
            };
            if (await writer.CreateAsync(paths, run, record, cgroup, detach) is not { } folder)
            {
                Log.Fenced(log, job.Id, job.Attempt);
                return;
            }

            await failpoints.ReachAsync("spooled", job.Role, detach);

            // Asleep for longer than the lease, this worker may have been taken for gone: the folder would tell, but later.
            if (!clock.IsCurrent)
            {
                Log.Fenced(log, job.Id, job.Attempt);
                return;
            }

            spawned = true;
            await supervisors.StartAsync(folder, detach);
            await failpoints.ReachAsync("spawned", job.Role, detach);
            var supervisor = await AwaitSupervisorAsync(folder, detach);
            if (supervisor is null && SpoolFolder.Fence(home.Spool, job.Id, job.Attempt))
            {
                throw new OsismException(
                    ErrorCodes.RunStartFailed, $"the supervisor did not begin within {SupervisorPatience.TotalSeconds:0} s{LastWords(folder)}");
            }

            await MarkRunningAsync(job, worker, run, detach);
            await failpoints.ReachAsync("running", job.Role, detach);

            // It starts git: not while the supervisor is on its way to the command.
            var described = placed.DescribeAsync(detach);
            await FollowAsync(job, worker, folder, record, supervisor, SecretSet.Build(run.Secrets), described, ending, detach);
        }
        catch (Exception e) when (!detach.IsCancellationRequested)
        {
            // Not in the filter: what is thrown there counts as "false", and making the fence on a full disk throws.
            if (spawned && !SpoolFolder.Fence(home.Spool, job.Id, job.Attempt))
            {
                // It runs: the next sweep takes it up.
                throw;
            }

            await RefuseAsync(job, worker, e, detach);
        }
    }

    private Task<PlacedRun> ComposeAsync(Job job, AttemptPaths paths, CancellationToken cancellationToken)
    {
        if (job.Kind == JobKinds.Manager)
        {
            return Task.FromResult(own.Compose(JsonSerializer.Deserialize(job.Request, JobsJson.Default.ManagerRequest)!, paths));
        }

        // After another job, which may have changed the repository, it is wanted as it is now.
        var notBefore = job.After is null ? null : job.ClaimedAt;
        return job.Kind == JobKinds.Command
            ? places.ComposeAsync(JsonSerializer.Deserialize(job.Request, JobsJson.Default.CommandRequest)!, paths, notBefore, cancellationToken)
            : places.ComposeAsync(JsonSerializer.Deserialize(job.Request, JobsJson.Default.RunRequest)!, paths, notBefore, cancellationToken);
    }

    /// <summary>Goes on with a run that somebody else started.</summary>
    public async Task AdoptAsync(Job job, WorkerIdentity worker, SpoolFolder folder, EndWish ending, CancellationToken detach)
    {
        var supervisor = await AwaitSupervisorAsync(folder, detach);
        if (folder.ReadRecord() is not { } record)
        {
            // Cannot happen by our own hands: the record is in the folder before the folder has its name.
            var marker = Path.GetFileName(folder.Path);
            await KillAllAsync(job, worker, marker, supervisor, Cgroup.Open(marker), detach);
            var lost = new ReasonInfo(ErrorCodes.JobLost.Code, $"the spool folder {folder.Path} was damaged");
            await EndAsync(job, worker, new AttemptOutcome(JobState.Lost, lost), null, detach);
            return;
        }

        if (job.State != JobState.Running || job.ReasonCode == ErrorCodes.JobUnattended.Code)
        {
            await ChangeAsync(job, worker, Seen, detach);
        }

        await FollowAsync(job, worker, folder, record, supervisor, null, null, ending, detach);
    }

    /// <param name="secrets">What the masker hides; null when it must be read from the spool.</param>
    private async Task FollowAsync(
        Job job, WorkerIdentity worker, SpoolFolder folder, AttemptRecord record, ProcessIdentity? supervisor, SecretSet? secrets,
        Task<ConfigurationInfo>? described, EndWish ending, CancellationToken detach)
    {
        var cgroup = record.Cgroup is { } name ? Cgroup.Open(name) : Cgroup.None;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(detach);
        var limit = LimitAsync(job, ending, over.Token);
        var kill = KillWhenWishedAsync(job, worker, record, supervisor, cgroup, ending, over.Token);
        try
        {
            Task KillGoneAsync(CancellationToken token) => KillAllAsync(job, worker, record.Marker, supervisor, cgroup, token);
            void EndFull() => ending.Wish(AttemptOutcome.DiskFull);

            FollowResult? result = null;
            if (secrets is null)
            {
                (secrets, result) = await blind.OpenAsync(job, worker.Name, folder, record, supervisor, KillGoneAsync, EndFull, detach);
            }

            result ??= await follower.FollowAsync(job, folder, secrets!, supervisor, KillGoneAsync, EndFull, detach);
            if (result.IsFenced)
            {
                Log.Fenced(log, job.Id, job.Attempt);
                await EndForgottenAsync(job, folder, record, supervisor, cgroup, detach);
                return;
            }

            var wish = ending.IsWished ? await EndedByWishAsync(kill, ending, result) : null;
            await over.CancelAsync();
            await failpoints.ReachAsync("finishing", job.Role, detach);
            var outcome = AttemptOutcome.Of(result, wish, job.Kind);
            var configuration = described is null ? null : await described;
            var ended = await EndAsync(job, worker, outcome, new AttemptEnd(result, configuration), detach);
            await failpoints.ReachAsync("stored", job.Role, detach);
            if (ended is not null)
            {
                await (result.Withheld is null
                    ? cleaner.RemoveAsync(folder, record, cgroup, detach)
                    : cleaner.KeepOutputAsync(folder, record, cgroup, detach));
            }
        }
        finally
        {
            // Whatever became of it: neither its clock nor its last bytes outlive the following.
            live.Forget(job.Id);
            await over.CancelAsync();
            await Task.WhenAll(limit, kill).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Where the job is over without us, because an operator gave it up or its worker was to end it, nothing of it may go on. Where somebody else
    /// adopted it, it is theirs.</summary>
    private async Task EndForgottenAsync(
        Job job, SpoolFolder folder, AttemptRecord record, ProcessIdentity? supervisor, Cgroup cgroup, CancellationToken cancellationToken)
    {
        var now = await DatabaseErrors.RetryWhileAwayAsync(token => store.FindAsync(job.Id, token), $"job {job.Id}", time, log, cancellationToken);
        if (now is { IsTerminal: true })
        {
            await KillAllAsync(job, worker: null, record.Marker, supervisor, cgroup, cancellationToken);
            await cleaner.RemoveAsync(folder, record, cgroup, cancellationToken);
        }
    }

    /// <summary>Nothing of it was begun: the run is refused as it would have been when it was submitted, and leaves nothing behind.</summary>
    private async Task RefuseAsync(Job job, WorkerIdentity worker, Exception exception, CancellationToken cancellationToken)
    {
        var reason = exception is OsismException known
            ? new ReasonInfo(known.Code.Code, known.Message)
            : new ReasonInfo(ErrorCodes.RunStartFailed.Code, $"could not be started: {exception.Message}");
        if (exception is not OsismException)
        {
            Log.StartFailed(log, exception, job.Id);
        }

        var state = reason.Code == ErrorCodes.LockHeld.Code ? JobState.Rejected : JobState.Failed;
        if (await EndAsync(job, worker, new AttemptOutcome(state, reason), null, cancellationToken) is not null)
        {
            var folder = SpoolFolder.Of(home.Spool, job.Id, job.Attempt);
            var record = folder.ReadRecord();
            await cleaner.RemoveAsync(folder, record, record?.Cgroup is { } group ? Cgroup.Open(group) : Cgroup.None, cancellationToken);
        }
    }

    private static async Task<AttemptOutcome?> EndedByWishAsync(Task kill, EndWish ending, FollowResult result)
    {
        await kill;
        var wish = ending.Outcome!;
        if (result.Tally.Open.Count == 0)
        {
            return wish;
        }

        // Ansible does not end what it started on other hosts (measured, configuration.md 7.4): say where to look.
        var open = result.Tally.Open.OrderBy(host => host.Key, StringComparer.Ordinal)
            .Select(host => result.Withheld is null ? $"{host.Key} (task '{host.Value}')" : host.Key);
        return wish with { Reason = wish.Reason! with { Message = $"{wish.Reason.Message}; may still run on: {string.Join(", ", open)}" } };
    }

    private async Task KillWhenWishedAsync(
        Job job, WorkerIdentity worker, AttemptRecord record, ProcessIdentity? supervisor, Cgroup cgroup, EndWish ending,
        CancellationToken cancellationToken)
    {
        await ending.Wished.WaitAsync(cancellationToken);
        await failpoints.ReachAsync("cancelling", job.Role, cancellationToken);
        await KillAllAsync(job, worker, record.Marker, supervisor, cgroup, cancellationToken);
    }

    /// <summary>Ends with nothing left alive, however long that takes; meanwhile the job says what would not die.</summary>
    /// <param name="worker">Null when the job is not ours any more.</param>
    private async Task KillAllAsync(
        Job job, WorkerIdentity? worker, string marker, ProcessIdentity? supervisor, Cgroup cgroup, CancellationToken cancellationToken)
    {
        while (await killer.KillAsync(marker, supervisor, cgroup, cancellationToken) is { Count: > 0 } left)
        {
            var reason = new ReasonInfo(ErrorCodes.JobCancelFailed.Code, $"would not die: {string.Join(", ", left)}");
            if (worker is not null)
            {
                await ChangeAsync(
                    job, worker, (j, at) => j.State == JobState.CancelFailed || j.IsTerminal ? j : j.End(JobState.CancelFailed, reason, at),
                    cancellationToken);
            }

            await Task.Delay(KillAgain, time, cancellationToken);
        }
    }

    private async Task LimitAsync(Job job, EndWish ending, CancellationToken cancellationToken)
    {
        if (job.TaskTimeout is not { } seconds)
        {
            return;
        }

        var left = TimeSpan.FromSeconds(seconds) - (clock.DatabaseNow - (job.StartedAt ?? clock.DatabaseNow));
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
        ending.Wish(new AttemptOutcome(JobState.TimedOut, new ReasonInfo(
            ErrorCodes.JobTimedOut.Code, $"ran longer than its --task-timeout of {seconds} s")));
    }

    private async Task<ProcessIdentity?> AwaitSupervisorAsync(SpoolFolder folder, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            if (folder.ReadSupervisor() is { } supervisor)
            {
                return supervisor;
            }

            if (folder.ReadExit() is not null || time.GetElapsedTime(since) > SupervisorPatience)
            {
                return null;
            }

            await Task.Delay(SupervisorLook, time, cancellationToken);
        }
    }

    private async Task MarkRunningAsync(Job job, WorkerIdentity worker, ComposedRun run, CancellationToken cancellationToken)
    {
        metrics.Wait.Observe(clock.DatabaseNow - job.SubmittedAt);
        var plan = JsonSerializer.Serialize(run.Plan, OsismJson.Default.RunPlanInfo);
        await ChangeAsync(
            job, worker,
            (j, at) => Seen(j, at) with
            {
                InventoryRevision = run.Plan.Inventory.Revision,
                ConfigurationHash = run.ConfigurationHash,
                Warnings = JsonSerializer.Serialize([.. run.Plan.Warnings], JobsJson.Default.ListReasonInfo),
            },
            cancellationToken);
        await DatabaseErrors.RetryWhileAwayAsync(token => store.KeepPlanAsync(job.Id, plan, token), $"the plan of {job.Id}", time, log, cancellationToken);
    }

    /// <summary>Running, unless it is so already: the answer to an earlier try may have been lost.</summary>
    private static Job Seen(Job job, DateTimeOffset at) =>
        job.State is JobState.Running or JobState.CancelFailed || job.IsTerminal ? JobTroubles.Well(job) : job.Run(at);

    /// <summary>What a supervisor that did not begin left in the output, to be put behind a message.</summary>
    private static string LastWords(SpoolFolder folder)
    {
        const int Shown = 300;
        var text = File.Exists(folder.Output) ? File.ReadAllText(folder.Output).Trim() : "";
        return text.Length == 0 ? "" : $": {(text.Length <= Shown ? text : text[^Shown..])}";
    }

    /// <returns>Null when somebody else holds the job now: what is left of the attempt is theirs.</returns>
    private async Task<Job?> EndAsync(Job job, WorkerIdentity worker, AttemptOutcome outcome, AttemptEnd? end, CancellationToken cancellationToken)
    {
        var ended = await ChangeAsync(job, worker, (j, at) => j.IsTerminal ? j : Ended(j, outcome, end, at), cancellationToken, end?.Result.Tally.Hosts);
        if (ended?.StartedAt is { } started && ended.EndedAt is { } stopped)
        {
            metrics.Duration.Observe(stopped - started);
        }

        return ended;
    }

    private static Job Ended(Job job, AttemptOutcome outcome, AttemptEnd? end, DateTimeOffset at)
    {
        var ended = job.State == outcome.State ? job with { ReasonMessage = outcome.Reason?.Message } : job.End(outcome.State, outcome.Reason, at);
        if (end is null)
        {
            return ended;
        }

        var hosts = end.Result.Tally.Summary();
        var warnings = JsonSerializer.Deserialize(ended.Warnings, JobsJson.Default.ListReasonInfo)!;
        if (end.Result.Tally.NoHosts)
        {
            warnings.Add(new ReasonInfo("no_hosts", "a play matched no host: check the limit and the groups of the inventory"));
        }

        if (end.Result.Withheld is { } withheld)
        {
            warnings.Add(withheld);
        }

        if (end.Result.DiskWasFull && ended.State == JobState.Succeeded)
        {
            warnings.Add(AttemptOutcome.DiskFull.Reason!);
        }

        return ended with
        {
            ExitCode = end.Result.ExitCode,
            HostsOk = hosts.Ok,
            HostsChanged = hosts.Changed,
            HostsFailed = hosts.Failed,
            HostsUnreachable = hosts.Unreachable,
            HostsSkipped = hosts.Skipped,
            SpoolSha256 = end.Result.Hashes.Raw,
            OutputSha256 = end.Result.Hashes.Stored,
            ConfigurationCommit = end.Configuration?.Commit ?? ended.ConfigurationCommit,
            ConfigurationDirty = end.Configuration?.Dirty ?? ended.ConfigurationDirty,
            Warnings = JsonSerializer.Serialize(warnings, JobsJson.Default.ListReasonInfo),
        };
    }

    private async Task<Job?> ChangeAsync(
        Job job, WorkerIdentity worker, Func<Job, DateTimeOffset, Job> move, CancellationToken cancellationToken,
        IReadOnlyList<JobHostInfo>? hosts = null)
    {
        Job? changed = null;
        await DatabaseErrors.RetryWhileAwayAsync(
            async token => changed = await store.ChangeAsync(job.Id, job.Attempt, worker.Name, move, token, hosts), $"job {job.Id}", time, log, cancellationToken);
        return changed;
    }

    private static ReasonInfo Cancelled(Job job) => new(ErrorCodes.JobCancelled.Code, $"cancelled by {job.CancelledBy} before it started");

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Attempt {Attempt} of {Job} is no longer ours: somebody took this worker for gone")]
        public static partial void Fenced(ILogger logger, Guid job, int attempt);

        [LoggerMessage(Level = LogLevel.Error, Message = "{Job} could not be started")]
        public static partial void StartFailed(ILogger logger, Exception exception, Guid job);
    }
}

/// <summary>What is known at the end of an attempt.</summary>
internal sealed record AttemptEnd(FollowResult Result, ConfigurationInfo? Configuration);
