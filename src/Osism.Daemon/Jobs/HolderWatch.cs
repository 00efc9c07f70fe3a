namespace Osism.Daemon.Jobs;

/// <summary>Says which workers are gone, by the database's clock and ours together: a jump of the one alone neither kills a worker nor keeps one alive.</summary>
/// <remarks>
/// The database's clock says when a lease ran out. Set forward by an hour it would end the leases of all workers at once, so of a worker that was
/// heard of meanwhile it is believed only after about a lease without a heartbeat by our own clock, which counts and cannot be set. Set back by an hour it would let
/// the lease of a dead worker last so much longer: a lease without a heartbeat by our own clock is enough. Only who has just begun to look must
/// believe what it finds; a worker that is wrongly taken for gone is fenced, and its job connected again with its next heartbeat.
/// </remarks>
internal sealed class HolderWatch(TimeProvider time)
{
    /// <summary>The part of a lease that may pass between a heartbeat and the look that finds it.</summary>
    private const double Slack = 0.2;

    private Dictionary<Guid, Seen> _seen = [];

    /// <summary>Forgets what was seen: to be called by who begins to look again after a while.</summary>
    public void Begin() => _seen = [];

    /// <summary>All held jobs, with what has to be believed of their workers.</summary>
    public IReadOnlyList<JudgedJob> Judge(IReadOnlyList<HeldJob> held)
    {
        var seen = new Dictionary<Guid, Seen>();
        var judged = new List<JudgedJob>(held.Count);
        foreach (var (job, holder) in held)
        {
            if (holder is not { Instance: { } instance, HeartbeatAt: { } heartbeat, Ended: false })
            {
                judged.Add(new JudgedJob(job, holder, IsGone: true, HasEndedRuns: false));
                continue;
            }

            if (!seen.TryGetValue(instance, out var last))
            {
                var known = _seen.TryGetValue(instance, out var before);
                last = known && before!.Heartbeat == heartbeat ? before : new Seen(heartbeat, time.GetTimestamp(), IsFirst: !known);
                seen.Add(instance, last);
            }

            var silent = time.GetElapsedTime(last.Since);
            judged.Add(new JudgedJob(
                job, holder,
                IsGone: silent >= holder.Lease || (holder.Expired && (last.IsFirst || silent >= holder.Lease * (1 - Slack))),
                HasEndedRuns: holder.KillWithin is { } within && silent >= holder.Lease + within));
        }

        _seen = seen;
        return judged;
    }

    /// <param name="Heartbeat">The last one that was found.</param>
    /// <param name="Since">When it was found first.</param>
    /// <param name="IsFirst">Whether no other one was found before it.</param>
    private sealed record Seen(DateTimeOffset Heartbeat, long Since, bool IsFirst);
}

/// <summary>A claimed job and what has to be believed of who holds it.</summary>
/// <param name="IsGone">Its worker cannot be reached, or has stopped.</param>
/// <param name="HasEndedRuns">Its worker promised to end its runs when it is cut off, and has had the time for it.</param>
internal sealed record JudgedJob(Job Job, Holder Holder, bool IsGone, bool HasEndedRuns);
