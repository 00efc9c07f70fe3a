using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Lifecycle;

/// <summary>A manager is saved while it works, and brought back: here, elsewhere, or not at all.</summary>
[Collection(Collections.Unusual)]
public sealed class BackupTests(SiteFixture site) : IDisposable
{
    private const string Words = "correct horse battery staple";

    /// <summary>What was recorded; the rest is who works here now, and when.</summary>
    private const string Record = """
        select 'job', count(*), md5(string_agg(j::text, ',' order by id)) from job j where role = 'traces'
        union all select 'history', count(*), md5(string_agg(h::text, ',' order by h::text)) from job_history h join job j on j.id = h.job_id where role = 'traces'
        union all select 'secret', count(*), md5(string_agg(s::text, ',' order by s::text)) from sealed_secret s
        """;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_manager_that_works_is_saved_and_is_the_same_on_another_home_but_begins_nothing()
    {
        await using var daemon = await site.StartManagerAsync(_token, ("OSISM_WORKER__SLOTS", "1"), ("OSISM_WORKER__OVERFLOW_SLOTS", "0"));
        var done = site.Hold();
        var recorded = await daemon.SubmitAsync(_token, ["traces", .. done.Arguments]);
        done.Go();
        await daemon.EndAsync(recorded, _token);
        var (running, waiting) = (site.Hold(), site.Hold());
        var ran = await daemon.SubmitAsync(_token, ["hold", .. running.Arguments]);
        var waited = await daemon.SubmitAsync(_token, ["hold", .. waiting.Arguments]);
        await running.BeganAsync(_token);
        await File.WriteAllTextAsync(Path.Combine(daemon.Home, "share", "keep.txt"), "kept", _token);
        var (record, output) = (await daemon.QueryAsync(Record, _token), await daemon.OutputAsync(recorded, _token));

        var path = (await Backup(daemon).MustAsync(_token)).Text.Trim();

        running.Go();
        waiting.Go();
        Assert.Equal(JobState.Succeeded, (await daemon.EndAsync(ran, _token)).State);
        Assert.Equal(JobState.Succeeded, (await daemon.EndAsync(waited, _token)).State);
        Assert.StartsWith("job|1|", record, StringComparison.Ordinal);
        using var list = JsonDocument.Parse((await daemon.Cli.MustAsync(_token, "manager", "list", "--folder", _folder.Path, "--format", "json")).Text);
        Assert.Equal((Path.GetFileName(path), 3), (list.RootElement[0].GetProperty("name").GetString(), list.RootElement[0].GetProperty("jobs").GetInt32()));

        var other = new TempFolder();
        await Restore(Daemon.HomeIn(other), path).MustAsync(_token);
        Assert.Empty(Signals.Naming(other.Path));
        await using var back = await Daemon.StartAsync(other, site.Pod.Path, SiteFixture.Settings, _token);

        Assert.Equal(record, await back.QueryAsync(Record, _token));
        Assert.Equal(output, await back.OutputAsync(recorded, _token));
        Assert.Equal("kept", await File.ReadAllTextAsync(Path.Combine(back.Home, "share", "keep.txt"), _token));
        Assert.Equal((JobState.Cancelled, "job.cancelled"), await StateAsync(back, waited));
        Assert.Equal((JobState.Lost, "job.lost"), await StateAsync(back, ran));
        Assert.Equal(1, waiting.Traces);
        var next = site.Hold();
        next.Go();
        // With the vault password of the backup.
        var first = await back.EndAsync(await back.SubmitAsync(_token, ["hold", .. next.Arguments]), _token);
        Assert.True(first.State == JobState.Succeeded, $"{first.Reason?.Message}\n{System.Text.Encoding.UTF8.GetString(await back.OutputAsync(first.Id, _token))}");
    }

    [Fact]
    public async Task What_stands_in_the_way_is_said_and_nothing_is_changed()
    {
        await using var daemon = await site.StartManagerAsync(_token);
        var run = site.Hold();
        var id = await daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);
        await run.BeganAsync(_token);
        var path = (await Backup(daemon).MustAsync(_token)).Text.Trim();

        await RefusedAsync(Restore(daemon.Home, path), "manager.running", ExitCode.Failed);
        await daemon.StopAsync(_token);
        var refused = await RefusedAsync(Restore(daemon.Home, path), "manager.busy", ExitCode.Locked);
        Assert.Contains($"{id}", refused, StringComparison.Ordinal);
        await daemon.StartAsync(_token);
        run.Go();
        await daemon.EndAsync(id, _token);
        await daemon.StopAsync(_token);
        await File.WriteAllTextAsync(Path.Combine(daemon.Home, "share", "mark"), "of today", _token);

        await RefusedAsync(Restore(daemon.Home, path, "another passphrase"), "backup.passphrase", ExitCode.Vault);
        await RefusedAsync(Restore(daemon.Home, "osism-20000101T000000Z"), "backup.missing", ExitCode.NotFound);
        foreach (var file in Directory.GetFiles(path))
        {
            var bytes = await File.ReadAllBytesAsync(file, _token);
            await File.WriteAllBytesAsync(file, bytes[..^1], _token);
            await RefusedAsync(Restore(daemon.Home, path), "backup.damaged", ExitCode.Failed);
            bytes[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(file, bytes, _token);
            await RefusedAsync(Restore(daemon.Home, path), "backup.damaged", ExitCode.Failed);
            bytes[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(file, bytes, _token);
        }

        Assert.Equal("of today", await File.ReadAllTextAsync(Path.Combine(daemon.Home, "share", "mark"), _token));
        await daemon.Cli.Command("manager", "verify", path, "--passphrase-file", "-").WithWords(Words).MustAsync(_token);
    }

    [Fact]
    public async Task Where_there_is_no_manager_it_is_said_and_nothing_is_made()
    {
        var cli = new Cli(_folder["nothing"]);

        foreach (var command in new[] { cli.Command("manager", "backup", "--passphrase-file", "-").WithWords(Words), cli.Command("manager", "reset", "--yes") })
        {
            await RefusedAsync(command, "manager.away", ExitCode.Away);
        }

        Assert.False(Directory.Exists(_folder["nothing"]));
    }

    [Fact]
    public async Task A_full_disk_and_a_kill_leave_no_backup_and_the_next_one_tidies_up()
    {
        await using var daemon = await site.StartManagerAsync(_token);
        using (var disk = new SmallDisk(megabytes: 1))
        {
            await File.WriteAllBytesAsync(Path.Combine(daemon.Home, "share", "large"), System.Security.Cryptography.RandomNumberGenerator.GetBytes(3 << 20), _token);
            var full = await Backup(daemon, disk.Path).RunAsync(_token);
            Assert.Equal(ExitCode.Failed, full.ExitCode);
            Assert.Contains("error: backup.failed: the disk of", full.Errors, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Path));
            File.Delete(Path.Combine(daemon.Home, "share", "large"));
        }

        foreach (var point in new[] { "backup-begun", "backup-dumped", "backup-sealed" })
        {
            await KillAsync(daemon, point, Backup(daemon));
            Assert.Empty((await daemon.Cli.MustAsync(_token, "manager", "list", "--folder", _folder.Path)).Text);
        }

        var path = (await Backup(daemon).MustAsync(_token)).Text.Trim();
        Assert.Equal([path], Directory.GetDirectories(_folder.Path));
    }

    [Fact]
    public async Task By_schedule_it_goes_to_another_machine_of_which_the_newest_stay_and_from_there_it_comes_back()
    {
        var node = site.Lab.Nodes[0];
        var (config, known, words) = (_folder["ssh_config"], _folder["known_hosts"], _folder["words"]);
        await File.WriteAllTextAsync(config, $"IdentityFile {site.Lab.PrivateKey}\nIdentitiesOnly yes\nUserKnownHostsFile {known}\nGlobalKnownHostsFile none\nStrictHostKeyChecking yes\n", _token);
        await File.WriteAllTextAsync(words, Words + "\n", _token);
        var place = $"ssh://dragon@{node.Address}/~/kept backups";
        var other = new TempFolder();
        (string, string)[] settings = [("OSISM_BACKUP__FOLDER", place), ("OSISM_BACKUP__SSH_CONFIG", config), ("OSISM_BACKUP__PASSPHRASE_FILE", words)];
        await using var daemon = await site.StartManagerAsync(_token, [.. settings, ("OSISM_BACKUP__KEEP", "1"), ("OSISM_SCHEDULES__BACKUP", "31536000")]);
        await File.WriteAllTextAsync(Path.Combine(daemon.Home, "share", "keep.txt"), "kept", _token);

        var unknown = await ScheduledAsync(daemon);
        Assert.Equal((JobState.Failed, "manager"), (unknown.State, unknown.Kind));
        Assert.Contains("error: backup.failed: ssh does not reach ssh://dragon@", System.Text.Encoding.UTF8.GetString(await daemon.OutputAsync(unknown.Id, _token)), StringComparison.Ordinal);
        await File.WriteAllTextAsync(known, (await new Command("ssh-keyscan") { Arguments = ["-t", "ed25519", node.Address] }.MustAsync(_token)).Text, _token);

        Assert.Equal(JobState.Succeeded, (await ScheduledAsync(daemon)).State);
        var first = await OnlyAsync();
        Assert.Equal(JobState.Succeeded, (await ScheduledAsync(daemon)).State);
        var name = await OnlyAsync();

        Assert.NotEqual(first, name);
        Assert.Contains($"{place}/{name} is whole", (await Call(daemon.Home, "verify").MustAsync(_token)).Text, StringComparison.Ordinal);
        await Call(Daemon.HomeIn(other), "restore", name, "--yes").MustAsync(_token);
        Assert.Equal("kept", await File.ReadAllTextAsync(Path.Combine(Daemon.HomeIn(other), "share", "keep.txt"), _token));
        foreach (var home in new[] { daemon.Home, Daemon.HomeIn(other) })
        {
            Assert.False(Directory.Exists(Path.Combine(home, "backup-copy")));
            Assert.False(Directory.Exists(Path.Combine(home, "backups")));
        }

        async Task<string> OnlyAsync()
        {
            using var list = JsonDocument.Parse((await Call(daemon.Home, "list", "--format", "json").MustAsync(_token)).Text);
            var one = Assert.Single(list.RootElement.EnumerateArray());
            Assert.Equal("whole", one.GetProperty("state").GetString());
            return one.GetProperty("name").GetString()!;
        }

        Command Call(string home, params string[] call)
        {
            var command = new Cli(home).Command(["manager", .. call]);
            return command with { Environment = new Dictionary<string, string?>(command.Environment.Concat(settings.Select(setting => KeyValuePair.Create(setting.Item1, (string?)setting.Item2)))) };
        }
    }

    private async Task<JobInfo> ScheduledAsync(Daemon daemon) =>
        await daemon.EndAsync(Guid.Parse((await daemon.Cli.MustAsync(_token, "schedule", "run", "backup", "--format", "script")).Text.Trim()), _token);

    [Fact]
    public Task A_restore_that_is_killed_in_the_middle_of_the_exchange_is_finished_when_the_manager_starts() => KilledRestoreAsync("restore-move-share", happened: true);

    [Theory]
    [Trait("Length", "drill")]
    [InlineData("restore-dump", false)]
    [InlineData("restore-move-postgres-aside", true)]
    public Task A_restore_that_is_killed_anywhere_has_happened_whole_or_not_at_all_once_the_manager_starts(string point, bool happened) => KilledRestoreAsync(point, happened);

    private async Task KilledRestoreAsync(string point, bool happened)
    {
        await using var daemon = await site.StartManagerAsync(_token);
        var path = (await Backup(daemon).MustAsync(_token)).Text.Trim();
        var run = site.Hold();
        run.Go();
        var later = await daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);
        await daemon.EndAsync(later, _token);
        await File.WriteAllTextAsync(Path.Combine(daemon.Home, "share", "later"), "", _token);
        await daemon.StopAsync(_token);

        await KillAsync(daemon, point, Restore(daemon.Home, path));
        await daemon.StartAsync(_token);

        Assert.Equal(happened ? "0" : "1", await daemon.QueryAsync($"select count(*) from job where id = '{later}'", _token));
        Assert.Equal(!happened, File.Exists(Path.Combine(daemon.Home, "share", "later")));
        Assert.False(Directory.Exists(Path.Combine(daemon.Home, "restore")));
        Assert.Equal(happened ? 1 : 0, Directory.GetDirectories(daemon.Home, "before-restore-*").Length);
        Assert.Single(daemon.PostgresProcesses(), process => process == daemon.Postmaster());
    }

    private static async Task<(JobState State, string? Reason)> StateAsync(Daemon daemon, Guid id)
    {
        var job = await daemon.EndAsync(id, TestContext.Current.CancellationToken);
        return (job.State, job.Reason?.Code);
    }

    private async Task KillAsync(Daemon daemon, string point, Command command)
    {
        daemon.Failpoints.Arm(point);
        var environment = new Dictionary<string, string?>(command.Environment, StringComparer.Ordinal) { ["OSISM_TEST__FAILPOINTS"] = daemon.Failpoints.Folder };
        using (var running = (command with { Environment = environment }).Start())
        {
            await daemon.Failpoints.ReachedAsync(point, Bounds.Long, _token);
            await running.SignalAsync("KILL", _token);
            await running.WaitAsync(Bounds.Usual, _token);
        }

        daemon.Failpoints.Clear();
    }

    private async Task<string> RefusedAsync(Command command, string code, int exitCode)
    {
        var result = await command.RunAsync(_token);
        Assert.StartsWith($"error: {code}: ", result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
        return result.Errors;
    }

    private Command Backup(Daemon daemon, string? folder = null) =>
        daemon.Cli.Command("manager", "backup", "--folder", folder ?? _folder.Path, "--passphrase-file", "-").WithWords(Words);

    private Command Restore(string home, string name, string words = Words) =>
        new Cli(home).Command("manager", "restore", name, "--folder", _folder.Path, "--passphrase-file", "-", "--yes").WithWords(words);
}

internal static class PassphraseInput
{
    /// <summary>The passphrase on stdin, and no settings of the test's own environment.</summary>
    public static Command WithWords(this Command command, string words) => command with { Input = System.Text.Encoding.UTF8.GetBytes(words + "\n") };
}
