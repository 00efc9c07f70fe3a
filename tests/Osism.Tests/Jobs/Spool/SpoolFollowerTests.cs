using System.Security.Cryptography;
using System.Text;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;
using Osism.Testing;

namespace Osism.Tests.Jobs.Spool;

/// <summary>A real run followed to its end, over changes of those who follow it.</summary>
public sealed class SpoolFollowerTests : IAsyncLifetime
{
    private const string Secret = "open sesame";

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly SecretSet _secrets = SecretSet.Build([Secret]);
    private readonly WorkerIdentity _worker = JobsSetup.Worker("one");
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task A_run_is_stored_whole_masked_and_hashed()
    {
        var (job, folder) = await StartAsync("i=0; while [ $i -lt 5000 ]; do echo \"$i open sesame\"; i=$((i+1)); done; echo '{\"ev\":\"no_hosts\"}' >>$OSISM_EVENTS; exit 3");

        var result = await FollowAsync(job, folder, _token);

        var raw = await File.ReadAllBytesAsync(folder.Output, _token);
        var stored = await _jobs.Output.ReadAsync(job.Id, StreamKind.Output, 0, 1 << 20, _token);
        Assert.Equal(string.Concat(Enumerable.Range(0, 5000).Select(i => $"{i} ***\n")), Encoding.UTF8.GetString(stored));
        Assert.Equal((3, false, false, true), (result.ExitCode, result.IsGone, result.IsFenced, result.Tally.NoHosts));
        Assert.Equal((Hash(raw), Hash(stored)), (result.Hashes.Raw, result.Hashes.Stored));
    }

    [Fact]
    public async Task One_who_leaves_in_the_middle_is_followed_by_one_who_goes_on_where_he_was()
    {
        var (job, folder) = await StartAsync("echo one open; while [ ! -e more ]; do sleep 0.02; done; echo two open sesame; exit 0");
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(_token);
        var first = FollowAsync(job, folder, leave.Token);
        await Eventually.TrueAsync("the first line is stored", async _ => (await _jobs.GetAsync(job)).OutputBytes > 0, SpoolLab.Patience, _token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "more"), "", _token);

        var adopted = (await _jobs.Store.AdoptAsync(job, JobsSetup.Worker("two"), _token))!;
        var result = await FollowAsync(adopted, folder, _token);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            "one open\ntwo ***\n", Encoding.UTF8.GetString(await _jobs.Output.ReadAsync(job.Id, StreamKind.Output, 0, 1000, _token)));
        Assert.Equal(Hash(await File.ReadAllBytesAsync(folder.Output, _token)), result.Hashes.Raw);
    }

    [Fact]
    public async Task One_who_lost_the_job_stops_by_himself()
    {
        var (job, folder) = await StartAsync("while [ ! -e more ]; do sleep 0.02; done; echo late");
        var following = FollowAsync(job, folder, _token);
        await _jobs.Store.AdoptAsync(job, JobsSetup.Worker("two"), _token);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "more"), "", _token);

        var result = await following.WaitAsync(SpoolLab.Patience, _token);

        Assert.True(result.IsFenced);
        Assert.Empty(await _jobs.Output.ReadAsync(job.Id, StreamKind.Output, 0, 1000, _token));
    }

    [Fact]
    public async Task What_a_command_writes_after_its_supervisor_was_killed_belongs_to_the_output()
    {
        var (job, folder) = await StartAsync("n=0; while :; do n=$((n+1)); echo line $n; done");
        await SpoolLab.SaysAsync(folder, "line 1\n", _token);
        var supervisor = await SpoolLab.SupervisorAsync(folder, _token);
        supervisor.TrySignal(Signal.Kill);

        var result = await FollowAsync(
            job, folder, supervisor,
            async token =>
            {
                // It goes on writing while nobody reads.
                var before = new FileInfo(folder.Output).Length;
                await Eventually.TrueAsync("the command writes", () => new FileInfo(folder.Output).Length > before + 10_000, SpoolLab.Patience, token);
                Assert.Empty(await _jobs.Get<AttemptKiller>().KillAsync(Path.GetFileName(folder.Path), supervisor, Cgroup.None, token));
            },
            _token);

        Assert.True(result.IsGone);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(folder.Output, _token))), result.Hashes.Stored);
    }

    [Fact]
    public async Task What_a_killed_command_left_behind_is_ended_and_what_it_writes_until_then_belongs_to_the_output()
    {
        var (job, folder) = await StartAsync("perl -e '$SIG{INT} = q(DEFAULT); print qq(line\\n) while 1' & kill -KILL $$");
        await SpoolLab.ExitAsync(folder, _token);
        var supervisor = await SpoolLab.SupervisorAsync(folder, _token);
        var calls = 0;

        var result = await FollowAsync(
            job, folder, supervisor,
            async token =>
            {
                calls++;
                var before = new FileInfo(folder.Output).Length;
                await Eventually.TrueAsync("the child writes", () => new FileInfo(folder.Output).Length > before + 10_000, SpoolLab.Patience, token);
                Assert.Empty(await _jobs.Get<AttemptKiller>().KillAsync(Path.GetFileName(folder.Path), supervisor, Cgroup.None, token));
            },
            _token);

        Assert.Equal((137, false, 1), (result.ExitCode, result.IsGone, calls));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(folder.Output, _token))), result.Hashes.Stored);
    }

    [Fact]
    public async Task A_supervisor_that_was_killed_leaves_what_it_wrote_and_no_exit_code()
    {
        var (job, folder) = await StartAsync("echo said; sleep 300");
        var supervisor = await SpoolLab.SupervisorAsync(folder, _token);
        await SpoolLab.SaysAsync(folder, "said", _token);
        var following = FollowAsync(job, folder, _token);

        supervisor.TrySignal(Signal.Kill);
        var result = await following.WaitAsync(SpoolLab.Patience, _token);

        Assert.Equal((null, true), (result.ExitCode, result.IsGone));
        Assert.Equal("said\n"u8.ToArray(), await _jobs.Output.ReadAsync(job.Id, StreamKind.Output, 0, 1000, _token));
        Assert.Empty(await _jobs.Get<AttemptKiller>().KillAsync(Path.GetFileName(folder.Path), supervisor, Cgroup.None, _token));
    }

    [Fact]
    public async Task A_run_that_ended_while_nobody_followed_it_is_stored_all_the_same()
    {
        var (job, folder) = await StartAsync("echo alone; exit 4");
        await SpoolLab.ExitAsync(folder, _token);

        var result = await FollowAsync(job, folder, _token);

        Assert.Equal(4, result.ExitCode);
        Assert.Equal("alone\n"u8.ToArray(), await _jobs.Output.ReadAsync(job.Id, StreamKind.Output, 0, 1000, _token));
    }

    [Fact]
    public async Task A_disk_without_room_is_noticed()
    {
        using var disk = new SmallDisk(2);
        Directory.Delete(_jobs.Home.Spool);
        Directory.CreateSymbolicLink(_jobs.Home.Spool, disk.Path);
        var (job, folder) = await StartAsync("while [ ! -e more ]; do sleep 0.02; done; exit 1");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "more"), "", _token);
        await disk.FillAsync(_token);

        var result = await FollowAsync(job, folder, _token);

        Assert.Equal((1, true), (result.ExitCode, result.DiskWasFull));
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task<(Job Job, SpoolFolder Folder)> StartAsync(string script)
    {
        var job = await _jobs.RunningAsync(_worker);
        var folder = (await SpoolLab.CreateAsync(_jobs, job.Id, job.Attempt, [Secret], _token))!;
        await SpoolLab.StartAsync(_jobs, folder, $"cd {folder.Path}; OSISM_EVENTS=events.ndjson; {script}", _token);
        return (job, folder);
    }

    private async Task<FollowResult> FollowAsync(Job job, SpoolFolder folder, CancellationToken cancellationToken) =>
        await FollowAsync(job, folder, await SpoolLab.SupervisorAsync(folder, _token), _ => Task.CompletedTask, cancellationToken);

    private Task<FollowResult> FollowAsync(
        Job job, SpoolFolder folder, ProcessIdentity supervisor, Func<CancellationToken, Task> endRest, CancellationToken cancellationToken) =>
        _jobs.Get<SpoolFollower>().FollowAsync(job, folder, _secrets, supervisor, endRest, () => { }, cancellationToken);
}
