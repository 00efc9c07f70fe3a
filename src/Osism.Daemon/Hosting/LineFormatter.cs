using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Osism.Daemon.Hosting;

/// <summary>One line a message: time in UTC, level, the type that speaks, the message; an exception follows on lines of its own.</summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "osism";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var level = logEntry.LogLevel switch
        {
            LogLevel.Information => "info ",
            LogLevel.Warning => "warn ",
            LogLevel.Error => "error",
            LogLevel.Critical => "fatal",
            _ => "debug",
        };
        var source = logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..];
        textWriter.Write($"{time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {level} {source}: {logEntry.Formatter(logEntry.State, logEntry.Exception)}\n");
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write($"{exception}\n");
        }
    }
}
