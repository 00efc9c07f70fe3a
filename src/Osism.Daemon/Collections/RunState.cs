using System.Security.Cryptography;
using System.Text;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;

namespace Osism.Daemon.Collections;

/// <summary>Derives the state of a run and of its nodes from its jobs: there is no other record of it that could say something else.</summary>
internal static class RunState
{
    /// <param name="run">What was asked for.</param>
    /// <param name="nodes">Its nodes.</param>
    /// <param name="jobs">All jobs of the run, in order of submission.</param>
    public static CollectionRunInfo Of(CollectionRun run, IReadOnlyList<RunNode> nodes, IReadOnlyList<NodeJob> jobs)
    {
        var byNode = jobs.ToLookup(job => job.Node, StringComparer.Ordinal);
        var last = nodes.ToDictionary(node => node.Name, node => byNode[node.Name].LastOrDefault(), StringComparer.Ordinal);
        var infos = nodes.Select(node => Node(node, last, byNode[node.Name].Count())).ToList();
        var live = last.Values.Any(job => job is { IsTerminal: false });
        return new CollectionRunInfo
        {
            Id = run.Id,
            Name = run.Name,
            State = Whole(infos, live),
            SubmittedBy = run.SubmittedBy,
            SubmittedAt = run.SubmittedAt,
            StartedAt = jobs.Min(job => job.StartedAt),
            EndedAt = live ? null : jobs.Max(job => job.EndedAt),
            DryRun = run.DryRun,
            Version = Version(infos),
            Nodes = infos,
        };
    }

    private static CollectionRunNodeInfo Node(RunNode node, Dictionary<string, NodeJob?> last, int tries)
    {
        var job = last[node.Name];
        return new CollectionRunNodeInfo
        {
            Name = node.Name,
            After = node.After,
            State = State(job, node.After.All(parent => last[parent] is { State: JobState.Succeeded })),
            Job = job?.Id,
            Kind = node.Job.Kind ?? JobKinds.Ansible,
            Role = node.Job.Role,
            Environment = job?.Environment ?? node.Job.Environment,
            Tries = tries,
            Reason = job?.ReasonCode is { } code ? new ReasonInfo(code, job.ReasonMessage ?? "") : null,
            StartedAt = job?.StartedAt,
            EndedAt = job?.EndedAt,
        };
    }

    private static string State(NodeJob? job, bool mayStart) => job switch
    {
        null => CollectionNodeStates.Pending,
        { State: JobState.Queued } when !mayStart => CollectionNodeStates.Pending,
        { WasSkipped: true } => CollectionNodeStates.Skipped,
        _ => job.State.ToWireName(),
    };

    private static string Whole(List<CollectionRunNodeInfo> nodes, bool live)
    {
        if (live)
        {
            return nodes.TrueForAll(node => node.StartedAt is null && node.State is CollectionNodeStates.Pending or "queued")
                ? CollectionRunStates.Queued
                : CollectionRunStates.Running;
        }

        return nodes.TrueForAll(node => node.State == "succeeded") ? CollectionRunStates.Succeeded
            : nodes.Exists(node => node.State is not ("succeeded" or "cancelled" or CollectionNodeStates.Skipped)) ? CollectionRunStates.Failed
            : CollectionRunStates.Cancelled;
    }

    private static string Version(List<CollectionRunNodeInfo> nodes) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', nodes.Select(node => $"{node.Name} {node.State} {node.Job}")))))[..16];
}

/// <summary>What of a job counts for its run.</summary>
internal sealed record NodeJob
{
    public Guid Id { get; init; }

    public Guid Collection { get; init; }

    public string Node { get; init; } = "";

    public JobState State { get; init; }

    public string? Environment { get; init; }

    public string? ReasonCode { get; init; }

    public string? ReasonMessage { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    public bool IsTerminal => State.IsTerminal();

    /// <summary>It never began, because one it was to come after did not succeed.</summary>
    public bool WasSkipped => State == JobState.Cancelled && ReasonCode == ErrorCodes.JobParentFailed.Code;
}
