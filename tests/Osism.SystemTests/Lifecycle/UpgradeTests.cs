using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Lifecycle;

/// <summary>A new osismd takes the place of the old one. That the old one is another program is tried by <c>scripts/upgrade-drill</c>; here its tables are older.</summary>
[Collection(Collections.Unusual)]
public sealed class UpgradeTests(SiteFixture site)
{
    private const string Count = "select count(*) from schema_migration where number = 140";
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_tried_first_and_backed_up_and_runs_go_on()
    {
        await using var daemon = await site.StartManagerAsync(_token);
        Assert.Contains("nothing to do", (await daemon.Cli.MustAsync(_token, "manager", "upgrade", "--yes")).Text, StringComparison.Ordinal);
        await AgeAsync(daemon);
        var run = site.Hold();
        var held = await daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);
        await run.BeganAsync(_token);
        var before = daemon.Id;

        var check = await daemon.Cli.MustAsync(_token, "manager", "upgrade", "--check");
        Assert.Contains("1 runs are under way", check.Text, StringComparison.Ordinal);
        Assert.Contains("0140_ara: makes rec_label, rec_playbook_label, rec_record", check.Text, StringComparison.Ordinal);
        Assert.True(Signals.IsAlive(before));
        Assert.Equal("0", await daemon.QueryAsync(Count, _token));
        Assert.Equal("0", await daemon.QueryAsync("select count(*) from pg_database where datname like '%rehearsal%'", _token));
        Assert.Equal(ExitCode.Usage, (await daemon.Cli.RunAsync(_token, "manager", "upgrade")).ExitCode);

        var upgrade = await daemon.Cli.MustAsync(_token, "manager", "upgrade", "--yes");

        Assert.Contains("the manager was away for", upgrade.Text, StringComparison.Ordinal);
        Assert.False(Signals.IsAlive(before));
        Assert.Equal("1", await daemon.QueryAsync(Count, _token));
        run.Go();
        Assert.Equal(JobState.Succeeded, (await daemon.EndAsync(held, _token)).State);
        // It rises with each adoption.
        Assert.Equal(2, (await daemon.JobAsync(held, _token)).Attempt);
        var backup = Assert.Single(Directory.GetDirectories(Path.Combine(daemon.Home, "backups")));
        Assert.Contains($"osism manager restore {backup} --passphrase-file {daemon.Home}/secrets/upgrade-backup.passphrase", upgrade.Errors, StringComparison.Ordinal);
        await daemon.Cli.MustAsync(_token, "manager", "verify", backup, "--passphrase-file", $"{daemon.Home}/secrets/upgrade-backup.passphrase");
        Assert.False(File.Exists(Path.Combine(daemon.Home, "upgrade.json")));
    }

    [Fact]
    public async Task One_that_is_killed_between_stop_and_start_has_lost_nothing_and_goes_on_when_it_is_called_again()
    {
        const string Point = "upgrade-stopped";
        await using var daemon = await site.StartManagerAsync(_token);
        await AgeAsync(daemon);
        var run = site.Hold();
        var held = await daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);
        await run.BeganAsync(_token);
        var before = daemon.Id;
        daemon.Failpoints.Arm(Point);
        var command = daemon.Cli.Command("manager", "upgrade", "--yes");
        var environment = new Dictionary<string, string?>(command.Environment, StringComparer.Ordinal) { ["OSISM_TEST__FAILPOINTS"] = daemon.Failpoints.Folder };
        using (var running = (command with { Environment = environment }).Start())
        {
            await daemon.Failpoints.ReachedAsync(Point, Bounds.Long, _token);
            var second = await daemon.Cli.RunAsync(_token, "manager", "upgrade", "--yes");
            Assert.Contains("error: manager.busy", second.Errors, StringComparison.Ordinal);
            await running.SignalAsync("KILL", _token);
            await running.WaitAsync(Bounds.Usual, _token);
        }

        daemon.Failpoints.Clear();
        Assert.False(Signals.IsAlive(before));
        await daemon.Cli.MustAsync(_token, "manager", "upgrade", "--yes");

        Assert.Equal("1", await daemon.QueryAsync(Count, _token));
        run.Go();
        Assert.Equal(JobState.Succeeded, (await daemon.EndAsync(held, _token)).State);
        Assert.Single(Directory.GetDirectories(Path.Combine(daemon.Home, "backups"), "osism-*"));
        Assert.False(File.Exists(Path.Combine(daemon.Home, "upgrade.json")));
    }

    [Fact]
    public async Task An_osismd_that_finds_older_tables_makes_the_backup_itself_and_a_killed_migration_is_none()
    {
        await using var daemon = await site.StartManagerAsync(_token);
        await AgeAsync(daemon);
        await daemon.KillAsync(_token);
        daemon.Failpoints.Arm("migrated@0140");
        var starting = daemon.StartAsync(_token);
        await daemon.Failpoints.ReachedAsync("migrated@0140", Bounds.Long, _token);
        Assert.Equal("1", await daemon.QueryAsync(Count, _token));
        await daemon.KillAsync(_token);
        daemon.Failpoints.Clear();
        await Assert.ThrowsAsync<TimeoutException>(() => starting);

        await daemon.StartAsync(_token);

        Assert.Single(Directory.GetDirectories(Path.Combine(daemon.Home, "backups"), "osism-*"));
        Assert.Contains("The backup before the upgrade is", daemon.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_of_a_newer_osismd_are_refused_and_stay_as_they_are_and_a_stopped_manager_is_not_started()
    {
        await using var daemon = await site.StartManagerAsync(_token);
        await AgeAsync(daemon);
        await daemon.StopAsync(_token);
        Assert.Contains("1 migrations are applied", (await daemon.Cli.MustAsync(_token, "manager", "upgrade", "--yes")).Text, StringComparison.Ordinal);
        Assert.Contains("which is not running", (await daemon.Cli.MustAsync(_token, "manager", "upgrade", "--yes")).Text, StringComparison.Ordinal);
        await daemon.StartAsync(_token);
        await daemon.QueryAsync("insert into schema_migration (number, name, checksum) values (9999, 'of_tomorrow', 'x')", _token);

        var refused = await daemon.Cli.RunAsync(_token, "manager", "upgrade", "--yes");
        Assert.Contains("error: database.schema: The database was used by a newer osismd: it holds migration 9999_of_tomorrow", refused.Errors, StringComparison.Ordinal);
        Assert.True(daemon.IsRunning);
        await daemon.StopAsync(_token);
        var start = await Assert.ThrowsAsync<TimeoutException>(() => daemon.StartAsync(_token));
        Assert.Contains("9999_of_tomorrow", start.Message, StringComparison.Ordinal);
    }

    /// <summary>Makes the tables those of an older osismd, which works with them: only ARA's clients need the ones that are gone.</summary>
    private async Task AgeAsync(Daemon daemon)
    {
        await daemon.QueryAsync("drop table rec_label, rec_playbook_label, rec_record", _token);
        await daemon.QueryAsync("delete from schema_migration where number = 140", _token);
    }
}
