using System.Security.Cryptography;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Spool;

/// <summary><c>kill -9</c> of PostgreSQL in each phase of a run, under a manager that lives: nothing is lost, nothing happens twice.</summary>
[Collection(Collections.Crashes)]
public sealed class PostgresKilledTests(SiteFixture site)
{
    private static readonly TimeSpan Phase = Bounds.Long;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("claimed")]
    [InlineData("spooled")]
    [InlineData("spawned")]
    [InlineData("running")]
    [InlineData("following")]
    [InlineData("exited")]
    [InlineData("finishing")]
    [InlineData("stored")]
    public async Task The_run_succeeds_once_and_its_output_is_complete(string phase)
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        daemon.Failpoints.Arm(phase);
        var id = await daemon.SubmitAsync(_token, ["traces", .. run.Arguments]);
        if (phase is "exited" or "finishing" or "stored")
        {
            run.Go();
        }

        await daemon.Failpoints.ReachedAsync(phase, Phase, _token);
        await daemon.KillPostgresAsync(_token);
        daemon.Failpoints.Release(phase);
        run.Go();

        var job = await daemon.EndAsync(id, _token);

        Assert.Equal((JobState.Succeeded, null, 0), (job.State, job.Reason, job.ExitCode));
        Assert.Equal(new HostCounts(1, 1, 0, 0, 0), job.Hosts);
        Assert.Equal(1, run.Traces);
        Assert.Equal(1, await run.TracesOnAsync(site.Lab, "node-0", _token));
        var output = await daemon.OutputAsync(id, _token);
        Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(output));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(output)), job.OutputSha256);
        var history = await daemon.HistoryAsync(id, _token);
        Assert.Equal(["running", "succeeded"], history.Where(step => step is "running" or "succeeded"));
        await Leftovers.GoneAsync(daemon, id, _token);
    }

    [Fact]
    public async Task What_it_had_taken_but_not_yet_written_to_its_disk_is_stored_again()
    {
        // Only a heartbeat would write it out by the way; the process that does it otherwise is asleep.
        await using var daemon = await site.StartManagerAsync(_token, ("OSISM_WORKER__HEARTBEAT", "00:01:00"), ("OSISM_WORKER__LEASE", "00:05:00"));
        var run = site.Hold();
        daemon.Failpoints.Arm("drained");
        var id = await daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);
        await run.BeganAsync(_token);
        var writer = daemon.WalWriter();
        await Signals.SendAsync(writer, "STOP", _token);
        run.Go();
        await daemon.Failpoints.ReachedAsync("drained", Phase, _token);
        await daemon.KillPostgresAsync(_token);
        await Signals.SendAsync(writer, "KILL", _token);
        daemon.Failpoints.Release("drained");

        var job = await daemon.EndAsync(id, _token);

        var output = await daemon.OutputAsync(id, _token);
        Assert.Equal(JobState.Succeeded, job.State);
        Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(output));
        Assert.Equal(output.Length, job.OutputBytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(output)), job.OutputSha256);
        Assert.Equal(job.SpoolSha256, job.OutputSha256);
        await Leftovers.GoneAsync(daemon, id, _token);
    }

    [Fact]
    public async Task Killed_while_output_comes_it_loses_no_line()
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        await site.Pod.PlayAsync("talks", """
            ---
            - name: Talk
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: Say that it began
                  ansible.builtin.shell: touch {{ marks }}/{{ trace }}.began
                - name: Count
                  ansible.builtin.debug:
                    msg: "line-{{ item }}-end"
                  loop: "{{ range(1, 2001) | list }}"
                  loop_control:
                    label: counting
            """, _token);
        using var following = daemon.Cli.Start(["apply", "talks", "--format", "script", .. run.Arguments]);
        await run.BeganAsync(_token);

        for (var kill = 0; kill < 3; kill++)
        {
            var seen = following.Stdout.Length;
            await Eventually.TrueAsync("more output comes", () => following.Stdout.Length > seen || following.HasExited, Phase, _token);
            await daemon.KillPostgresAsync(_token);
        }

        var shown = await following.WaitAsync(Bounds.Long, _token);
        Assert.Equal(0, shown.ExitCode);
        Assert.Equal(Enumerable.Range(1, 2000), Plays.Counted(shown.Stdout));
        var id = Guid.Parse(shown.Errors.Split('\n')[0]);
        Assert.Equal(shown.Stdout, await daemon.OutputAsync(id, _token));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(shown.Stdout)), (await daemon.JobAsync(id, _token)).OutputSha256);
    }
}
