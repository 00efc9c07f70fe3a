using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using Osism.Contracts.Recording;
using Osism.Daemon.Recording.Reading.Overview;

namespace Osism.Daemon.Recording.Reading.Export;

/// <summary>All results of a job in one answer, written as they are read.</summary>
internal sealed class ResultExport(NpgsqlDataSource database, RecordedRuns recordings, ResultDetails details)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Formats and their media types.</summary>
    public static IReadOnlyDictionary<string, string> Formats { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ndjson"] = "application/x-ndjson",
        ["text"] = "text/plain; charset=utf-8",
        ["junit"] = "application/xml",
    };

    public async Task WriteAsync(Stream output, Guid job, IReadOnlyList<RecordedRun> runs, string format, CancellationToken cancellationToken)
    {
        if (format == "junit")
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await new JUnitExport(details).WriteAsync(output, job, await JobOutline.ReadAsync(connection, runs, cancellationToken), cancellationToken);
            return;
        }

        var buffer = new MemoryStream();
        var (play, task) = (0L, 0L);
        foreach (var run in runs)
        {
            await foreach (var (row, names, body) in details.WalkAsync(run, new ResultFilter(), 0, null, row => format == "ndjson" || row.Status is 2 or 4, cancellationToken))
            {
                var info = names.Describe(row);
                if (format == "ndjson")
                {
                    Line(buffer, info, body);
                }
                else
                {
                    Text(buffer, info, body, info.PlayId != play, info.TaskId != task);
                    (play, task) = (info.PlayId, info.TaskId);
                }

                if (buffer.Length > 64 * 1024)
                {
                    await FlushAsync(buffer, output, cancellationToken);
                }
            }
        }

        await FlushAsync(buffer, output, cancellationToken);
    }

    /// <exception cref="Platform.OsismException">There is no such job (<c>job.not_found</c>).</exception>
    public Task<IReadOnlyList<RecordedRun>> RunsAsync(Guid job, CancellationToken cancellationToken) => recordings.OfJobAsync(job, cancellationToken);

    private static async Task FlushAsync(MemoryStream buffer, Stream output, CancellationToken cancellationToken)
    {
        await output.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
        buffer.SetLength(0);
    }

    private static void Line(MemoryStream buffer, ResultInfo info, ResultBody body)
    {
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteNumber("id", info.Id);
            json.WriteString("job", info.Job?.ToString());
            json.WriteString("play", info.Play);
            json.WriteString("task", info.Task);
            json.WriteString("role", info.Role);
            json.WriteString("action", info.Action);
            json.WriteString("path", info.Path);
            json.WriteString("host", info.Host);
            json.WriteString("status", info.Status);
            json.WriteBoolean("changed", info.Changed);
            json.WriteBoolean("ignored", info.Ignored);
            json.WriteString("started_at", info.StartedAt);
            if (info.DurationMs is { } duration)
            {
                json.WriteNumber("duration_ms", duration);
            }
            else
            {
                json.WriteNull("duration_ms");
            }

            json.WriteString("msg", info.Msg);
            Write(json, "res", body.Res);
            Write(json, "diff", body.Diff);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
    }

    private static void Write(Utf8JsonWriter json, string name, JsonElement? value)
    {
        json.WritePropertyName(name);
        if (value is { } some)
        {
            some.WriteTo(json);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void Text(MemoryStream buffer, ResultInfo info, ResultBody body, bool isNewPlay, bool isNewTask)
    {
        var text = new StringBuilder();
        if (isNewPlay)
        {
            text.Append($"\nPLAY [{Visible(info.Play)}]\n");
        }

        if (isNewTask)
        {
            text.Append($"\nTASK [{Visible(info.Role is { } role && !info.Task.StartsWith($"{role} : ", StringComparison.Ordinal) ? $"{role} : {info.Task}" : info.Task)}]\n");
        }

        text.Append($"{info.Status}: [{Visible(info.Host)}]");
        if (info.Msg is { } message)
        {
            text.Append($" {Visible(message)}");
        }

        text.Append('\n');
        if (info.Status is ResultStatuses.Failed or ResultStatuses.Unreachable or ResultStatuses.Ignored)
        {
            foreach (var name in new[] { "stdout", "stderr", "module_stderr" })
            {
                foreach (var line in (body.Text(name) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    text.Append($"    {name}: {Visible(line)}\n");
                }
            }
        }

        buffer.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>A line stays a line, and nothing in it is a command for a terminal.</summary>
    private static string Visible(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            safe.Append(letter switch
            {
                '\n' => "\\n",
                '\t' => "\t",
                _ when char.IsControl(letter) => $"\\x{(int)letter:x2}",
                _ => letter.ToString(),
            });
        }

        return safe.ToString();
    }
}
