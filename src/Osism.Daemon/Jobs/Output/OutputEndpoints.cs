using System.Globalization;
using System.Text;
using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Jobs.Output;

/// <summary><c>/v1/jobs/{id}/output</c>: the stored bytes by offset, once or as they come, for any number of watchers; <c>/events</c> likewise.</summary>
internal static class OutputEndpoints
{
    private const int DefaultLimit = 1 << 20;
    private const int LargestLimit = 16 << 20;
    private const int StreamPiece = 64 * 1024;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void MapOutput(this IEndpointRouteBuilder app)
    {
        var job = app.MapGroup($"{ApiRoutes.Jobs}/{{id:guid}}").WithTags("output");
        job.MapGet("/output", BytesAsync).WithSummary("Stored output from an offset; with wait=SECONDS answers when there is some").Produces<Stream>(contentType: "application/octet-stream").WithMetadata(
            new HeaderNote(ApiRoutes.OutputLengthHeader, "Bytes stored when the answer was made", IsAnswer: true),
            new HeaderNote(ApiRoutes.OutputCompleteHeader, "true once no more will come", IsAnswer: true),
            new HeaderNote(ApiRoutes.JobStateHeader, "State of the job when the answer was made", IsAnswer: true));
        job.MapGet("/output/stream", StreamAsync).WithSummary("Output as server-sent events; the event id is the offset to go on from").Produces<string>(contentType: "text/event-stream")
            .WithMetadata(new HeaderNote("Last-Event-ID", "Where a follower that comes back was: goes before offset"));
        job.MapGet("/events", EventsAsync).WithSummary("Ansible's events as JSON lines").Produces<string>(contentType: "application/x-ndjson");
    }

    private static async Task BytesAsync(
        Guid id, HttpContext context, OutputReader reader, CancellationToken cancellationToken, long offset = 0, int limit = DefaultLimit, double wait = 0)
    {
        Check(offset, limit);
        var piece = await reader.ReadAsync(id, offset, limit, LongPoll.Patience(wait), cancellationToken) ?? throw NoSuchJob(id);
        context.Response.Headers[ApiRoutes.OutputLengthHeader] = piece.Length.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers[ApiRoutes.OutputCompleteHeader] = piece.IsComplete ? "true" : "false";
        context.Response.Headers[ApiRoutes.JobStateHeader] = piece.State.ToWireName();
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = piece.Data.Length;
        await context.Response.Body.WriteAsync(piece.Data, cancellationToken);
    }

    private static async Task StreamAsync(
        Guid id, HttpContext context, OutputReader reader, CancellationToken cancellationToken, long offset = 0)
    {
        // A browser that comes back says where it was (HTML §9.2.3).
        if (long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
        {
            offset = last;
        }

        Check(offset, StreamPiece);
        var first = await reader.ReadAsync(id, offset, StreamPiece, TimeSpan.Zero, cancellationToken) ?? throw NoSuchJob(id);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        for (var piece = first; ;)
        {
            var seen = offset + piece.Data.Length;
            if (piece.Data.Length > 0)
            {
                var length = piece.IsComplete && offset + piece.Data.Length == piece.Length ? piece.Data.Length : WholeCharacters(piece.Data);
                if (length > 0)
                {
                    offset += length;
                    await WriteAsync(context.Response, "output", offset, Text(piece.Data.AsSpan(0, length)), cancellationToken);
                }
            }

            if (piece.IsComplete && offset >= piece.Length)
            {
                await WriteAsync(context.Response, "end", offset, $"{{\"state\":\"{piece.State.ToWireName()}\"}}", cancellationToken);
                return;
            }

            // A character of which the rest is missing is asked for again together with what follows it.
            var next = await reader.ReadAsync(id, offset, StreamPiece, Heartbeat, cancellationToken, after: seen) ?? throw NoSuchJob(id);
            if (next.Data.Length == 0 && !next.IsComplete)
            {
                // A comment keeps proxies from closing a silent connection.
                await context.Response.WriteAsync(": alive\n\n", cancellationToken);
                await context.Response.Body.FlushAsync(cancellationToken);
            }

            piece = next;
        }
    }

    private static async Task EventsAsync(
        Guid id, HttpContext context, OutputReader reader, CancellationToken cancellationToken, long offset = 0, int limit = LargestLimit)
    {
        Check(offset, limit);
        var data = await reader.ReadEventsAsync(id, offset, limit, cancellationToken) ?? throw NoSuchJob(id);
        context.Response.ContentType = "application/x-ndjson";
        context.Response.ContentLength = data.Length;
        await context.Response.Body.WriteAsync(data, cancellationToken);
    }

    private static async Task WriteAsync(HttpResponse response, string name, long id, string data, CancellationToken cancellationToken)
    {
        await response.WriteAsync($"event: {name}\nid: {id}\ndata: {data}\n\n", cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    /// <summary><c>{"text": ...}</c>, or <c>{"base64": ...}</c> for bytes that are no UTF-8.</summary>
    private static string Text(ReadOnlySpan<byte> data)
    {
        using var buffer = new MemoryStream(data.Length + 64);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (System.Text.Unicode.Utf8.IsValid(data))
            {
                json.WriteString("text", data);
            }
            else
            {
                json.WriteBase64String("base64", data);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Length up to which no character is cut, all of it when the end is no beginning of one.</summary>
    private static int WholeCharacters(byte[] data)
    {
        for (var back = 1; back <= Math.Min(3, data.Length); back++)
        {
            var lead = data[^back];
            if ((lead & 0xC0) == 0x80)
            {
                continue;
            }

            var needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
            return needed > back ? data.Length - back : data.Length;
        }

        return data.Length;
    }

    private static void Check(long offset, int limit)
    {
        if (offset < 0 || limit is < 1 or > LargestLimit)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"offset must not be negative and limit must be 1 to {LargestLimit}");
        }
    }

    private static OsismException NoSuchJob(Guid id) => new(ErrorCodes.JobNotFound, $"there is no job {id}");
}
