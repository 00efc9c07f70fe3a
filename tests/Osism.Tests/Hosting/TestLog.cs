using Microsoft.Extensions.Logging;
using Osism.Testing;

namespace Osism.Tests.Hosting;

/// <summary>What a manager of a test logs: it belongs to the output of that test, which is shown when it fails.</summary>
/// <remarks>A manager that several tests share has no such place; it logs into <c>artifacts/test-results/managers.log</c>.</remarks>
internal sealed class TestLog : ILoggerProvider
{
    private static readonly Lock Gate = new();
    private static readonly string Shared = Checkout.PathOf("artifacts", "test-results", "managers.log");

    // That of whoever starts the manager: its threads outlive the contexts in which they began.
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    public ILogger CreateLogger(string categoryName) => new Speaker(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
        // Nothing is held open.
    }

    private void Write(string line)
    {
        try
        {
            if (_output is not null)
            {
                _output.WriteLine(line);
                return;
            }
        }
        catch (InvalidOperationException)
        {
            // The test is over, and the manager has something more to say.
        }

        lock (Gate)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Shared)!);
            File.AppendAllText(Shared, line + "\n");
        }
    }

    private sealed class Speaker(TestLog log, string name) : ILogger
    {
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Write($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {logLevel} {name}: {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;
    }
}
