using System.Globalization;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Jobs.Spool;

/// <summary>In what state the supervisor hands over to the command.</summary>
public sealed class SupervisorCommandTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task The_text_is_sound_under_strict_and_warnings()
    {
        var script = Path.Combine(AppContext.BaseDirectory, "supervise.pl");

        var checkedText = await new Command("/usr/bin/perl") { Arguments = ["-Mstrict", "-Mwarnings", "-c", script] }.MustAsync(_token);

        Assert.Equal($"{script} syntax OK\n", checkedText.Errors);
    }

    [Fact]
    public async Task Signals_have_their_defaults_and_no_descriptor_is_left_open()
    {
        var folder = await SpoolLab.StartedAsync(_jobs, "grep -E '^Sig(Ign|Blk):' /proc/self/status; umask; exec ls /proc/self/fd", _token);

        await SpoolLab.ExitAsync(folder, _token);

        var lines = await File.ReadAllLinesAsync(folder.Output, _token);
        Assert.All(lines[..2], line => Assert.Equal(0UL, ulong.Parse(line.Split('\t')[1], NumberStyles.HexNumber)));
        // 3 is the folder that ls itself reads.
        Assert.Equal(["0077", "0", "1", "2", "3"], lines[2..]);
    }

    [Fact]
    public async Task A_program_that_is_not_there_ends_as_a_shell_would_say()
    {
        var (missing, forbidden) = (await RunAsync("/no/such/program"), await RunAsync("/etc/passwd"));

        Assert.Equal((127, "osism: /no/such/program: No such file or directory\n"), missing);
        Assert.Equal((126, "osism: /etc/passwd: Permission denied\n"), forbidden);
    }

    [Fact]
    public async Task A_cgroup_holds_the_supervisor_and_the_command_from_their_birth()
    {
        var job = Guid.CreateVersion7();
        var cgroup = Cgroup.Open(SpoolFolder.NameOf(job, 1));
        try
        {
            var folder = (await SpoolLab.CreateAsync(_jobs, job, 1, null, _token))!;

            await SpoolLab.StartAsync(_jobs, folder, "echo up; exec sleep 300", cgroup, _token);

            await SpoolLab.SaysAsync(folder, "up", _token);
            var supervisor = await SpoolLab.SupervisorAsync(folder, _token);
            Assert.Equal(cgroup.IsReal ? 2 : 0, cgroup.Processes().Count);
            Assert.Equal(cgroup.IsReal, cgroup.Processes().Contains(supervisor.Pid));
            Assert.Empty(await _jobs.Get<Daemon.Jobs.Spool.AttemptKiller>().KillAsync(Path.GetFileName(folder.Path), supervisor, cgroup, _token));
            Assert.Equal(130, folder.ReadExit());
        }
        finally
        {
            cgroup.TryKill();
            await Eventually.TrueAsync("the cgroup is empty", () => cgroup.Processes().Count == 0, SpoolLab.Patience, _token);
            cgroup.Remove();
        }
    }

    private async Task<(int Code, string Output)> RunAsync(string program)
    {
        var folder = (await SpoolLab.CreateAsync(_jobs, Guid.CreateVersion7(), 1, null, _token))!;
        await SpoolLab.StartAsync(_jobs, folder, [program], Cgroup.None, _token);
        return (await SpoolLab.ExitAsync(folder, _token), await File.ReadAllTextAsync(folder.Output, _token));
    }
}
