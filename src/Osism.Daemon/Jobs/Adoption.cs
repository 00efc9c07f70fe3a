using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs;

/// <summary>Finds claimed jobs that nobody keeps and decides what became of them.</summary>
internal sealed class Adoption(WorkerRegistry registry, HolderWatch holders, JobStore store, AttemptKiller killer, JobMetrics metrics, OsismHome home, TimeProvider time)
{
    private static readonly TimeSpan Old = TimeSpan.FromDays(1);

    /// <param name="me">The worker that looks.</param>
    /// <param name="isKept">Whether this process keeps a job itself.</param>
    /// <param name="cancellationToken">Ends the waiting for the database.</param>
    public async Task<IReadOnlyList<Orphan>> FindAsync(WorkerIdentity me, Func<Job, bool> isKept, CancellationToken cancellationToken)
    {
        var orphans = new List<Orphan>();
        foreach (var (job, holder, isGone, _) in holders.Judge(await registry.HeldAsync(cancellationToken)))
        {
            var isHere = holder.Machine == me.Machine;
            if (job.Worker == me.Id)
            {
                // Claimed in our name, but the answer was lost, or its keeper failed. Or somebody took us for gone, and we are back.
                if (!isKept(job) || job.State == JobState.Disconnected)
                {
                    orphans.Add(new Orphan(job, IsHere: true));
                }
            }
            else if (isGone || (isHere && !IsAlive(holder)))
            {
                orphans.Add(new Orphan(job, isHere));
            }
        }

        return orphans;
    }

    /// <summary>Its worker, on another machine, cannot be reached.</summary>
    public async Task DisconnectAsync(Job job, WorkerIdentity me, CancellationToken cancellationToken)
    {
        var reason = $"worker {job.WorkerName} has not been heard of: the run may go on there";
        var didMove = false;
        await store.ChangeAsync(
            job.Id, job.Attempt, me.Name,
            (j, _) =>
            {
                didMove = j.State is JobState.Starting or JobState.Running;
                return didMove ? j.Disconnect(reason) : j;
            },
            cancellationToken);
        if (didMove)
        {
            metrics.LeaseExpired();
        }
    }

    /// <summary>This worker was taken for gone, but keeps the job all the time.</summary>
    public async Task ReconnectAsync(Job job, WorkerIdentity me, CancellationToken cancellationToken) =>
        await store.ChangeAsync(
            job.Id, job.Attempt, me.Name, (j, _) => j.State == JobState.Disconnected ? j.Reconnect() : j, cancellationToken);

    /// <summary>Takes a job over and looks into the spool.</summary>
    /// <returns>The job and its folder when something of it was begun; null when it went back to the queue, was lost, or somebody else was faster.</returns>
    public async Task<(Job Job, SpoolFolder Folder)?> AdoptAsync(Job orphan, WorkerIdentity me, CancellationToken cancellationToken)
    {
        // The folder first: if the disk is too full even for the fence, nothing has changed and the next look tries again. The attempts before
        // this one were fenced when they were adopted.
        var begun = SpoolFolder.Find(home.Spool, orphan.Id).FirstOrDefault(folder => folder.Start == SpoolStart.Begun);
        var why = $"its spool folder in {home.Spool} is gone";
        var isLost = begun is null && orphan.StartedAt is not null;
        try
        {
            if (begun is null && !isLost && !SpoolFolder.Fence(home.Spool, orphan.Id, orphan.Attempt))
            {
                begun = SpoolFolder.Of(home.Spool, orphan.Id, orphan.Attempt);
            }
        }
        catch (SpoolDamagedException e)
        {
            (isLost, why) = (true, $"its spool is damaged ({e.Message})");
        }

        // From here on every write of the former holder is refused.
        if (await store.AdoptAsync(orphan, me, cancellationToken) is not { } job)
        {
            return null;
        }

        if (begun is not null)
        {
            return (job, begun);
        }

        if (isLost)
        {
            // Nobody can read its output any more, but it may still be at work.
            for (var attempt = 1; attempt < job.Attempt; attempt++)
            {
                var marker = SpoolFolder.NameOf(job.Id, attempt);
                var cgroup = Cgroup.Open(marker);
                await killer.KillAsync(marker, null, cgroup, cancellationToken);
                cgroup.Remove();
            }

            var reason = new ReasonInfo(ErrorCodes.JobLost.Code, $"{why}: what it did is not known");
            await store.ChangeAsync(job.Id, job.Attempt, me.Name, (j, at) => j.End(JobState.Lost, reason, at), cancellationToken);
            return null;
        }

        // Nothing was begun and nothing will be: unless somebody wanted it ended, it takes its place in the queue again.
        await store.ChangeAsync(
            job.Id, job.Attempt, me.Name,
            (j, at) => j.CancelRequestedAt is null
                ? j.Requeue()
                : j.End(JobState.Cancelled, new ReasonInfo(ErrorCodes.JobCancelled.Code, $"cancelled by {j.CancelledBy} before it started"), at),
            cancellationToken);
        SpoolCleaner.Strip(SpoolFolder.Of(home.Spool, orphan.Id, orphan.Attempt));
        return null;
    }

    /// <summary>Takes away what ended attempts and dead workers left in the spool.</summary>
    /// <param name="cleaner">Takes it away.</param>
    /// <param name="isKept">Whether this process keeps a job itself, and will clean up behind it.</param>
    /// <param name="cancellationToken">Ends the waiting for the database.</param>
    public async Task SweepSpoolAsync(SpoolCleaner cleaner, Func<Guid, bool> isKept, CancellationToken cancellationToken)
    {
        foreach (var path in Directory.EnumerateDirectories(home.Spool))
        {
            var name = Path.GetFileName(path);
            var folder = new SpoolFolder(path);
            var isOld = time.GetUtcNow().UtcDateTime - Directory.GetLastWriteTimeUtc(path) > Old;
            if (!Guid.TryParse(name.Split('.')[0], out var id))
            {
                // A draft. Another process of this home may be filling it.
                if (isOld || SpoolDraft.IsAbandoned(name))
                {
                    folder.Delete();
                }

                continue;
            }

            // A live run is left alone whatever its job says: it may be one of another database, or one that was given up.
            if (isKept(id) || folder.ReadSupervisor() is { IsAlive: true })
            {
                continue;
            }

            var job = await store.FindAsync(id, cancellationToken);
            var isOver = job?.IsTerminal ?? isOld;
            if (isOver && (isOld || (folder.Start != SpoolStart.Fenced && !File.Exists(folder.WithheldMark))))
            {
                var record = folder.ReadRecord();
                await cleaner.RemoveAsync(folder, record, record?.Cgroup is { } group ? Cgroup.Open(group) : Cgroup.None, cancellationToken);
            }
        }
    }

    private static bool IsAlive(Holder holder) =>
        holder is { Pid: { } pid, PidStart: { } start, BootId: { } boot } && new ProcessIdentity(pid, start, boot).IsAlive;
}

/// <param name="IsHere">Whether its spool lies in this OSISM_HOME, so that it can be adopted.</param>
internal sealed record Orphan(Job Job, bool IsHere);
