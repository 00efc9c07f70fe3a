using System.Text;
using Osism.Contracts;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Jobs.Spool;

/// <summary>The supervisor as it is started in production, with small scripts in the place of Ansible.</summary>
public sealed class SupervisorTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 2", 2)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("kill -15 $$", 143)]
    [InlineData("kill -2 $$", 130)]
    public async Task The_exit_record_says_how_the_command_ended(string script, int code)
    {
        var folder = await SpoolLab.StartedAsync(_jobs, script, _token);

        Assert.Equal(code, await SpoolLab.ExitAsync(folder, _token));
        Assert.Equal(SpoolStart.Begun, folder.Start);
    }

    [Fact]
    public async Task Both_streams_reach_the_output_and_nothing_comes_in()
    {
        var folder = await SpoolLab.StartedAsync(_jobs, "echo to stdout; echo to stderr >&2; cat; env", _token);

        await SpoolLab.ExitAsync(folder, _token);

        var lines = await File.ReadAllLinesAsync(folder.Output, _token);
        Assert.Equal(["to stdout", "to stderr"], lines.Take(2));
        Assert.Contains($"OSISM_ATTEMPT={Path.GetFileName(folder.Path)}", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("HOME=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_supervisor_says_who_it_is_and_leads_a_session_of_its_own()
    {
        var folder = await SpoolLab.StartedAsync(_jobs, "echo up; exec sleep 300", _token);
        await SpoolLab.SaysAsync(folder, "up", _token);

        var supervisor = await SpoolLab.SupervisorAsync(folder, _token);

        Assert.True(supervisor.IsAlive);
        Assert.Equal(supervisor.Pid, ProcessTree.All().Single(entry => entry.Identity == supervisor).Session);
        Assert.Empty(await _jobs.Get<AttemptKiller>().KillAsync(Path.GetFileName(folder.Path), supervisor, Cgroup.None, _token));
        Assert.False(supervisor.IsAlive);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_command_gets_an_interrupt_that_it_can_handle_and_the_record_is_still_written(bool isManagerDeaf)
    {
        // A shell cannot trap what was ignored when it started (POSIX), and Python then leaves Ctrl-C alone, too.
        const string Command = "trap 'echo interrupted; exit 99' INT; echo up; while :; do sleep 0.1; done";
        var folder = (await SpoolLab.CreateAsync(_jobs, Guid.CreateVersion7(), 1, null, _token))!;
        await (isManagerDeaf ? SpoolLab.StartDeafAsync(_jobs, folder, Command, _token) : SpoolLab.StartAsync(_jobs, folder, Command, _token));
        await SpoolLab.SaysAsync(folder, "up", _token);
        var supervisor = await SpoolLab.SupervisorAsync(folder, _token);

        var left = await _jobs.Get<AttemptKiller>().KillAsync(Path.GetFileName(folder.Path), supervisor, Cgroup.None, _token);

        Assert.Empty(left);
        Assert.Equal(99, folder.ReadExit());
        Assert.Equal("up\ninterrupted\n", await File.ReadAllTextAsync(folder.Output, _token));
    }

    [Theory]
    [InlineData((int)Signal.Interrupt)]
    [InlineData((int)Signal.Terminate)]
    [InlineData((int)Signal.Quit)]
    public async Task The_supervisor_outlives_signals_meant_for_it(int number)
    {
        var signal = (Signal)number;
        var folder = await SpoolLab.StartedAsync(_jobs, "echo up; exec sleep 300", _token);
        await SpoolLab.SaysAsync(folder, "up", _token);
        var supervisor = await SpoolLab.SupervisorAsync(folder, _token);

        Assert.True(supervisor.TrySignal(signal));
        Assert.True(supervisor.TrySignal(signal));

        Assert.Empty(await _jobs.Get<AttemptKiller>().KillAsync(Path.GetFileName(folder.Path), supervisor, Cgroup.None, _token));
        Assert.Equal(130, folder.ReadExit());
    }

    [Fact]
    public async Task Whoever_ignores_interrupts_and_made_a_session_of_its_own_is_killed_all_the_same()
    {
        var folder = await SpoolLab.StartedAsync(
            _jobs, "trap '' INT TERM; setsid sh -c 'trap \"\" INT TERM; echo child; sleep 300' & echo up; sleep 300", _token);
        await SpoolLab.SaysAsync(folder, "child", _token);
        await SpoolLab.SaysAsync(folder, "up", _token);
        var supervisor = await SpoolLab.SupervisorAsync(folder, _token);

        var left = await _jobs.Get<AttemptKiller>().KillAsync(Path.GetFileName(folder.Path), supervisor, Cgroup.None, _token);

        Assert.Empty(left);
        Assert.Empty(ProcessTree.OfAttempt(Path.GetFileName(folder.Path), supervisor, Cgroup.None));
        Assert.Equal(137, folder.ReadExit());
    }

    [Fact]
    public async Task Nothing_begins_in_a_folder_that_was_fenced()
    {
        var job = Guid.CreateVersion7();
        var folder = (await SpoolLab.CreateAsync(_jobs, job, 1, null, _token))!;
        Assert.True(SpoolFolder.Fence(_jobs.Home.Spool, job, 1));

        await SpoolLab.StartAsync(_jobs, folder, "echo began", _token);

        await Eventually.TrueAsync(
            "no process of the attempt is left",
            () => ProcessTree.All().TrueForAll(entry => !entry.CommandLine.Contains(folder.Path, StringComparison.Ordinal)), SpoolLab.Patience, _token);
        Assert.Equal(SpoolStart.Fenced, folder.Start);
        Assert.Null(folder.ReadExit());
        Assert.Null(folder.ReadSupervisor());
        Assert.Empty(await File.ReadAllBytesAsync(folder.Output, _token));
    }

    [Fact]
    public async Task An_attempt_that_was_fenced_gets_no_folder()
    {
        var job = Guid.CreateVersion7();
        Assert.True(SpoolFolder.Fence(_jobs.Home.Spool, job, 1));

        Assert.Null(await SpoolLab.CreateAsync(_jobs, job, 1, null, _token));
        Assert.NotNull(await SpoolLab.CreateAsync(_jobs, job, 2, null, _token));
        Assert.DoesNotContain(Directory.EnumerateDirectories(_jobs.Home.Spool), path => Path.GetFileName(path).StartsWith('.'));
    }

    [Fact]
    public async Task The_exit_record_is_written_on_a_disk_that_filled_up_meanwhile()
    {
        using var disk = new SmallDisk(2);
        Directory.Delete(_jobs.Home.Spool);
        Directory.CreateSymbolicLink(_jobs.Home.Spool, disk.Path);
        var folder = (await SpoolLab.CreateAsync(_jobs, Guid.CreateVersion7(), 1, null, _token))!;
        await disk.FillAsync(_token);

        await SpoolLab.StartAsync(_jobs, folder, "echo lost; exit 5", _token);

        Assert.Equal(5, await SpoolLab.ExitAsync(folder, _token));
        Assert.NotNull(folder.ReadSupervisor());
    }

    [Fact]
    public async Task On_a_disk_that_is_full_already_nothing_is_started_and_the_disk_is_named()
    {
        using var disk = new SmallDisk(1);
        Directory.Delete(_jobs.Home.Spool);
        Directory.CreateSymbolicLink(_jobs.Home.Spool, disk.Path);
        await disk.FillAsync(_token);

        var refused = await Assert.ThrowsAsync<OsismException>(() => SpoolLab.CreateAsync(_jobs, Guid.CreateVersion7(), 1, null, _token));

        Assert.Equal(ErrorCodes.SpoolDiskFull, refused.Code);
        Assert.Empty(Directory.EnumerateDirectories(_jobs.Home.Spool));
    }

    [Fact]
    public async Task What_keeps_the_supervisor_from_starting_can_be_read()
    {
        var folder = (await SpoolLab.CreateAsync(_jobs, Guid.CreateVersion7(), 1, null, _token))!;
        await File.WriteAllTextAsync(folder.Command, "2\0one\0", _token);

        var refused = await Assert.ThrowsAsync<OsismException>(() => _jobs.Get<Supervisors>().StartAsync(folder, _token));

        Assert.Equal(ErrorCodes.RunStartFailed, refused.Code);
        Assert.Contains($"{folder.Path}/command is damaged", refused.Message, StringComparison.Ordinal);
        Assert.Equal(SpoolStart.Open, folder.Start);
    }

    [Fact]
    public async Task A_stripped_folder_keeps_nothing_but_its_fence()
    {
        var job = Guid.CreateVersion7();
        var folder = (await SpoolLab.CreateAsync(_jobs, job, 1, null, _token))!;
        Assert.True(File.Exists(Path.Combine(folder.SecretsFolder, "key")));
        SpoolFolder.Fence(_jobs.Home.Spool, job, 1);

        folder.Strip();

        Assert.Equal(SpoolStart.Fenced, folder.Start);
        Assert.Equal(["started"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task What_lies_in_the_folder_is_for_its_owner_only()
    {
        var folder = (await SpoolLab.CreateAsync(_jobs, Guid.CreateVersion7(), 1, ["a secret of the pod"], _token))!;

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.All(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories), file => Assert.Equal(Owner, File.GetUnixFileMode(file)));
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.SecretsFolder));
        Assert.DoesNotContain(
            "a secret of the pod", Encoding.Latin1.GetString(await File.ReadAllBytesAsync(folder.Record, _token)), StringComparison.Ordinal);
    }
}
