using System.Diagnostics;
using System.Text;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Platform.Processes;

public sealed class ProcessIdentityTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public void This_process_lives_and_its_identity_survives_a_file()
    {
        Assert.True(ProcessIdentity.Current.IsAlive);
        Assert.True(ProcessIdentity.TryParse(ProcessIdentity.Current + "\n", out var read));
        Assert.Equal(ProcessIdentity.Current, read);
    }

    [Fact]
    public void Another_start_time_or_another_boot_is_another_process()
    {
        Assert.False((ProcessIdentity.Current with { StartTime = ProcessIdentity.Current.StartTime + 1 }).IsAlive);
        Assert.False((ProcessIdentity.Current with { BootId = Guid.NewGuid().ToString() }).IsAlive);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("12 34")]
    [InlineData("-1 34 boot")]
    [InlineData("12 x boot")]
    [InlineData("12 34 boot more")]
    public void A_torn_file_is_no_identity(string? text) => Assert.False(ProcessIdentity.TryParse(text, out _));

    [Fact]
    public async Task A_zombie_is_not_alive()
    {
        // The parent becomes a program that never reaps the child it began with.
        using var parent = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "sleep 60 & echo $!; exec sleep 60"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var pid = int.Parse((await parent.StandardOutput.ReadLineAsync(_token))!);
        await Eventually.TrueAsync(() => ProcessStat.Read(parent.Id)?.Comm == "sleep", "the parent became sleep", _token);
        var child = ProcessIdentity.Of(pid)!;
        Assert.True(child.IsAlive);

        Assert.True(child.TrySignal(Signal.Kill));
        await Eventually.TrueAsync(() => ProcessStat.Read(pid) is { State: 'Z' }, "the child is a zombie", _token);

        Assert.False(child.IsAlive);
        Assert.Null(ProcessIdentity.Of(pid));
        Assert.False(child.TrySignal(Signal.Kill));
        parent.Kill();
    }

    [Fact]
    public async Task A_name_with_spaces_and_parentheses_does_not_shift_the_fields()
    {
        var name = ") R 1 (";
        using var folder = new TempFolder();
        // Not by us: whatever another test starts just now would have it open for writing for a moment, and it could not be run.
        await new Command("/bin/cp") { Arguments = ["/bin/sleep", folder[name]] }.MustAsync(_token);
        using var process = Process.Start(folder[name], "60");
        await Eventually.TrueAsync(() => ProcessStat.Read(process.Id)?.Comm == name, "the program was started", _token);

        var stat = ProcessStat.Read(process.Id)!.Value;
        process.Kill();

        Assert.Equal(Environment.ProcessId, stat.Parent);
        Assert.InRange(stat.StartTime, ProcessIdentity.Current.StartTime, long.MaxValue);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12 (a")]
    [InlineData("12 (a) S 1 2 3 4")]
    [InlineData("x (a) S 1 2 3 4")]
    public void Text_of_another_form_is_no_status(string text) => Assert.Null(ProcessStat.Parse(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_process_that_is_not_there_has_no_identity() => Assert.Null(ProcessIdentity.Of(int.MaxValue));
}
