using System.Text;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Spool;
using Osism.Tests.Jobs.Spool;

namespace Osism.Tests.Jobs;

/// <summary>What the end of a process and its recap mean; the cases are those measured with ansible-playbook 2.14.</summary>
public sealed class AttemptOutcomeTests
{
    private const string Fine = """{"ev":"stats","hosts":{"a":{"ok":2,"changed":1,"failed":0,"unreachable":0,"skipped":0,"rescued":0,"ignored":0}}}""";
    private const string OneFailed = """{"ev":"stats","hosts":{"a":{"ok":2,"failed":0},"b":{"ok":1,"failed":1}}}""";
    private const string OneAway = """{"ev":"stats","hosts":{"a":{"ok":2},"b":{"ok":0,"unreachable":1}}}""";
    private const string BothFaults = """{"ev":"stats","hosts":{"a":{"failed":1},"b":{"unreachable":1}}}""";
    private const string Rescued = """{"ev":"stats","hosts":{"a":{"ok":3,"failed":0,"rescued":1}}}""";

    private static readonly AttemptOutcome Cancelled = new(JobState.Cancelled, new ReasonInfo("job.cancelled", "cancelled by ada"));

    [Theory]
    [InlineData(0, Fine, JobState.Succeeded, null, "")]
    [InlineData(0, Rescued, JobState.Succeeded, null, "")]
    [InlineData(0, """{"ev":"no_hosts"}""", JobState.Succeeded, null, "")]
    [InlineData(2, OneFailed, JobState.Failed, "run.failed", "failed on b")]
    [InlineData(4, OneAway, JobState.Unreachable, "run.unreachable", "unreachable: b")]
    [InlineData(4, BothFaults, JobState.Failed, "run.failed", "failed on a")]
    [InlineData(4, "", JobState.Failed, "run.failed", "exit code 4 before its recap")]
    [InlineData(2, "", JobState.Failed, "run.failed", "exit code 2 before its recap")]
    [InlineData(1, "", JobState.Failed, "run.failed", "exit code 1 before its recap")]
    [InlineData(99, "", JobState.Failed, "run.failed", "exit code 99")]
    [InlineData(137, Fine, JobState.Failed, "run.failed", "killed by signal 9")]
    [InlineData(143, "", JobState.Failed, "run.failed", "killed by signal 15")]
    [InlineData(250, "", JobState.Failed, "run.failed", "exit code 250 before its recap")]
    [InlineData(3, Fine, JobState.Failed, "run.failed", "ended with exit code 3")]
    public void An_exit_code_means_what_the_recap_makes_of_it(int code, string events, JobState state, string? reason, string message)
    {
        var outcome = AttemptOutcome.Of(Result(code, events), null);

        Assert.Equal((state, reason), (outcome.State, outcome.Reason?.Code));
        Assert.Contains(message, outcome.Reason?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_exit_record_the_run_is_lost() =>
        Assert.Equal((JobState.Lost, "job.lost"), CodeOf(AttemptOutcome.Of(Result(null, Fine) with { IsGone = true }, null)));

    [Fact]
    public void A_failure_on_a_full_disk_is_put_down_to_the_disk_and_a_success_is_not()
    {
        Assert.Equal((JobState.Failed, "spool.disk_full"), CodeOf(AttemptOutcome.Of(Result(1, "") with { DiskWasFull = true }, null)));
        Assert.Equal(JobState.Succeeded, AttemptOutcome.Of(Result(0, Fine) with { DiskWasFull = true }, null).State);
    }

    [Theory]
    [InlineData(99, JobState.Cancelled)]
    [InlineData(137, JobState.Cancelled)]
    [InlineData(null, JobState.Cancelled)]
    [InlineData(0, JobState.Succeeded)]
    public void A_wish_explains_every_end_but_a_good_one(int? code, JobState state) =>
        Assert.Equal(state, AttemptOutcome.Of(Result(code, "") with { IsGone = code is null }, Cancelled).State);

    [Fact]
    public void Of_many_failed_hosts_five_are_named()
    {
        var hosts = string.Join(',', Enumerable.Range(1, 9).Select(n => $$"""
            "n{{n}}":{"failed":1}
            """));

        Assert.Equal(
            "failed on n1, n2, n3, n4, n5 and 4 more",
            AttemptOutcome.Of(Result(2, $$$"""{"ev":"stats","hosts":{{{{hosts}}}}}"""), null).Reason!.Message);
    }

    private static FollowResult Result(int? code, string events)
    {
        var tally = new EventTally();
        tally.Add(new LineAssembler(), Encoding.UTF8.GetBytes($"{events}\n"));
        return new FollowResult(code, false, false, false, tally, ("", ""));
    }

    private static (JobState State, string? Code) CodeOf(AttemptOutcome outcome) => (outcome.State, outcome.Reason?.Code);
}
