using Osism.Contracts;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Database;

/// <summary>Why the embedded server did not start, read from what it wrote.</summary>
/// <param name="Exception">For people.</param>
/// <param name="MayPass">Whether it may go well in a moment.</param>
internal sealed record PostgresFailure(OsismException Exception, bool MayPass)
{
    private const string NoSpace = "No space left on device";
    private const long NoRoom = 1024 * 1024;

    /// <summary>Length of the log, to be taken before a start.</summary>
    public static long LogLength(PostgresLayout layout) => new FileInfo(layout.Log) is { Exists: true } log ? log.Length : 0;

    /// <summary>Reads what the server logged since <paramref name="from"/>.</summary>
    public static PostgresFailure Read(PostgresLayout layout, long from)
    {
        var log = Tail(layout.Log, from);
        // With a full disk the log may not have got a line either.
        if (log.Contains(NoSpace, StringComparison.Ordinal) || DiskSpace.FreeBytes(layout.Data) < NoRoom)
        {
            return new PostgresFailure(DiskFull(layout, inner: null), MayPass: false);
        }

        var reason = Reason(log);
        if (reason.Contains("lock file", StringComparison.Ordinal) || reason.Contains("shared memory block", StringComparison.Ordinal))
        {
            return new PostgresFailure(Failed(layout, reason), MayPass: true);
        }

        return reason.Contains("wrong ownership", StringComparison.Ordinal)
            || reason.Contains("invalid permissions", StringComparison.Ordinal)
            || reason.Contains("Permission denied", StringComparison.Ordinal)
            ? new PostgresFailure(
                new OsismException(ErrorCodes.DatabaseFolder, $"PostgreSQL cannot use {layout.Data}: {reason}") { File = layout.Data }, MayPass: false)
            : new PostgresFailure(Failed(layout, reason), MayPass: false);
    }

    public static OsismException Initdb(PostgresLayout layout, ProcessResult result) =>
        result.Error.Contains(NoSpace, StringComparison.Ordinal)
            ? DiskFull(layout, inner: null)
            : new OsismException(
                result.Error.Contains("Permission denied", StringComparison.Ordinal) ? ErrorCodes.DatabaseFolder : ErrorCodes.DatabaseFailed,
                $"initdb ended with {result.ExitCode}: {Reason(result.Error)}")
            { File = layout.Root };

    public static OsismException DiskFull(PostgresLayout layout, Exception? inner) => new(
        ErrorCodes.DatabaseDiskFull,
        $"The disk of {layout.Root} is full. Make room (a new database needs 100 MB), or set OSISM_HOME to another disk.",
        inner)
    { File = layout.Root };

    private static OsismException Failed(PostgresLayout layout, string reason) =>
        new(ErrorCodes.DatabaseFailed, $"PostgreSQL does not start: {reason} See {layout.Log}.") { File = layout.Log };

    /// <summary>The line that names the cause: the worst one, without time and pid; else the last.</summary>
    private static string Reason(string log)
    {
        var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var mark in (ReadOnlySpan<string>)["PANIC:", "FATAL:", "initdb: error:", "ERROR:"])
        {
            if (Array.Find(lines, line => line.Contains(mark, StringComparison.Ordinal)) is { } line)
            {
                return line[(line.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..].Trim();
            }
        }

        return lines.Length > 0 ? lines[^1] : "it wrote no reason.";
    }

    private static string Tail(string path, long from)
    {
        const int Most = 64 * 1024;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // A shorter file was put aside by the start: all of it is new.
            file.Seek(file.Length < from ? 0 : Math.Max(from, file.Length - Most), SeekOrigin.Begin);
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
