using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Platform.Processes;

public sealed class ProcessTreeTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _attempt = $"{Guid.NewGuid()}.1";
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var left in ProcessTree.OfAttempt(_attempt, leader: null, Cgroup.None))
        {
            left.Identity.TrySignal(Signal.Kill);
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task The_session_its_escapees_with_the_marker_and_their_descendants_are_found()
    {
        // main: leader of the session. a: its child. b: own session, orphaned, marked. c: child of b without the marker, in a session of its own.
        var main = await StartAsync("""
            note() { echo $1 > $2.t; mv $2.t $2; }
            sleep 60 & note $! a
            setsid -f sh -c 'echo $$ > b.t; mv b.t b; env -i setsid sleep 60 & echo $! > c.t; mv c.t c; sleep 60'
            note $$ main; sleep 60
            """, ["main", "a", "b", "c"]);

        var found = ProcessTree.OfAttempt(_attempt, main, Cgroup.None).Select(entry => entry.Pid).ToHashSet();

        Assert.Superset(new HashSet<int> { Pid("main"), Pid("a"), Pid("b"), Pid("c") }, found);
        Assert.DoesNotContain(Environment.ProcessId, found);
    }

    [Fact]
    public async Task Without_the_leader_the_marker_finds_them()
    {
        var main = await StartAsync("sleep 60 & echo $$ > main.t; mv main.t main; wait", ["main"]);
        main.TrySignal(Signal.Kill);
        await Eventually.TrueAsync(() => !main.IsAlive, "the leader is gone", _token);

        // What the shell forked may not be the program yet.
        var found = await OnlyAsync("sleep");

        Assert.Equal("sleep 60", found.CommandLine);
        Assert.Equal(found.Pid, Assert.Single(ProcessTree.OfAttempt("other.1", main, Cgroup.None)).Pid);
    }

    [Fact]
    public async Task A_session_number_that_came_to_somebody_else_is_left_alone()
    {
        var stranger = await StartAsync("echo $$ > main.t; mv main.t main; exec sleep 60", ["main"]);
        var before = stranger with { StartTime = stranger.StartTime - 1 };

        Assert.Empty(ProcessTree.OfAttempt("other.1", before, Cgroup.None));
        Assert.Empty(ProcessTree.OfAttempt("other.1", stranger with { BootId = "another" }, Cgroup.None));
    }

    [Fact]
    public async Task A_marker_that_only_begins_alike_is_another_attempts()
    {
        await StartAsync("echo $$ > main.t; mv main.t main; exec sleep 60", ["main"]);

        Assert.Empty(ProcessTree.OfAttempt(_attempt[..^1], leader: null, Cgroup.None));
        Assert.Empty(ProcessTree.OfAttempt(_attempt + "0", leader: null, Cgroup.None));
    }

    [Fact]
    public async Task A_large_environment_is_read_to_its_end()
    {
        await StartAsync("echo $$ > main.t; mv main.t main; exec sleep 60", ["main"], filler: new string('x', 100_000));

        await OnlyAsync("sleep");
    }

    [Fact]
    public async Task We_are_never_part_of_what_may_be_killed()
    {
        var ours = ProcessStat.Read(Environment.ProcessId)!.Value.Session;

        var found = ProcessTree.OfSession(ours).Select(entry => entry.Pid).ToList();

        Assert.DoesNotContain(Environment.ProcessId, found);
        Assert.DoesNotContain(ProcessStat.Read(Environment.ProcessId)!.Value.Parent, found);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_cgroup_holds_what_escapes_everything_else()
    {
        var cgroup = Cgroup.Open(_attempt);
        var offered = Posix.IsRoot && File.ReadLines("/proc/self/mountinfo").Any(line => line.Contains(" rw,", StringComparison.Ordinal) && line.Contains(" - cgroup2 ", StringComparison.Ordinal));
        Assert.True(cgroup.IsReal || !offered, "root finds the cgroup file system of this machine");
        if (!cgroup.IsReal)
        {
            return;
        }

        await StartAsync(
            $"echo 0 > {cgroup.MembersFile}; env -i setsid -f /bin/sh -c 'echo $$ > b.t; mv b.t b; sleep 60'; echo $$ > main.t; mv main.t main; exec sleep 60", ["main", "b"]);

        Assert.Contains(Pid("b"), ProcessTree.OfAttempt("other.1", leader: null, cgroup).Select(entry => entry.Pid));
        cgroup.Remove();
        Assert.NotEmpty(Cgroup.Open(_attempt).Processes());
        Assert.True(cgroup.TryKill());
        await Eventually.TrueAsync(() => cgroup.Processes().Count == 0, "the cgroup is empty", _token);
        cgroup.Remove();
        Assert.False(Directory.Exists(Path.GetDirectoryName(cgroup.MembersFile)));
    }

    [Fact]
    public void No_cgroup_holds_nothing_and_ends_nothing()
    {
        Assert.Empty(Cgroup.None.Processes());
        Assert.False(Cgroup.None.TryAdd(Environment.ProcessId));
        Assert.False(Cgroup.None.TryKill());
        Cgroup.None.Remove();
    }

    /// <summary>Waits until this program is all that is left of the attempt: a shell's helpers need a moment to go.</summary>
    private Task<ProcessEntry> OnlyAsync(string name) => Eventually.SomeAsync(
        $"{name} is all there is",
        _ => Task.FromResult(ProcessTree.OfAttempt(_attempt, leader: null, Cgroup.None) is [var only] && only.Comm == name ? only : null),
        Bounds.Usual, _token);

    private int Pid(string name) => int.Parse(File.ReadAllText(_folder[name]));

    /// <summary>Runs a script with the marker, and waits until it has noted these pids; one of them is <c>main</c>.</summary>
    private async Task<ProcessIdentity> StartAsync(string script, string[] names, string filler = "")
    {
        using var started = ProcessRunner.StartSession(
            new ProcessSpec("/bin/sh", ["-c", script])
            {
                WorkingDirectory = _folder.Path,
                Environment = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["PATH"] = "/usr/bin:/bin",
                    ["FILLER"] = filler,
                    [ProcessTree.Marker] = _attempt,
                },
            },
            _folder["log"]);
        foreach (var name in names)
        {
            await Eventually.TrueAsync(() => File.Exists(_folder[name]), $"{name} runs", _token);
        }

        return ProcessIdentity.Of(Pid("main"))!;
    }
}
