using Osism.Daemon.Schedules;

namespace Osism.Tests.Schedules;

/// <summary>What <c>environments/schedules.yml</c> may hold, and what is said of the rest.</summary>
public sealed class ScheduleFileTests
{
    [Fact]
    public void Everything_that_can_be_said_of_a_schedule_is_read()
    {
        var (definitions, problems) = ScheduleFile.Read(
            """
            ---
            schedules:
              - name: nightly-facts
                cron: "30 2 * * *"
                timezone: Europe/Berlin
                role: facts
                environment: generic
                arguments: ["-l", testbed]
                misfire: once
                overlap: queue
                jitter: 5m
                paused: yes
                retry: 2
                task_timeout: 600
              - {name: often, every: 1h30m, role: ping}
            """,
            _ => null);

        Assert.Empty(problems);
        var (first, second) = (definitions[0], definitions[1]);
        Assert.Equal(("nightly-facts", "30 2 * * *", "Europe/Berlin", 3), (first.Name, first.Cron, first.Zone.Id, first.Line));
        Assert.Equal((MisfirePolicy.Once, OverlapPolicy.Queue, TimeSpan.FromMinutes(5), true), (first.Misfire, first.Overlap, first.Jitter, first.Paused));
        Assert.Equal(("facts", "generic", 2, 600), (first.Work.Role, first.Work.Environment, first.Work.Retry, first.Work.TaskTimeout));
        Assert.Equal(["-l", "testbed"], first.Work.Arguments);
        Assert.Equal((TimeSpan.FromMinutes(90), TimeZoneInfo.Utc, MisfirePolicy.Skip, OverlapPolicy.Skip), (second.Every, second.Zone, second.Misfire, second.Overlap));
    }

    [Theory]
    [InlineData("")]
    [InlineData("---\n")]
    [InlineData("schedules:\n")]
    [InlineData("schedules: []\n")]
    [InlineData("# nothing yet\n")]
    [InlineData("[]")]
    public void A_file_may_be_empty(string text) => Assert.Equal((0, 0), (ScheduleFile.Read(text, _ => null).Definitions.Count, ScheduleFile.Read(text, _ => null).Problems.Count));

    [Theory]
    [InlineData("- name: a\n  cron: 0 0 30 2 *\n  role: ping\n", 2, "never due")]
    [InlineData("- name: a\n  cron: 0 0 * *\n  role: ping\n", 2, "4 fields")]
    [InlineData("- name: a\n  cron: '99 * * * *'\n  role: ping\n", 2, "99")]
    [InlineData("- name: a\n  every: 1h\n\n  timezone: Europe/Atlantis\n  role: ping\n", 4, "there is no time zone 'Europe/Atlantis'")]
    [InlineData("- name: a\n  every: 1h\n  timezone: ../../../etc/passwd\n  role: ping\n", 3, "there is no time zone")]
    [InlineData("- name: a\n  every: 1h\n  role: pinng\n", 3, "no such role")]
    [InlineData("- name: a\n  every: 1h\n  collection: nutshell\n", 3, "no such role")]
    [InlineData("- name: a\n  every: soon\n  role: ping\n", 2, "every is 'soon'")]
    [InlineData("- name: a\n  every: 0s\n  role: ping\n", 2, "from 1s")]
    [InlineData("- name: a\n  every: 9999d\n  role: ping\n", 2, "to 366d")]
    [InlineData("- name: a\n  every: 10m\n  jitter: 10m\n  role: ping\n", 3, "shorter than the interval")]
    [InlineData("- name: a\n  role: ping\n", 1, "needs 'cron' or 'every'")]
    [InlineData("- name: a\n  cron: '@daily'\n  every: 1h\n  role: ping\n", 3, "not both")]
    [InlineData("- name: a\n  every: 1h\n", 1, "needs a role or a collection")]
    [InlineData("- name: a\n  every: 1h\n  role: ping\n  collection: x\n", 1, "not both")]
    [InlineData("- every: 1h\n  role: ping\n", 1, "needs a name")]
    [InlineData("- name: a/b\n  every: 1h\n  role: ping\n", 1, "cannot be the name")]
    [InlineData("- name: a\n  every: 1h\n  role: ping\n- name: a\n  every: 2h\n  role: ping\n", 4, "in line 1 already")]
    [InlineData("- name: a\n  every: 1h\n  role: ping\n  misfire: twice\n", 4, "it must be skip or once")]
    [InlineData("- name: a\n  every: 1h\n  role: ping\n  overlap: 1\n", 4, "it must be skip or queue")]
    [InlineData("- name: a\n  every: 1h\n  role: ping\n  paused: perhaps\n", 4, "true or false")]
    [InlineData("- name: a\n  every: 1h\n  role: ping\n  retry: many\n", 4, "a number from 0 to 100")]
    [InlineData("- name: a\n  every: 1h\n  role: [ping]\n", 3, "single value")]
    [InlineData("- name: a\n  every: 1h\n  role: ping\n  arguments: {a: b}\n", 4, "a list of texts")]
    [InlineData("- name: a\n  every: 1h\n  rolle: ping\n", 3, "there is no key 'rolle'")]
    [InlineData("- ping\n", 1, "must be a mapping")]
    [InlineData("a: b\n", 1, "must hold a list")]
    [InlineData("schedules: 5\n", 1, "must be a list")]
    [InlineData("- name: a\n  every: 1h\n   role: ping\n", 3, "")]
    [InlineData("- name: a\n  name: b\n", 2, "")]
    [InlineData("- {name: a\n", 2, "")]
    [InlineData("- name: a\n---\n- name: b\n", 3, "second document")]
    public void What_is_wrong_is_said_with_its_line(string text, int line, string word)
    {
        var problems = ScheduleFile.Read(text, work => work.Role == "ping" ? null : "no such role").Problems;

        Assert.Contains(problems, problem => problem.Line == line && problem.Message.Contains(word, StringComparison.Ordinal));
        Assert.All(problems, problem => Assert.Equal("environments/schedules.yml", problem.File));
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once() => Assert.Equal(
        [2, 3, 5],
        ScheduleFile.Read("- name: a\n  cron: nonsense\n  timezone: Nowhere\n  role: ping\n- name: b\n  every: 1h\n", _ => null).Problems.Select(problem => problem.Line!.Value).Order());
}
