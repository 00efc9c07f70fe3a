using System.Text;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Remote;
using Osism.Testing;

namespace Osism.Tests.Remote;

public sealed class ManyHostsTests
{
    private static readonly TimeSpan Forever = TimeSpan.FromHours(1);
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_line_says_from_which_host_it_is_and_the_worst_exit_code_counts()
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();

        var code = await ManyHosts.RunAsync(
            [(Host("a"), Shell("echo one; printf 'no end'")), (Host("long"), Shell("echo two; echo bad >&2; exit 7")), (Host("c"), Shell("exit 3"))],
            goesOn: false, output, error, _token);

        Assert.Equal(7, code);
        Assert.Equal(["a    | no end", "a    | one", "long | two"], Lines(output));
        Assert.Equal(["long | bad"], Lines(error));
    }

    [Fact]
    public async Task What_goes_on_is_ended_on_all_of_them()
    {
        using var folder = new TempFolder();
        await using var output = File.Open(folder["output"], new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_token);
        // None waits for another: each of more than may otherwise run at once writes its line.
        var hosts = Enumerable.Range(0, 40).Select(number => (Host($"n{number}"), Shell($"echo up; exec sleep {Forever.TotalSeconds}"))).ToList();

        var running = ManyHosts.RunAsync(hosts, goesOn: true, output, Stream.Null, stop.Token);
        await Eventually.TrueAsync("all of them have written", () => File.ReadLines(folder["output"]).Count() == 40, Bounds.Long, _token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task When_nobody_reads_any_more_it_ends_on_all_of_them_without_a_fuss()
    {
        await using var output = new ClosedStream();

        Assert.Equal(0, await ManyHosts.RunAsync(
            [(Host("a"), Shell("echo one; exec sleep 3600")), (Host("silent"), Shell("exec sleep 3600"))], goesOn: true, output, Stream.Null, _token));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_no_silence() =>
        await Assert.ThrowsAsync<FileNotFoundException>(() => ManyHosts.RunAsync(
            [(Host("a"), new ProcessSpec("/nowhere/ssh", [])), (Host("b"), Shell("exec sleep 3600"))], goesOn: false, Stream.Null, Stream.Null, _token));

    private static RemoteHost Host(string name) => RemoteHost.Of(name, name, "dragon");

    private static ProcessSpec Shell(string script) => new("sh", ["-c", script]) { Grace = TimeSpan.FromMilliseconds(200) };

    private static List<string> Lines(MemoryStream stream) =>
        [.. Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    /// <summary>A pipe whose reader has gone.</summary>
    private sealed class ClosedStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("Broken pipe");
    }
}
