using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;

namespace Osism.SystemTests.Jobs;

/// <summary>What an operator does about a run that did not go well: again where it failed, from some task on, or no longer than it may take.</summary>
[Collection(Collections.Site)]
public sealed class RerunTests(SiteFixture site)
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rerun_failed_runs_on_the_hosts_that_failed_or_were_unreachable_and_on_no_other()
    {
        var run = site.Hold();
        await site.Pod.PlayAsync("half", """
            ---
            - name: Go well in part
              hosts: node-*
              gather_facts: false
              vars:
                ansible_port: "{{ 1 if inventory_hostname == 'node-2' and not healed else 22 }}"
                healed: "{{ lookup('ansible.builtin.fileglob', marks ~ '/' ~ trace ~ '.go') | length > 0 }}"
              tasks:
                - name: Leave a mark
                  ansible.builtin.shell: echo {{ inventory_hostname }} >> {{ marks }}/{{ trace }}.trace
                  delegate_to: localhost
                  vars:
                    ansible_port: 22
                - name: Reach the node
                  ansible.builtin.command: hostname
                - name: Fail on one
                  ansible.builtin.fail:
                    msg: not today
                  when: inventory_hostname == 'node-1' and not healed
            """, _token);
        var id = await site.Daemon.SubmitAsync(_token, ["half", .. run.Arguments]);
        var first = await site.Daemon.EndAsync(id, _token);
        Assert.True(first.State == JobState.Failed, System.Text.Encoding.UTF8.GetString(await site.Daemon.OutputAsync(id, _token)));
        Assert.Equal((1, 1), (first.Hosts!.Failed, first.Hosts.Unreachable));
        File.Delete(Path.Combine(site.Marks, $"{run.Name}.trace"));
        run.Go();

        var again = await site.Cli.RunAsync(_token, "rerun", $"{id}", "--failed", "--format", "script");

        Assert.True(again.ExitCode == 0, again.Errors);
        Assert.Equal(["node-1", "node-2"], File.ReadAllLines(Path.Combine(site.Marks, $"{run.Name}.trace")).Order());
        var job = await site.Daemon.JobAsync(Guid.Parse(again.Errors.Split('\n')[0]), _token);
        Assert.Equal((JobState.Succeeded, id), (job.State, job.RerunOf));
        Assert.Equal(2, job.Hosts!.Ok);
        Assert.Contains($"{id}", (await site.Cli.MustAsync(_token, "task", "show", $"{job.Id}")).Text, StringComparison.Ordinal);

        // Nothing failed there.
        var nothing = await site.Cli.RunAsync(_token, "rerun", $"{job.Id}", "--failed");
        Assert.NotEqual(0, nothing.ExitCode);
        Assert.StartsWith("error: ", nothing.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_at_task_leaves_out_what_comes_before_for_apply_and_for_rerun()
    {
        var run = site.Hold();
        await site.Pod.PlayAsync("steps", """
            ---
            - name: Go step by step
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: The first step
                  ansible.builtin.shell: echo 1 >> {{ marks }}/{{ trace }}.trace
                - name: The second step
                  ansible.builtin.shell: echo 2 >> {{ marks }}/{{ trace }}.trace
            """, _token);
        var trace = Path.Combine(site.Marks, $"{run.Name}.trace");

        Assert.Equal(0, (await site.Cli.RunAsync(_token, ["apply", "steps", "--start-at-task", "The second step", .. run.Arguments])).ExitCode);
        Assert.Equal(["2"], File.ReadAllLines(trace));

        var whole = await site.Daemon.SubmitAsync(_token, ["steps", .. run.Arguments]);
        await site.Daemon.EndAsync(whole, _token);
        Assert.Equal(["2", "1", "2"], File.ReadAllLines(trace));
        Assert.Equal(0, (await site.Cli.RunAsync(_token, "rerun", $"{whole}", "--start-at-task", "The second step")).ExitCode);
        Assert.Equal(["2", "1", "2", "2"], File.ReadAllLines(trace));
    }

    [Fact]
    public async Task Task_timeout_ends_the_run_with_all_that_belongs_to_it_and_the_client_with_5()
    {
        var run = site.Hold();

        var result = await site.Cli.RunAsync(_token, ["apply", "runaway", "--task-timeout", "6", "--format", "script", .. run.Arguments]);

        Assert.True(result.ExitCode == ExitCode.TimedOut, $"{result.ExitCode}: {result.Errors}");
        var job = await site.Daemon.JobAsync(Guid.Parse(result.Errors.Split('\n')[0]), _token);
        Assert.Equal((JobState.TimedOut, "job.timed_out"), (job.State, job.Reason!.Code));
        Assert.Empty(AttemptProcesses.Described(job.Id));
        await Leftovers.GoneAsync(site.Daemon, job.Id, _token);
    }
}
