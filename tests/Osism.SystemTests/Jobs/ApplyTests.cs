using System.Security.Cryptography;
using System.Text;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Jobs;

/// <summary><c>osism apply</c> over three nodes, from the command line to the record.</summary>
[Collection(Collections.Site)]
public sealed class ApplyTests(SiteFixture site)
{
    private const string Secret = "correct-horse-battery-staple";
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ping")]
    [InlineData("facts")]
    public async Task A_role_runs_on_all_nodes_and_what_is_stored_is_what_was_shown(string role)
    {
        var shown = await site.Cli.RunAsync(_token, "apply", role, "--format", "script");

        Assert.Equal(0, shown.ExitCode);
        var job = await site.Daemon.JobAsync(Guid.Parse(shown.Errors.Split('\n')[0]), _token);
        Assert.Equal(JobState.Succeeded, job.State);
        Assert.Equal(new HostCounts(3, 0, 0, 0, 0), job.Hosts);
        Assert.Equal(0, job.ExitCode);
        var stored = await site.Daemon.OutputAsync(job.Id, _token);
        Assert.Equal(Encoding.UTF8.GetString(stored), shown.Text);
        Assert.Equal(stored.Length, job.OutputBytes);
        Assert.Equal(Sha256(stored), job.OutputSha256);
        Assert.Equal(job.SpoolSha256, job.OutputSha256);
    }

    [Fact]
    public async Task The_record_says_which_hosts_which_commit_and_what_was_executed()
    {
        var id = await site.Daemon.SubmitAsync(_token, "ping");

        var job = await site.Daemon.EndAsync(id, _token);

        var head = (await site.Pod.GitAsync(_token, "rev-parse", "HEAD")).Text.Trim();
        Assert.Equal(head, job.Configuration!.Commit);
        Assert.NotNull(job.Configuration.Hash);
        var hosts = await site.Daemon.GetAsync(ApiRoutes.Hosts(id), OsismJson.Default.PageJobHostInfo, _token);
        Assert.Equal(["node-0 ok", "node-1 ok", "node-2 ok"], hosts.Items.Select(host => $"{host.Host} {host.Status}"));
        Assert.Equal(["submitted", "claimed", "running", "succeeded"], await site.Daemon.HistoryAsync(id, _token));
        var events = await site.Daemon.Http.GetStringAsync(new Uri(ApiRoutes.Events(id), UriKind.Relative), _token);
        Assert.Contains("\"ev\":\"stats\"", events, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_is_shown_and_stored_in_none_of_its_forms_and_the_hash_is_that_of_the_masked_spool()
    {
        // Its value, and its Base64 and URL forms, which differ from it.
        var secret = "p@ss word/with ünïcode?";
        await site.Pod.PlayAsync("gives-away", $$$"""
            ---
            - name: Give secrets away
              hosts: localhost
              connection: local
              gather_facts: false
              vars:
                pieces: ["{{ example_secret }}", "{{ example_secret | b64encode }}", "{{ example_secret | urlencode }}"]
                others: ["{{ other_secret }}", "{{ other_secret | b64encode }}", "{{ other_secret | urlencode }}"]
              tasks:
                - name: Print them
                  ansible.builtin.debug:
                    msg: "before {{ item }} after"
                  loop: "{{ pieces + others }}"
            """, _token);
        await site.Pod.WriteAsync("environments/custom/secrets.yml", $"---\nother_secret: \"{secret}\"\n", _token);
        var daemon = site.Daemon;
        daemon.Failpoints.Arm("finishing");
        var following = site.Cli.Start("apply", "gives-away", "--format", "script");
        await daemon.Failpoints.ReachedAsync("finishing", Bounds.Long, _token);
        var id = Guid.Parse((await following.ErrorLinesAsync(1, _token))[0]);

        var spool = await File.ReadAllBytesAsync(Path.Combine(AttemptProcesses.Folder(daemon, id), "output"), _token);
        daemon.Failpoints.Release("finishing");
        var shown = await following.WaitAsync(Bounds.Long, _token);
        following.Dispose();

        var job = await daemon.EndAsync(id, _token);
        var stored = await daemon.OutputAsync(id, _token);
        var text = Encoding.UTF8.GetString(stored);
        string[] forms =
        [
            Secret, Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)).TrimEnd('='),
            secret, Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('='), Uri.EscapeDataString(secret), Uri.EscapeDataString(secret).Replace("%2F", "/", StringComparison.Ordinal),
        ];
        Assert.Contains(Secret, Encoding.UTF8.GetString(spool), StringComparison.Ordinal);
        Assert.All(forms, form => Assert.DoesNotContain(form, text, StringComparison.Ordinal));
        Assert.All(forms, form => Assert.DoesNotContain(form, shown.Text, StringComparison.Ordinal));
        Assert.Equal(6, text.Split("before ***").Length - 1);
        Assert.Equal(Sha256(spool), job.SpoolSha256);
        Assert.Equal(Sha256(stored), job.OutputSha256);
        Assert.NotEqual(job.SpoolSha256, job.OutputSha256);

        Assert.DoesNotContain(
            Secret, await daemon.Http.GetStringAsync(new Uri(ApiRoutes.Events(id), UriKind.Relative), _token), StringComparison.Ordinal);

        // Nothing else is touched.
        var raw = Encoding.UTF8.GetString(spool).Split('\n');
        var masked = text.Split('\n');
        Assert.Equal(raw.Length, masked.Length);
        Assert.All(raw.Zip(masked), lines => Assert.True(lines.First == lines.Second || lines.Second.Contains("***", StringComparison.Ordinal), lines.Second));
    }

    [Fact]
    public async Task A_failed_host_fails_the_job_and_the_command()
    {
        var run = site.Hold();

        var result = await site.Cli.RunAsync(_token, ["apply", "fails", "--format", "script", .. run.Arguments]);

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        var job = await site.Daemon.JobAsync(Guid.Parse(result.Errors.Split('\n')[0]), _token);
        Assert.Equal((JobState.Failed, "run.failed", 2), (job.State, job.Reason!.Code, job.ExitCode));
        Assert.Contains("localhost", job.Reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dry_run_changes_nothing()
    {
        var run = site.Hold();
        run.Go();

        var result = await site.Cli.RunAsync(_token, ["apply", "hold", "--dry-run", .. run.Arguments]);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(0, run.Traces);
    }

    [Fact]
    public async Task A_play_without_hosts_succeeds_with_a_warning()
    {
        var result = await site.Cli.RunAsync(_token, "apply", "ping", "-e", "hosts_ping=nobody");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("no_hosts", result.Errors, StringComparison.Ordinal);
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
