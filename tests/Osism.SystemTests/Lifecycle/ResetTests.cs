using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Lifecycle;

/// <summary>A manager begins anew and keeps what nobody could give it again.</summary>
[Collection(Collections.Unusual)]
public sealed class ResetTests(SiteFixture site)
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_as_new_with_its_share_and_its_secrets_and_gathers_facts_by_itself()
    {
        await using var daemon = await site.StartManagerAsync(_token);
        var old = await EndedAsync(daemon);
        await File.WriteAllTextAsync(Path.Combine(daemon.Home, "share", "keep.txt"), "kept", _token);
        await daemon.Cli.MustAsync(_token, "lock", "--reason", "forgotten");
        var (secret, key, token) = (await SecretsAsync(daemon), await FileAsync(daemon, "secrets/seal.key"), await FileAsync(daemon, "token"));
        var before = daemon.Id;

        var refused = await daemon.Cli.RunAsync(_token, "manager", "reset");
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains("1 jobs with their output", refused.Errors, StringComparison.Ordinal);
        var reset = await daemon.Cli.MustAsync(_token, "manager", "reset", "--yes");

        Assert.False(Signals.IsAlive(before));
        Assert.Equal("0", await daemon.QueryAsync($"select count(*) from job where id = '{old}'", _token));
        Assert.Equal("succeeded", await daemon.QueryAsync($"select case state when {(int)JobState.Succeeded} then 'succeeded' else state::text end from job where role = 'facts'", _token));
        Assert.Equal("0", await daemon.QueryAsync("select count(*) from operator_lock", _token));
        Assert.Equal("kept", await FileAsync(daemon, "share/keep.txt"));
        Assert.Equal((secret, key, token), (await SecretsAsync(daemon), await FileAsync(daemon, "secrets/seal.key"), await FileAsync(daemon, "token")));
        var aside = Assert.Single(Directory.GetDirectories(daemon.Home, "before-reset-*"));
        Assert.Contains(aside, reset.Text, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(aside, "postgres", "data", "PG_VERSION")));
        Assert.NotEmpty((await daemon.Cli.MustAsync(_token, "get", "facts", "node-0")).Text);
        Assert.False(File.Exists(Path.Combine(daemon.Home, "reset.json")));
    }

    [Fact]
    public async Task With_its_history_the_record_stays_and_locks_go_and_jobs_under_way_are_waited_for_when_wished()
    {
        await using var daemon = await site.StartManagerAsync(_token);
        var old = await EndedAsync(daemon);
        var run = site.Hold();
        var held = await daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);
        await run.BeganAsync(_token);
        await daemon.Cli.MustAsync(_token, "lock", "--role", "hold", "--reason", "forgotten");

        var refused = await daemon.Cli.RunAsync(_token, "manager", "reset", "--keep-history", "--yes");
        Assert.Equal(ExitCode.Locked, refused.ExitCode);
        Assert.Contains($"error: manager.busy: jobs are under way: {held}", refused.Errors, StringComparison.Ordinal);
        // So the facts cannot be gathered, as when a host is away: the manager is reset all the same.
        await site.Pod.WriteAsync("environments/generic/.lock", "busy elsewhere\n", _token);
        using var reset = daemon.Cli.Start("manager", "reset", "--keep-history", "--yes", "--drain");
        await reset.ErrorLinesAsync(1, _token);
        run.Go();
        var result = await reset.WaitAsync(2 * Bounds.Long, _token);
        File.Delete(site.Pod.PathOf("environments", "generic", ".lock"));

        Assert.True(result.ExitCode == ExitCode.Locked, result.Errors);
        Assert.Contains("is reset and works", result.Text, StringComparison.Ordinal);
        Assert.Contains("warning: 'osism apply facts' ended with exit code 3", result.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(daemon.Home, "reset.json")));
        Assert.Equal((JobState.Succeeded, JobState.Succeeded), ((await daemon.JobAsync(old, _token)).State, (await daemon.JobAsync(held, _token)).State));
        Assert.Equal("0", await daemon.QueryAsync("select count(*) from operator_lock where released_at is null", _token));
        Assert.NotEmpty(await daemon.OutputAsync(old, _token));
    }

    [Fact]
    public Task One_that_is_killed_in_the_middle_has_lost_nothing_and_goes_on_when_it_is_called_again() => KilledAsync("reset-move-postgres-aside");

    [Fact]
    [Trait("Length", "drill")]
    public Task One_that_is_killed_at_its_beginning_goes_on_when_it_is_called_again() => KilledAsync("reset-stopped");

    private async Task KilledAsync(string point)
    {
        await using var daemon = await site.StartManagerAsync(_token);
        var old = await EndedAsync(daemon);
        daemon.Failpoints.Arm(point);
        var command = daemon.Cli.Command("manager", "reset", "--yes");
        var environment = new Dictionary<string, string?>(command.Environment, StringComparer.Ordinal) { ["OSISM_TEST__FAILPOINTS"] = daemon.Failpoints.Folder };
        using (var running = (command with { Environment = environment }).Start())
        {
            await daemon.Failpoints.ReachedAsync(point, Bounds.Long, _token);
            var restore = await daemon.Cli.RunAsync(_token, "manager", "restore", "--yes", "--passphrase-file", "-");
            Assert.Contains("error: manager.busy: another reset or restore", restore.Errors, StringComparison.Ordinal);
            var second = await daemon.Cli.RunAsync(_token, "manager", "reset", "--yes");
            Assert.Contains("error: manager.busy: another reset or restore", second.Errors, StringComparison.Ordinal);
            await running.SignalAsync("KILL", _token);
            await running.WaitAsync(Bounds.Usual, _token);
        }

        daemon.Failpoints.Clear();
        if (point == "reset-move-postgres-aside")
        {
            // The operator tries to start it first.
            await daemon.StartAsync(_token);
        }

        await daemon.Cli.Command("manager", "reset", "--yes").MustAsync(_token);

        Assert.Equal("0", await daemon.QueryAsync($"select count(*) from job where id = '{old}'", _token));
        Assert.Equal("1", await daemon.QueryAsync($"select count(*) from job where role = 'facts' and state = {(int)JobState.Succeeded}", _token));
        var aside = Directory.GetDirectories(daemon.Home, "before-reset-*");
        Assert.Single(aside);
        Assert.True(File.Exists(Path.Combine(aside[0], "postgres", "data", "PG_VERSION")));
    }

    private static Task<string> SecretsAsync(Daemon daemon) =>
        daemon.QueryAsync("select md5(string_agg(s::text, ',' order by s::text)) from sealed_secret s", TestContext.Current.CancellationToken);

    private static Task<string> FileAsync(Daemon daemon, string name) => File.ReadAllTextAsync(Path.Combine(daemon.Home, name), TestContext.Current.CancellationToken);

    private async Task<Guid> EndedAsync(Daemon daemon)
    {
        var run = site.Hold();
        run.Go();
        return (await daemon.EndAsync(await daemon.SubmitAsync(_token, ["hold", .. run.Arguments]), _token)).Id;
    }
}
