using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Platform.Processes;

public sealed class ProcessRunnerTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Output_error_and_exit_code_are_told_apart()
    {
        var result = await ProcessRunner.RunAsync(Shell("echo out; echo err >&2; exit 7"), _token);

        Assert.Equal((7, "out\n", "err\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        string[] arguments = ["", "a b", "$(id)", "'\"", "new\nline", "*", "-x", "ünï"];

        var result = await ProcessRunner.RunAsync(new ProcessSpec("printf", ["%s|", .. arguments]), _token);

        Assert.Equal(string.Join('|', arguments) + "|", result.Output);
    }

    [Fact]
    public async Task An_exact_environment_holds_nothing_else()
    {
        var result = await ProcessRunner.RunAsync(
            new ProcessSpec("/usr/bin/env", []) { Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["ONLY"] = "this one" } }, _token);

        Assert.Equal("ONLY=this one\n", result.Output);
    }

    [Fact]
    public async Task Input_reaches_the_program_and_no_input_is_an_empty_one()
    {
        var bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);

        var echoed = await ProcessRunner.RunAsync(new ProcessSpec("cat", []) { Input = bytes }, _token);
        var silent = await ProcessRunner.RunAsync(new ProcessSpec("cat", []), _token);
        var ignored = await ProcessRunner.RunAsync(new ProcessSpec("true", []) { Input = bytes }, _token);

        Assert.Equal(bytes, echoed.OutputBytes.ToArray());
        Assert.Equal("", silent.Output);
        Assert.Equal(0, ignored.ExitCode);
    }

    [Fact]
    public async Task Much_output_is_read_to_the_end_and_kept_up_to_the_limit()
    {
        var all = await ProcessRunner.RunAsync(Shell("head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2"), _token);
        var some = await ProcessRunner.RunAsync(Shell("head -c 5000000 /dev/zero; exit 3") with { OutputLimit = 1000 }, _token);

        Assert.Equal((5_000_000, 5_000_000), (all.OutputBytes.Length, all.ErrorBytes.Length));
        Assert.Equal((3, 1000), (some.ExitCode, some.OutputBytes.Length));
    }

    [Fact]
    public async Task A_signal_is_seen_in_the_exit_code() =>
        Assert.Equal(128 + 9, (await ProcessRunner.RunAsync(Shell("kill -9 $$"), _token)).ExitCode);

    [Fact]
    public async Task A_child_that_keeps_the_pipe_does_not_hold_us_up()
    {
        var watch = Stopwatch.StartNew();

        var result = await ProcessRunner.RunAsync(Shell("echo mine; sleep 600 & echo $!"), _token);

        Assert.True(watch.Elapsed < Bounds.Long, $"took {watch.Elapsed}");
        var lines = result.Output.Split('\n');
        Assert.Equal("mine", lines[0]);
        Posix.Kill(int.Parse(lines[1]), Signal.Kill);
    }

    [Fact]
    public async Task A_missing_program_is_named()
    {
        var named = await Assert.ThrowsAsync<FileNotFoundException>(() => ProcessRunner.RunAsync(new ProcessSpec("no-such-program", []), _token));
        await Assert.ThrowsAsync<FileNotFoundException>(() => ProcessRunner.RunAsync(new ProcessSpec("/no/such/program", []), _token));

        Assert.Contains("no-such-program", named.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_working_directory_is_an_error() =>
        await Assert.ThrowsAsync<Win32Exception>(() => ProcessRunner.RunAsync(new ProcessSpec("/bin/true", []) { WorkingDirectory = "/no/such/folder" }, _token));

    [Fact]
    public async Task The_program_leads_a_session_of_its_own()
    {
        var result = await ProcessRunner.RunAsync(Shell("cat /proc/$$/stat") with { WorkingDirectory = "/" }, _token);

        var stat = ProcessStat.Parse(result.OutputBytes.Span)!.Value;
        Assert.Equal(stat.Pid, stat.Session);
    }

    [Theory]
    [InlineData("trap 'echo int > $0; exit 0' INT; touch ready; while :; do sleep 0.05; done", "int")]
    [InlineData("trap '' INT; trap 'echo term > $0; exit 0' TERM; touch ready; while :; do sleep 0.05; done", "term")]
    [InlineData("trap '' INT TERM; touch ready; while :; do sleep 0.05; done", null)]
    public async Task A_cancelled_program_is_asked_then_told_then_killed(string script, string? heard)
    {
        var said = _folder["said"];
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(_token);
        var run = ProcessRunner.RunAsync(
            new ProcessSpec("/bin/sh", ["-c", script, said]) { WorkingDirectory = _folder.Path, Grace = TimeSpan.FromSeconds(heard is null ? 0.5 : 10) }, cancel.Token);
        await Eventually.TrueAsync(() => File.Exists(_folder["ready"]), "the program has set its traps", _token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(heard, File.Exists(said) ? (await File.ReadAllTextAsync(said, _token)).Trim() : null);
    }

    [Fact]
    public async Task Cancelling_ends_children_too_even_in_a_session_of_their_own_below_the_program()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(_token);
        var run = ProcessRunner.RunAsync(
            new ProcessSpec("/bin/sh", ["-c", "trap '' INT TERM; (trap '' INT TERM; sleep 60) & echo $! > a.t; mv a.t a; setsid sleep 60 & echo $! > b.t; mv b.t b; wait; sleep 60"])
            {
                WorkingDirectory = _folder.Path,
                Grace = TimeSpan.FromMilliseconds(200),
            },
            cancel.Token);
        await Eventually.TrueAsync(() => File.Exists(_folder["b"]), "the children run", _token);
        var children = new[] { "a", "b" }.Select(name => ProcessIdentity.Of(int.Parse(File.ReadAllText(_folder[name])))!).ToList();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        await Eventually.TrueAsync(() => !children.Exists(child => child.IsAlive), "the children are gone", _token);
    }

    [Fact]
    public async Task A_program_that_makes_its_own_session_is_ours_until_it_does()
    {
        var result = await ProcessRunner.RunAsync(Shell("cat /proc/$$/stat; echo $ONLY") with
        {
            OwnSession = false,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin", ["ONLY"] = "this" },
        }, _token);

        var lines = result.Output.Split('\n');
        var program = ProcessStat.Parse(Encoding.UTF8.GetBytes(lines[0]))!.Value;
        Assert.Equal(ProcessStat.Read(Environment.ProcessId)!.Value.Session, program.Session);
        Assert.Equal("this", lines[1]);
    }

    [Fact]
    public async Task Many_at_once_all_end()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => ProcessRunner.RunAsync(new ProcessSpec("echo", [n.ToString()]), _token)));

        Assert.Equal(Enumerable.Range(0, 60).Select(n => $"{n}\n"), results.Select(result => Encoding.UTF8.GetString(result.OutputBytes.Span)));
    }

    private static ProcessSpec Shell(string script) => new("/bin/sh", ["-c", script]);
}
