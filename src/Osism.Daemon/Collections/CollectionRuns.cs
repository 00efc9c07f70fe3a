using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Collections;

/// <summary>Runs collections: submits them, resumes them where they stopped, ends them.</summary>
internal sealed class CollectionRuns(CollectionCatalog catalog, CollectionRunStore runs, JobSubmission submission, JobStore jobs)
{
    private const int ShownRefusals = 5;

    /// <summary>Runs one collection as it is defined.</summary>
    /// <param name="name">The collection.</param>
    /// <param name="by">Who asks, for the record.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <exception cref="OsismException">See <see cref="SubmitAsync(IReadOnlyList{SubmitJob}, string, SubmissionKey?, CancellationToken)"/>.</exception>
    public Task<CollectionRunInfo> SubmitAsync(string name, string by, CancellationToken cancellationToken)
    {
        catalog.Require(name);
        return SubmitAsync([new SubmitJob { Role = name }], by, null, cancellationToken);
    }

    /// <summary>Runs a chain of roles and collections as one graph. Everything is checked first; then run and jobs are stored in one transaction.</summary>
    /// <param name="chain">Roles and collections in order; their options are for every node.</param>
    /// <param name="by">Who asks, for the record.</param>
    /// <param name="key">What the caller calls the submission: the run of an earlier one of that name is returned instead of a new one.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <exception cref="OsismException"><c>collection.broken</c>, or what stands in the way of a node: an unknown role, a lock, a missing file ...</exception>
    public Task<CollectionRunInfo> SubmitAsync(IReadOnlyList<SubmitJob> chain, string by, SubmissionKey? key, CancellationToken cancellationToken) =>
        SubmitAsync(token => DraftAsync(chain, by, token), key, cancellationToken);

    /// <summary>Runs a graph that was made for this one run and stands in no file.</summary>
    /// <param name="graph">It, by the name under which its runs are listed.</param>
    /// <param name="options">For every node.</param>
    /// <param name="by">Who asks, for the record.</param>
    /// <param name="key">As for a chain.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    /// <exception cref="OsismException">See <see cref="SubmitAsync(IReadOnlyList{SubmitJob}, string, SubmissionKey?, CancellationToken)"/>.</exception>
    public Task<CollectionRunInfo> SubmitAsync(CollectionGraph graph, SubmitJob options, string by, SubmissionKey? key, CancellationToken cancellationToken) =>
        SubmitAsync(token => DraftAsync([options with { Role = graph.Name }], _ => graph, by, token), key, cancellationToken);

    private async Task<CollectionRunInfo> SubmitAsync(
        Func<CancellationToken, Task<(CollectionRun Run, IReadOnlyList<Job> Jobs)>> draft, SubmissionKey? key, CancellationToken cancellationToken)
    {
        if (key is not null && await FindSubmittedAsync(key, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        var (run, drafts) = await draft(cancellationToken);
        try
        {
            await jobs.SubmitAsync(drafts, key, (transaction, token) => CollectionRunStore.InsertAsync(transaction, run, token), cancellationToken);
        }
        catch (PostgresException e) when (key is not null && JobStore.IsRepeated(e))
        {
            // The other one of the same key was faster.
            return (await FindSubmittedAsync(key, cancellationToken))!;
        }

        return await GetAsync(run.Id, cancellationToken);
    }

    /// <summary>A run with its jobs, checked and not stored: for those who store it together with something of theirs, by <see cref="CollectionRunStore.InsertAsync"/>.</summary>
    /// <param name="chain">Roles and collections in order; their options are for every node.</param>
    /// <param name="by">Who asks, for the record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OsismException">See <see cref="SubmitAsync(IReadOnlyList{SubmitJob}, string, SubmissionKey?, CancellationToken)"/>.</exception>
    public Task<(CollectionRun Run, IReadOnlyList<Job> Jobs)> DraftAsync(IReadOnlyList<SubmitJob> chain, string by, CancellationToken cancellationToken) =>
        DraftAsync(chain, name => catalog.IsCollection(name) ? catalog.Require(name) : null, by, cancellationToken);

    private async Task<(CollectionRun Run, IReadOnlyList<Job> Jobs)> DraftAsync(
        IReadOnlyList<SubmitJob> chain, Func<string, CollectionGraph?> find, string by, CancellationToken cancellationToken)
    {
        var nodes = RunPlan.Of(chain, find);
        var run = new CollectionRun
        {
            Id = Guid.CreateVersion7(),
            Name = string.Join("//", chain.Select(link => link.Role)),
            DryRun = chain.Any(link => link.DryRun),
            SubmittedBy = by,
            Nodes = CollectionRunStore.Serialize(nodes),
        };
        return (run, await DraftAsync(run, nodes, new Dictionary<string, Guid>(StringComparer.Ordinal), by, cancellationToken));
    }

    /// <exception cref="OsismException">There is no such run (<c>collection.run_not_found</c>).</exception>
    public async Task<CollectionRunInfo> GetAsync(Guid id, CancellationToken cancellationToken) =>
        await runs.DescribeAsync(id, cancellationToken) ?? throw NotFound(id);

    /// <summary>Submits again what did not succeed, with the graph the run was started with. What succeeded is not repeated; what still runs goes on.</summary>
    /// <exception cref="OsismException"><c>collection.run_not_found</c>; <c>collection.wrong_state</c>: there is nothing to resume; or what stands in the way of a node.</exception>
    public async Task<CollectionRunInfo> ResumeAsync(Guid id, string by, CancellationToken cancellationToken)
    {
        var run = await runs.FindAsync(id, cancellationToken) ?? throw NotFound(id);
        var nodes = CollectionRunStore.NodesOf(run);
        var last = Last(await runs.JobsAsync(id, cancellationToken));
        var stopped = nodes.Where(node => last.GetValueOrDefault(node.Name) is null or { IsTerminal: true, State: not JobState.Succeeded }).ToList();
        if (stopped.Count == 0)
        {
            throw WrongState(id, last.Values.All(job => job.IsTerminal) ? "all of its nodes have succeeded" : "it goes on: none of its nodes has stopped");
        }

        var kept = last.Where(job => !stopped.Exists(node => node.Name == job.Key)).ToDictionary(job => job.Key, job => job.Value.Id, StringComparer.Ordinal);
        var drafts = await DraftAsync(run, stopped, kept, by, cancellationToken);
        await jobs.SubmitAsync(drafts, null, async (transaction, token) =>
        {
            // Whoever resumes at the same time comes one after the other; the later one finds other jobs than it looked at.
            var now = Last(await CollectionRunStore.LockAsync(transaction, id, token));
            if (stopped.Exists(node => now.GetValueOrDefault(node.Name) != last.GetValueOrDefault(node.Name)))
            {
                throw WrongState(id, "somebody else has just resumed it");
            }
        }, cancellationToken);
        return await GetAsync(id, cancellationToken);
    }

    /// <summary>Ends what lives of a run. Queued nodes are over at once, running ones when their worker has killed them.</summary>
    /// <exception cref="OsismException"><c>collection.run_not_found</c>; <c>collection.wrong_state</c>: it has ended.</exception>
    public async Task<CollectionRunInfo> CancelAsync(Guid id, string by, CancellationToken cancellationToken)
    {
        var asked = false;
        while (true)
        {
            // Latest first: otherwise the end of a parent would skip its children before anybody could cancel them. Again, because a job that
            // failed meanwhile has left a repetition.
            var live = (await runs.JobsAsync(id, cancellationToken)).Where(job => !job.IsTerminal && job.CancelRequestedAt is null).Reverse().ToList();
            if (live.Count == 0)
            {
                break;
            }

            foreach (var job in live)
            {
                try
                {
                    await jobs.ChangeAsync(job.Id, null, by, (j, at) => j.Cancel(by, at), cancellationToken);
                    asked = true;
                }
                catch (JobStateException)
                {
                    // It ended just now.
                }
            }
        }

        var run = await GetAsync(id, cancellationToken);
        return asked || !CollectionRunStates.IsEnd(run.State) ? run : throw WrongState(id, $"it has ended ({run.State}): there is nothing to cancel");
    }

    private async Task<CollectionRunInfo?> FindSubmittedAsync(SubmissionKey key, CancellationToken cancellationToken) =>
        await jobs.FindSubmittedAsync(key, cancellationToken) is [{ Collection: { } run }, ..] ? await GetAsync(run, cancellationToken) : null;

    /// <summary>Jobs of nodes, each behind those it comes after. All refusals are told at once.</summary>
    /// <param name="run">Their run.</param>
    /// <param name="nodes">In any order.</param>
    /// <param name="kept">Jobs of nodes that are not among them.</param>
    private async Task<IReadOnlyList<Job>> DraftAsync(
        CollectionRun run, IReadOnlyList<RunNode> nodes, IReadOnlyDictionary<string, Guid> kept, string by, CancellationToken cancellationToken)
    {
        var ids = new Dictionary<string, Guid>(kept, StringComparer.Ordinal);
        var drafts = new List<(RunNode Node, Job Draft)>(nodes.Count);
        var refusals = new List<(RunNode Node, OsismException Why)>();
        foreach (var node in nodes)
        {
            try
            {
                var draft = node.Command is { } command
                    ? await submission.DraftCommandAsync(command, node.Job, by, cancellationToken)
                    : await submission.DraftAsync(node.Job, by, cancellationToken);
                ids[node.Name] = draft.Id;
                drafts.Add((node, draft));
            }
            catch (OsismException e)
            {
                refusals.Add((node, e));
            }
        }

        if (refusals.Count > 0)
        {
            throw Refused(run, refusals);
        }

        return [.. drafts.Select(made => made.Draft with
        {
            // A rehearsal walks the graph on the real queues with jobs that do nothing.
            Kind = run.DryRun ? JobKinds.Noop : made.Draft.Kind,
            Collection = run.Id,
            CollectionName = run.Name,
            Node = made.Node.Name,
            Parents = [.. made.Node.After.Select(parent => ids[parent])],
        })];
    }

    private static OsismException Refused(CollectionRun run, List<(RunNode Node, OsismException Why)> refusals)
    {
        var (_, first) = refusals[0];
        var said = refusals.Take(ShownRefusals).Select(refusal => $"node {refusal.Node.Name}: {refusal.Why.Message}");
        var more = refusals.Count > ShownRefusals ? $"; and {refusals.Count - ShownRefusals} more nodes" : "";
        return new OsismException(first.Code, $"collection {run.Name}: {string.Join("; ", said)}{more}", first)
        {
            Nearest = first.Nearest,
            File = first.File,
            Line = first.Line,
            Holder = first.Holder,
            Since = first.Since,
        };
    }

    private static Dictionary<string, NodeJob> Last(IReadOnlyList<NodeJob> jobs) =>
        jobs.GroupBy(job => job.Node, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.Last(), StringComparer.Ordinal);

    private static OsismException NotFound(Guid id) =>
        new(ErrorCodes.CollectionRunNotFound, $"there is no run {id}; 'osism collection status' shows the latest");

    private static OsismException WrongState(Guid id, string why) => new(ErrorCodes.CollectionRunWrongState, $"run {id}: {why}");
}
