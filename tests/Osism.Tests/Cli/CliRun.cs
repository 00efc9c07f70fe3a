using System.Text;
using Osism.Cli;
using Osism.Cli.CommandLine;
using Osism.Cli.Terminal;
using Osism.Testing;

namespace Osism.Tests.Cli;

/// <summary>Runs <c>osism</c> in this process with a folder, a terminal and streams of its own.</summary>
internal sealed class CliRun : IDisposable
{
    public static readonly Screen Watched = new(InputIsTerminal: true, OutputIsTerminal: true, ErrorIsTerminal: true, MayAsk: true, Width: 100, Colours: false);

    private readonly TempFolder _folder = new();
    private readonly RecordingStream _output = new();
    private readonly RecordingStream _error = new();

    /// <summary><c>OSISM_HOME</c>.</summary>
    public string Home => _folder.Path;

    public Screen Screen { get; set; } = Screen.None;

    public CliEnvironment Environment { get; set; } = new();

    /// <summary>stdin.</summary>
    public Stream Input { get; set; } = Stream.Null;

    /// <summary>stdout, where a test needs another than the recorded one.</summary>
    public Stream? OutputStream { get; set; }

    public Interrupts Interrupts { get; } = new();

    /// <summary>What was written to stdout.</summary>
    public byte[] OutputBytes => _output.ToArray();

    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public string Error => Encoding.UTF8.GetString(_error.ToArray());

    public int Run(params string[] arguments)
    {
        using var cli = Context();
        return CommandRunner.Run(cli, arguments);
    }

    /// <summary>Runs it beside the test.</summary>
    public Task<int> Start(params string[] arguments) => Task.Factory.StartNew(
        () => Run(arguments), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public CliContext Context() => new(
        Environment with { Home = Environment.Url is null ? Home : null, UserHome = Home }, Screen, () => Input, OutputStream ?? _output, _error, Interrupts, TimeProvider.System);

    public void Dispose()
    {
        Interrupts.Dispose();
        _folder.Dispose();
    }

    private sealed class RecordingStream : MemoryStream
    {
        private readonly Lock _lock = new();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            lock (_lock)
                base.Write(buffer.ToArray(), 0, buffer.Length);
        }

        public override byte[] ToArray()
        {
            lock (_lock)
                return base.ToArray();
        }
    }
}
