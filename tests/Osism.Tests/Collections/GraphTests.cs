using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.Daemon.Collections;

namespace Osism.Tests.Collections;

/// <summary>From what was asked for to nodes, and from jobs to states.</summary>
public sealed class GraphTests
{
    private static readonly DateTimeOffset At = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    [Fact]
    public void What_stands_behind_a_collection_in_a_chain_waits_for_all_its_ends()
    {
        var graph = new CollectionGraph("both", CollectionSource.BuiltIn, [new("left"), new("right"), new("facts") { Role = "facts", After = ["left"] }]);

        var nodes = RunPlan.Of([Link("facts"), Link("both"), Link("last")], name => name == "both" ? graph : null);

        Assert.Equal(
            ["facts:", "left:facts", "right:facts", "facts-2:left", "last:right,facts-2"],
            nodes.Select(node => $"{node.Name}:{string.Join(',', node.After)}"));
    }

    [Fact]
    public void Options_are_for_every_node_and_what_a_node_says_wins()
    {
        var graph = new CollectionGraph(
            "c", CollectionSource.BuiltIn, [new("own") { Role = "own", Action = "pull", Arguments = ["-l", "a"], Retry = 3 }, new("plain") { Role = "plain" }]);

        var nodes = RunPlan.Of([new SubmitJob { Role = "c", Action = "upgrade", Arguments = ["-e", "x=1"], Retry = 1, DryRun = true }], _ => graph);

        Assert.Equal([("pull", 3), ("upgrade", 1)], nodes.Select(node => (node.Job.Action, node.Job.Retry)));
        Assert.Equal(["-l", "a", "-e", "x=1"], nodes[0].Job.Arguments);
        Assert.All(nodes, node => Assert.True(node.Job.DryRun));
    }

    [Fact]
    public void Nodes_are_sorted_behind_what_they_come_after_whatever_their_order() => Assert.Equal(
        ["c", "b", "a"], GraphOrder.Sort([new("a") { After = ["b", "c"] }, new("b") { After = ["c"] }, new("c")]).Select(node => node.Name));

    [Fact]
    public void The_state_of_a_run_follows_from_the_last_job_of_each_node()
    {
        Assert.Equal(("queued", "queued pending pending"), State([Job("a", JobState.Queued), Job("b", JobState.Queued), Job("c", JobState.Queued)]));
        Assert.Equal(("running", "running pending pending"), State([Job("a", JobState.Running), Job("b", JobState.Queued), Job("c", JobState.Queued)]));
        Assert.Equal(("running", "succeeded queued pending"), State([Job("a", JobState.Succeeded), Job("b", JobState.Queued), Job("c", JobState.Queued)]));
        Assert.Equal(("succeeded", "succeeded succeeded succeeded"), State([Job("a", JobState.Succeeded), Job("b", JobState.Succeeded), Job("c", JobState.Succeeded)]));
        Assert.Equal(("failed", "succeeded failed skipped"), State([Job("a", JobState.Succeeded), Job("b", JobState.Failed), Skipped("c")]));
        Assert.Equal(("failed", "unreachable skipped skipped"), State([Job("a", JobState.Unreachable), Skipped("b"), Skipped("c")]));
        Assert.Equal(("cancelled", "succeeded cancelled skipped"), State([Job("a", JobState.Succeeded), Job("b", JobState.Cancelled), Skipped("c")]));

        // A worker that is cut off is not an end.
        Assert.Equal(("running", "disconnected pending pending"), State([Job("a", JobState.Disconnected), Job("b", JobState.Queued), Job("c", JobState.Queued)]));

        // Repetitions, and what a resumed run submitted anew.
        Assert.Equal(
            ("running", "succeeded running pending"),
            State([Job("a", JobState.Succeeded), Job("b", JobState.Failed), Skipped("c"), Job("b", JobState.Running), Job("c", JobState.Queued)]));
    }

    [Fact]
    public void The_version_of_a_run_changes_with_every_state_in_it_and_with_nothing_else()
    {
        NodeJob[] jobs = [Job("a", JobState.Running), Job("b", JobState.Queued), Job("c", JobState.Queued)];
        var one = Of(jobs);
        var same = Of([jobs[0] with { Environment = "x" }, jobs[1], jobs[2]]);
        var other = Of([jobs[0] with { State = JobState.Succeeded }, jobs[1], jobs[2]]);

        Assert.Equal(one.Version, same.Version);
        Assert.NotEqual(one.Version, other.Version);
    }

    private static (string Run, string Nodes) State(NodeJob[] jobs)
    {
        var run = Of(jobs);
        Assert.Equal(CollectionRunStates.IsEnd(run.State), run.EndedAt is not null);
        return (run.State, string.Join(' ', run.Nodes.Select(node => node.State)));
    }

    private static CollectionRunInfo Of(NodeJob[] jobs) => RunState.Of(
        new CollectionRun { Id = Guid.NewGuid(), Name = "x" },
        [Node("a"), Node("b", "a"), Node("c", "b")], jobs);

    private static RunNode Node(string name, params string[] after) => new() { Name = name, After = after, Job = new SubmitJob { Role = name } };

    private static SubmitJob Link(string role) => new() { Role = role };

    private static NodeJob Job(string node, JobState state) => new()
    {
        Id = Guid.NewGuid(),
        Node = node,
        State = state,
        StartedAt = state == JobState.Queued ? null : At,
        EndedAt = state.IsTerminal() ? At.AddSeconds(1) : null,
    };

    private static NodeJob Skipped(string node) =>
        Job(node, JobState.Cancelled) with { ReasonCode = ErrorCodes.JobParentFailed.Code, StartedAt = null };
}
