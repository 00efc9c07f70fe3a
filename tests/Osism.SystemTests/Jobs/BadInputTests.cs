using Osism.Contracts;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Jobs;

/// <summary>What cannot be run is refused when it is submitted: one clear line, a stable code, and no job.</summary>
[Collection(Collections.Site)]
public sealed class BadInputTests(SiteFixture site)
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_unknown_role_is_answered_with_the_nearest_names()
    {
        var line = await RefusedAsync(ExitCode.NotFound, "role.unknown", site.Daemon, "apply", "pnig");

        Assert.Contains("ping", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_environment_is_named()
    {
        var line = await RefusedAsync(ExitCode.NotFound, "environment.missing", site.Daemon, "apply", "-e", "nowhere", "ping");

        Assert.Contains("nowhere", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        const string Name = "environments/custom/images.yml";
        File.Delete(site.Pod.PathOf(Name));
        try
        {
            var line = await RefusedAsync(ExitCode.NotFound, "file.missing", site.Daemon, "apply", "hello");

            Assert.Contains(Name, line, StringComparison.Ordinal);
        }
        finally
        {
            await site.Pod.GitAsync(CancellationToken.None, "checkout", "-q", "--", Name);
        }
    }

    [Fact]
    public async Task A_broken_file_is_named_with_its_line()
    {
        await site.Pod.PlayAsync("broken", "---\n- name: Fine\n  hosts: all\n  tasks: []\n   gather_facts: false\n", _token);

        var line = await RefusedAsync(ExitCode.Configuration, "yaml.broken", site.Daemon, "apply", "broken");

        Assert.True(line.Contains("environments/custom/playbook-broken.yml, line 5:", StringComparison.Ordinal), line);
    }

    [Fact]
    public async Task A_locked_environment_names_who_since_when_and_why()
    {
        const string Name = "environments/custom/.lock";
        await site.Pod.WriteAsync(Name, "new switches until noon\n", _token);
        await site.Pod.GitAsync(_token, "add", Name);
        await site.Pod.GitAsync(
            _token, "-c", "user.name=Ada Lovelace", "-c", "user.email=ada@pod.example", "commit", "-q", "-m", "Lock", "--date", "2026-01-02T03:04:05Z");
        try
        {
            var line = await RefusedAsync(ExitCode.Locked, "lock.held", site.Daemon, "apply", "hello");

            Assert.Contains("Ada Lovelace", line, StringComparison.Ordinal);
            Assert.Contains("2026-01-02 03:04:05", line, StringComparison.Ordinal);
            Assert.Contains("new switches until noon", line, StringComparison.Ordinal);
        }
        finally
        {
            await site.Pod.GitAsync(CancellationToken.None, "rm", "-q", Name);
            await site.Pod.GitAsync(CancellationToken.None, "commit", "-q", "-m", "Unlock");
        }
    }

    [Fact]
    public async Task A_lock_found_at_the_claim_rejects_the_job()
    {
        const string Name = "environments/custom/.lock";
        var run = site.Hold();
        var chain = await site.Daemon.SubmitChainAsync(_token, ["hold//hold", .. run.Arguments]);
        await run.BeganAsync(_token);
        await site.Pod.WriteAsync(Name, "later\n", _token);
        try
        {
            run.Go();

            var job = await site.Daemon.EndAsync(chain[1], _token);

            Assert.Equal((Contracts.Jobs.JobState.Rejected, "lock.held"), (job.State, job.Reason!.Code));
            Assert.Equal(1, run.Traces);
            Assert.Equal(ExitCode.Locked, (await site.Cli.RunAsync(_token, "wait", $"{chain[1]}")).ExitCode);
        }
        finally
        {
            File.Delete(site.Pod.PathOf(Name));
        }
    }

    [Fact]
    public async Task Without_and_with_a_wrong_vault_password_nothing_is_submitted()
    {
        await using var daemon = await Daemon.StartAsync(site.Pod.Path, SiteFixture.Settings, _token);

        var line = await RefusedAsync(ExitCode.Vault, "vault.sealed", daemon, "apply", "ping");
        Assert.Contains("environments/secrets.yml", line, StringComparison.Ordinal);
        Assert.Contains("osism vault password set", line, StringComparison.Ordinal);

        await (daemon.Cli.Command("vault", "password", "set") with { Input = "wrong"u8.ToArray() }).RunAsync(_token);
        line = await RefusedAsync(ExitCode.Vault, "vault.wrong_password", daemon, "apply", "ping");
        Assert.Contains("environments/secrets.yml", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_repository_the_manager_says_where_it_looked()
    {
        await using var daemon = await Daemon.StartAsync("/nowhere/at/all", SiteFixture.Settings, _token);

        var line = await RefusedAsync(ExitCode.NotFound, "repository.missing", daemon, "apply", "ping");

        Assert.Contains("/nowhere/at/all", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_option_is_a_matter_of_usage()
    {
        await RefusedAsync(ExitCode.Usage, "request.invalid", site.Daemon, "apply", "--nonsense", "ping");
    }

    private async Task<string> RefusedAsync(int exitCode, string code, Daemon daemon, params string[] arguments)
    {
        var before = await CountAsync(daemon);

        var result = await daemon.Cli.RunAsync(_token, arguments);

        Assert.True(result.ExitCode == exitCode, $"{result.ExitCode}: {result.Errors}");
        var line = Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"error: {code}: ", line, StringComparison.Ordinal);
        Assert.Empty(result.Stdout);
        Assert.Equal(before, await CountAsync(daemon));
        return line;
    }

    private async Task<int> CountAsync(Daemon daemon) =>
        (await daemon.GetAsync($"{ApiRoutes.Jobs}?all=true&limit=1000", OsismJson.Default.PageJobInfo, _token)).Items.Count;
}
