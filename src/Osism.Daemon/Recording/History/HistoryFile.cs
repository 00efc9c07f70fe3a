using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Recording.History;

/// <summary>The execution history: JSON lines of the form and under the lock that tools of before know (python-osism, <c>/share/ansible-execution-history.json</c>).</summary>
internal sealed class HistoryFile : IDisposable
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _stream;

    private HistoryFile(FileStream stream) => _stream = stream;

    public long Length => _stream.Length;

    /// <summary>Opens and locks it; null when somebody else has the lock.</summary>
    /// <exception cref="IOException">It cannot be made, or is no file of its own.</exception>
    /// <exception cref="UnauthorizedAccessException">It, or its folder, is not ours.</exception>
    public static HistoryFile? TryOpen(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            // The lock is one on the whole file that others understand as well; .NET's own would keep them from reading.
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        });
        try
        {
            // Runs may write into the folder: a link of theirs must not lead us to another file.
            var isOwn = FileStatus.Of(path, followLink: false) is { IsFile: true, Links: 1 } named
                && FileStatus.Of($"/proc/self/fd/{stream.SafeFileHandle.DangerousGetHandle()}") is { } opened && named.IsSame(opened);
            if (!isOwn)
            {
                throw new IOException($"{path} is no file of its own");
            }

            if (Posix.TryLock(stream.SafeFileHandle))
            {
                var file = new HistoryFile(stream);
                stream = null;
                return file;
            }

            return null;
        }
        finally
        {
            stream?.Dispose();
        }
    }

    /// <summary>Reads what was written behind a place by somebody who could not say so any more, and takes a torn line at the end away.</summary>
    /// <returns>The jobs whose lines are there.</returns>
    public HashSet<Guid> Recover(long from)
    {
        var jobs = new HashSet<Guid>();
        from = from <= Length ? from : 0;
        var bytes = new byte[Length - from];
        _stream.Position = from;
        _stream.ReadExactly(bytes);
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        _stream.SetLength(from + whole);
        foreach (var line in Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (JobOf(line) is { } job)
            {
                jobs.Add(job);
            }
        }

        return jobs;
    }

    /// <summary>Appends lines; they are on the disk when it returns.</summary>
    public void Append(IReadOnlyList<ExecutedRun> runs)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (var run in runs)
        {
            using (var json = new Utf8JsonWriter(lines, Plain))
            {
                Write(json, run);
            }

            lines.Write("\n"u8);
        }

        _stream.Position = Length;
        _stream.Write(lines.WrittenSpan);
        _stream.Flush(flushToDisk: true);
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Puts the file aside and drops the oldest of those that lie there.</summary>
    public static void Rotate(string path, int keep)
    {
        if (keep == 0)
        {
            File.Delete(path);
            return;
        }

        for (var number = keep - 1; number >= 1; number--)
        {
            if (File.Exists($"{path}.{number}"))
            {
                File.Move($"{path}.{number}", $"{path}.{number + 1}", overwrite: true);
            }
        }

        File.Move(path, $"{path}.1", overwrite: true);
    }

    private static void Write(Utf8JsonWriter json, ExecutedRun run)
    {
        json.WriteStartObject();
        json.WriteString("timestamp", run.EndedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteString("request_id", run.Job);
        json.WriteString("worker", run.Worker);
        json.WriteString("worker_version", run.WorkerVersion);
        json.WriteString("environment", run.Environment);
        json.WriteString("role", run.Role);
        json.WriteStartArray("hosts");
        foreach (var host in run.Hosts)
        {
            json.WriteStringValue(host);
        }

        json.WriteEndArray();
        json.WriteString("arguments", run.Arguments);
        json.WriteString("result", run.Succeeded ? "success" : "failure");
        json.WriteEndObject();
    }

    private static Guid? JobOf(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("request_id", out var id)
                && id.ValueKind == JsonValueKind.String && id.TryGetGuid(out var job) ? job : null;
        }
        catch (JsonException)
        {
            // Of somebody else.
            return null;
        }
    }
}

/// <summary>A run for the history.</summary>
/// <param name="Worker">The runtime: workers of before had its name.</param>
internal sealed record ExecutedRun(
    Guid Job, DateTimeOffset EndedAt, string Worker, string WorkerVersion, string? Environment, string Role, IReadOnlyList<string> Hosts, string Arguments, bool Succeeded);
