using System.Runtime.InteropServices;
using System.Text;
using Osism.Cli.Terminal;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Testing;

namespace Osism.Tests.Cli;

/// <summary>A client that watches jobs: it shows every byte once, outlives the manager and leaves without ending anything.</summary>
public sealed class FollowTests : IAsyncDisposable
{
    private readonly CliRun _run = new();
    private readonly FakeJobs _jobs = new();
    private readonly FakeManager _manager;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public FollowTests() => _manager = new FakeManager(_run.Home, _jobs.AnswerAsync);

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _run.Dispose();
    }

    [Fact]
    public async Task Output_is_shown_byte_by_byte_while_it_grows()
    {
        var job = _jobs.Add();
        var run = _run.Start("task", "output", "--follow", job.Id.ToString());
        byte[] odd = [0xff, 0xfe, 0x00, .. "\r\n\e[31mé"u8];

        job.Write("PLAY [all]\n");
        await ShownAsync("PLAY [all]\n"u8.ToArray());
        job.Write(odd);
        await ShownAsync([.. "PLAY [all]\n"u8, .. odd]);
        job.End(JobState.Succeeded, info => info with { Hosts = new HostCounts(3, 1, 0, 0, 2) });

        Assert.Equal(ExitCode.Success, await run);
        Assert.Equal([.. "PLAY [all]\n"u8, .. odd], _run.OutputBytes);
        Assert.Equal($"job {job.Id} succeeded in 12.3 s: 3 ok, 1 changed, 0 failed, 0 unreachable\n", _run.Error);
    }

    [Fact]
    public async Task A_restart_of_the_manager_is_waited_for_and_no_byte_is_lost_or_shown_twice()
    {
        var job = _jobs.Add();
        var run = _run.Start("task", "output", "--follow", job.Id.ToString());
        job.Write("before ");
        await ShownAsync("before "u8.ToArray());

        await _manager.StopAsync();
        await SaidAsync("the manager is away (manager.away); the job goes on.");
        job.Write("meanwhile ");
        _manager.Start();
        await SaidAsync("the manager answers again");
        job.Write("after");
        job.End(JobState.Succeeded);

        Assert.Equal(ExitCode.Success, await run);
        Assert.Equal("before meanwhile after", _run.Output);
    }

    [Theory]
    [InlineData(JobState.Succeeded, null, ExitCode.Success)]
    [InlineData(JobState.Failed, "run.failed", ExitCode.Failed)]
    [InlineData(JobState.Failed, null, ExitCode.Failed)]
    [InlineData(JobState.Failed, "vault.wrong_password", ExitCode.Vault)]
    [InlineData(JobState.Failed, "yaml.broken", ExitCode.Configuration)]
    [InlineData(JobState.Failed, "spool.disk_full", ExitCode.Failed)]
    [InlineData(JobState.Failed, "code.unheard_of", ExitCode.Failed)]
    [InlineData(JobState.Unreachable, "run.unreachable", ExitCode.Unreachable)]
    [InlineData(JobState.Cancelled, "job.cancelled", ExitCode.Cancelled)]
    [InlineData(JobState.TimedOut, null, ExitCode.TimedOut)]
    [InlineData(JobState.Lost, "job.lost", ExitCode.Lost)]
    [InlineData(JobState.Rejected, "lock.held", ExitCode.Locked)]
    public async Task The_exit_code_tells_how_the_job_ended(JobState state, string? reason, int exit)
    {
        _jobs.OnSubmit = job => job.End(state, info => info with { Reason = reason is null ? null : new ReasonInfo(reason, "it is so") });

        Assert.Equal(exit, await _run.Start("apply", "facts"));
        Assert.Contains(reason is null ? state.ToWireName().Replace('_', ' ') : $"({reason}: it is so)", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_ends_at_the_first_job_that_does_not_succeed()
    {
        _jobs.OnSubmit = job => job.End(job.Info.Seq == 2 ? JobState.Unreachable : JobState.Succeeded);

        Assert.Equal(ExitCode.Unreachable, await _run.Start("apply", "a//b//c"));

        Assert.Equal(["/v1/jobs/chain"], _manager.Requests.Where(request => request.Method == "POST").Select(request => request.Path));
        Assert.Contains("does not run: a job before it did not succeed", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_that_repeat_a_failed_one_are_followed_and_decide()
    {
        _jobs.OnSubmit = job =>
        {
            job.Write("first\n");
            var second = _jobs.Add(with: info => info with { RetryOf = job.Id, RetriesLeft = 1 });
            second.Write("second\n");
            var third = _jobs.Add(with: info => info with { RetryOf = second.Id });
            third.Write("third\n");
            third.End(JobState.Succeeded);
            second.End(JobState.Failed);
            job.End(JobState.Failed, info => info with { RetriesLeft = 2 });
        };

        Assert.Equal(ExitCode.Success, await _run.Start("apply", "-r", "2", "facts"));

        Assert.Equal("first\nsecond\nthird\n", _run.Output);
        Assert.Contains("\"retry\":2", Assert.Single(_jobs.Submissions), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_get_ids_on_stdout_only_when_they_do_not_wait()
    {
        _jobs.OnSubmit = job =>
        {
            job.Write("raw\n");
            job.End(JobState.Succeeded);
        };

        Assert.Equal(0, await _run.Start("apply", "--format", "script", "--no-wait", "a//b"));
        Assert.Equal("0198aaaa-0000-7000-8000-000000000001\n0198aaaa-0000-7000-8000-000000000002\n", _run.Output);
        Assert.Empty(_run.Error);

        using var waiting = new CliRun();
        await using var manager = new FakeManager(waiting.Home, _jobs.AnswerAsync);
        Assert.Equal(0, await waiting.Start("apply", "--format", "script", "-q", "c"));
        Assert.Equal("raw\n", waiting.Output);
        Assert.Equal("0198aaaa-0000-7000-8000-000000000003\n", waiting.Error);
    }

    [Fact]
    public async Task Silence_is_said_again_and_again_and_ends_nothing()
    {
        var run = _run.Start("apply", "--timeout", "1", "facts");

        await Eventually.TrueAsync(() => _run.Error.Split("no output for 1.0 s: job").Length > 2, "two notices", _token);
        _jobs.OnCancel = _ => Assert.Fail("Nothing may be ended.");
        Job(1).End(JobState.Succeeded);

        Assert.Equal(ExitCode.Success, await run);
    }

    [Fact]
    public async Task While_a_job_waits_the_person_at_the_terminal_sees_for_what()
    {
        _run.Screen = CliRun.Watched with { MayAsk = false, Width = 200 };
        _jobs.OnSubmit = job => job.Become(info => info with
        {
            State = JobState.Queued,
            Position = 2,
            WaitingFor = [new WaitingInfo("lock", "kolla/nova", "job 7", DateTimeOffset.UnixEpoch)],
        });
        var run = _run.Start("apply", "facts");

        await SaidAsync($"\r\e[Kwaiting: position 2, for lock kolla/nova held by job 7 since {Osism.Cli.Formats.Times.Local(DateTimeOffset.UnixEpoch)}");
        Job(1).Write("now\n");
        Job(1).End(JobState.Succeeded);

        Assert.Equal(ExitCode.Success, await run);
        // The line is gone before anything else is shown.
        Assert.Matches("waiting: [^\n]*\r\e\\[K(\r\e\\[K)?job [^\n]* succeeded", _run.Error);
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGHUP)]
    public async Task Without_a_terminal_every_signal_leaves_and_the_job_goes_on(PosixSignal signal)
    {
        _jobs.OnCancel = _ => Assert.Fail("Leaving must not end the job.");
        var run = _run.Start("apply", "facts");
        await SaidAsync("job 0198aaaa");

        _run.Interrupts.Raise(signal);

        Assert.Equal(ExitCode.Detached, await run);
        Assert.Contains("'osism task output --follow 0198aaaa-0000-7000-8000-000000000001' shows it again", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_a_terminal_an_interrupt_asks_and_Enter_goes_on_without_a_gap()
    {
        var typed = Watch();
        var run = _run.Start("apply", "facts");
        await SaidAsync("job 0198aaaa");
        Job(1).Write("one ");
        await ShownAsync("one "u8.ToArray());

        _run.Interrupts.Raise(PosixSignal.SIGINT);
        await SaidAsync("[d]etach, [c]ancel it, [Enter] keep following?");
        Job(1).Write("two ");
        typed.Write("\n"u8);
        await ShownAsync("one two "u8.ToArray());
        Job(1).End(JobState.Succeeded);

        Assert.Equal(ExitCode.Success, await run);
        Assert.Equal("one two ", _run.Output);
    }

    [Fact]
    public async Task At_a_terminal_d_detaches()
    {
        var typed = Watch();
        var run = _run.Start("apply", "a//b");
        await SaidAsync("job 0198aaaa");
        _run.Interrupts.Raise(PosixSignal.SIGINT);
        await SaidAsync("[d]etach");

        typed.Write("d\n"u8);

        Assert.Equal(ExitCode.Detached, await run);
        Assert.Contains("osism wait 0198aaaa-0000-7000-8000-000000000001 0198aaaa-0000-7000-8000-000000000002", _run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_manager.Requests, request => request.Path.EndsWith("/cancel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task At_a_terminal_a_second_interrupt_detaches()
    {
        Watch();
        var run = _run.Start("apply", "facts");
        await SaidAsync("job 0198aaaa");
        _run.Interrupts.Raise(PosixSignal.SIGINT);
        await SaidAsync("[d]etach");

        _run.Interrupts.Raise(PosixSignal.SIGINT);

        Assert.Equal(ExitCode.Detached, await run);
        Assert.DoesNotContain(_manager.Requests, request => request.Path.EndsWith("/cancel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task At_a_terminal_c_ends_the_job_and_shows_its_end()
    {
        var typed = Watch();
        _jobs.OnCancel = job =>
        {
            job.Write("last words\n");
            job.End(JobState.Cancelled);
        };
        var run = _run.Start("apply", "facts");
        await SaidAsync("job 0198aaaa");
        _run.Interrupts.Raise(PosixSignal.SIGINT);
        await SaidAsync("[d]etach");

        typed.Write("x\nc\n"u8);

        Assert.Equal(ExitCode.Cancelled, await run);
        Assert.Equal("last words\n", _run.Output);
        Assert.Contains("is being cancelled", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_before_the_job_has_an_id_is_asked_about_once_it_has_one()
    {
        var typed = Watch();
        _jobs.OnSubmit = _ => _run.Interrupts.Raise(PosixSignal.SIGINT);
        var run = _run.Start("apply", "facts");

        await SaidAsync("[d]etach");
        typed.Write("d\n"u8);

        Assert.Equal(ExitCode.Detached, await run);
    }

    [Fact]
    public async Task Who_leaves_before_the_manager_has_answered_is_told_that_there_may_be_a_job()
    {
        _jobs.OnSubmit = _ => _run.Interrupts.Raise(PosixSignal.SIGTERM);

        Assert.Equal(ExitCode.Detached, await _run.Start("apply", "facts"));
        Assert.Equal("left before the manager had answered; 'osism task list' shows whether the job was queued\n", _run.Error);
    }

    [Fact]
    public async Task When_nobody_reads_the_output_any_more_the_client_leaves_without_a_word()
    {
        _run.OutputStream = new ClosedPipe();
        _jobs.OnCancel = _ => Assert.Fail("Leaving must not end the job.");
        _jobs.OnSubmit = job => job.Write("lost\n");

        Assert.Equal(ExitCode.Detached, await _run.Start("apply", "-q", "facts"));
        Assert.Empty(_run.Error);
    }

    private FakeJob Job(int number) => _jobs.Get(number);

    private Task ShownAsync(byte[] bytes) =>
        Eventually.TrueAsync(() => _run.OutputBytes.AsSpan().SequenceEqual(bytes), $"stdout to be '{Encoding.UTF8.GetString(bytes)}'", _token);

    private Task SaidAsync(string text) =>
        Eventually.TrueAsync(() => _run.Error.Contains(text, StringComparison.Ordinal), $"'{text}' on stderr", _token);

    /// <summary>Puts somebody at the terminal.</summary>
    /// <returns>What is written to it, they type.</returns>
    private System.IO.Pipes.AnonymousPipeServerStream Watch()
    {
        var typed = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        _run.Screen = CliRun.Watched;
        _run.Input = new System.IO.Pipes.AnonymousPipeClientStream(System.IO.Pipes.PipeDirection.In, typed.ClientSafePipeHandle);
        return typed;
    }

    private sealed class ClosedPipe : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new OutputException("broken pipe", closed: true);
    }
}
