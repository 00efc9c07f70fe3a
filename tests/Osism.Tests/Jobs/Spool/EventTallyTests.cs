using System.Text;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs.Spool;

namespace Osism.Tests.Jobs.Spool;

/// <summary>What the callback's lines add up to.</summary>
public sealed class EventTallyTests
{
    private const string Run = """
        {"v":1,"seq":1,"ev":"task_start","task":"t1","name":"Install"}
        {"v":1,"seq":2,"ev":"host_start","h":"a","task":"t1"}
        {"v":1,"seq":3,"ev":"host_start","h":"b","task":"t1"}
        {"v":1,"seq":4,"ev":"host","h":"a","task":"t1","status":"changed"}
        {"v":1,"seq":5,"ev":"host","h":"b","task":"t1","status":"ok"}
        {"v":1,"seq":6,"ev":"host","h":"c","task":"t1","status":"unreachable"}
        {"v":1,"seq":7,"ev":"host","h":"d","task":"t1","status":"skipped"}
        {"v":1,"seq":8,"ev":"task_start","task":"t2","name":"Start"}
        {"v":1,"seq":9,"ev":"host_start","h":"a","task":"t2"}
        {"v":1,"seq":10,"ev":"host","h":"b","task":"t2","status":"ignored"}
        {"v":1,"seq":11,"ev":"host","h":"e","task":"t2","status":"failed"}

        """;

    private const string Stats = """
        {"v":1,"ev":"stats","hosts":{"b":{"ok":5,"changed":2,"failed":0,"unreachable":0,"skipped":1,"rescued":3,"ignored":4},"a":{"ok":0,"changed":0,"failed":1,"unreachable":0,"skipped":0,"rescued":0,"ignored":0}}}

        """;

    [Fact]
    public void Without_a_recap_the_results_seen_are_counted()
    {
        var tally = Of(Run);

        Assert.False(tally.HasStats);
        Assert.Equal(
            [
                new("a", "changed", 1, 1, 0, 0, 0, 0, 0), new("b", "ok", 2, 0, 0, 0, 0, 0, 1), new("c", "unreachable", 0, 0, 0, 1, 0, 0, 0),
                new("d", "skipped", 0, 0, 0, 0, 1, 0, 0), new("e", "failed", 0, 0, 1, 0, 0, 0, 0),
            ],
            tally.Hosts);
        Assert.Equal(new HostCounts(2, 1, 1, 1, 1), tally.Summary());
    }

    [Fact]
    public void The_recap_has_the_last_word_rescued_and_ignored_included()
    {
        var tally = Of(Run + Stats);

        Assert.True(tally.HasStats);
        Assert.Equal([new("a", "failed", 0, 0, 1, 0, 0, 0, 0), new("b", "changed", 5, 2, 0, 0, 1, 3, 4)], tally.Hosts);
        Assert.Equal(new HostCounts(1, 1, 1, 0, 0), tally.Summary());
    }

    [Fact]
    public void What_was_started_and_never_came_back_is_open_with_its_task() => Assert.Equal([KeyValuePair.Create("a", "Start")], Of(Run).Open);

    [Fact]
    public void With_the_strategy_free_an_open_host_is_at_its_own_task() => Assert.Equal(
        [KeyValuePair.Create("a", "First")],
        Of("""
            {"ev":"task_start","task":"t1","name":"First"}
            {"ev":"task_start","task":"t2","name":"Second"}
            {"ev":"host_start","h":"a","task":"t1"}

            """).Open);

    [Fact]
    public void Lines_may_be_cut_anywhere()
    {
        var bytes = Encoding.UTF8.GetBytes((Run + Stats).Replace("\"b\"", "\"bär\"", StringComparison.Ordinal));
        var whole = new EventTally();
        whole.Add(new LineAssembler(), bytes);
        for (var size = 1; size < 40; size++)
        {
            var pieces = new EventTally();
            var lines = new LineAssembler();
            for (var at = 0; at < bytes.Length; at += size)
            {
                pieces.Add(lines, bytes.AsSpan(at, Math.Min(size, bytes.Length - at)));
            }

            Assert.Equal(whole.Hosts, pieces.Hosts);
            Assert.Equal(whole.Open, pieces.Open);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("no json")]
    [InlineData("""{"ev":"host","h":"a","stat""")]
    [InlineData("[1,2]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"ev":7}""")]
    [InlineData("""{"ev":"stats"}""")]
    [InlineData("""{"ev":"stats","hosts":[]}""")]
    [InlineData("""{"ev":"stats","hosts":{"a":7}}""")]
    [InlineData("""{"ev":"stats","hosts":{"a":{"ok":"many"}}}""")]
    public void A_line_that_is_none_of_the_callbacks_changes_nothing(string line)
    {
        var expected = Of(Run).Hosts;

        var tally = Of($"{line}\n{Run}{line}\n");

        Assert.Equal(expected, tally.Hosts);
        Assert.False(tally.HasStats);
    }

    [Fact]
    public void A_name_of_a_host_can_always_be_stored() =>
        Assert.Equal("a\uFFFDb", Assert.Single(Of("""{"ev":"host","h":"a\u0000b","status":"ok"}""" + "\n").Hosts).Host);

    [Fact]
    public void A_play_without_hosts_is_remembered()
    {
        Assert.False(Of(Run).NoHosts);
        Assert.True(Of("""{"ev":"no_hosts"}""" + "\n").NoHosts);
    }

    [Fact]
    public void Events_given_again_from_the_start_count_once()
    {
        var tally = Of(Run + """{"ev":"no_hosts"}""" + "\n{\"cut");

        tally.Clear();
        tally.Add(new LineAssembler(), Encoding.UTF8.GetBytes(Run));

        Assert.Equal(Of(Run).Hosts, tally.Hosts);
        Assert.False(tally.NoHosts);
    }

    private static EventTally Of(string lines)
    {
        var tally = new EventTally();
        tally.Add(new LineAssembler(), Encoding.UTF8.GetBytes(lines));
        return tally;
    }
}
