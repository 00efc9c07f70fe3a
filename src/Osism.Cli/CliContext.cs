using System.Text;
using Osism.Cli.Api;
using Osism.Cli.Terminal;

namespace Osism.Cli;

/// <summary>What every command is given: the world outside, and the manager.</summary>
internal sealed class CliContext(
    CliEnvironment environment, Screen screen, Func<Stream> openInput, Stream output, Stream error, Interrupts interrupts, TimeProvider time) : IDisposable
{
    private ApiClient? _api;

    public CliEnvironment Environment { get; } = environment;

    public Screen Screen { get; } = screen;

    /// <summary>stdin; opened when it is read.</summary>
    public Stream Input => field ??= openInput();

    /// <summary>stdout: data and nothing else.</summary>
    public Stream Output { get; } = output;

    /// <summary>stderr.</summary>
    public Talk Talk { get; } = new(error, screen);

    public Interrupts Interrupts { get; } = interrupts;

    public TimeProvider Time { get; } = time;

    /// <summary>The manager. Nothing is opened before the first call.</summary>
    public ApiClient Api => _api ??= new ApiClient(() => ManagerAddress.Find(Environment), Talk);

    /// <summary>Writes data, as UTF-8.</summary>
    public void Write(string text) => Output.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Waits.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled first.</exception>
    public static void Pause(TimeSpan time, CancellationToken cancellationToken)
    {
        if (cancellationToken.WaitHandle.WaitOne(time))
            throw new OperationCanceledException(cancellationToken);
    }

    public void WriteLine(string line) => Write(line + "\n");

    public void Dispose()
    {
        _api?.Dispose();
    }
}
