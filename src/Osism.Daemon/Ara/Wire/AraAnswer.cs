using System.Buffers;
using System.Text.Json;

namespace Osism.Daemon.Ara.Wire;

/// <summary>Answers with one object.</summary>
internal static class AraAnswer
{
    /// <summary>Escapes what JSON must have escaped, and nothing more.</summary>
    public static readonly JsonWriterOptions Plain = new() { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        await using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.Body.WriteAsync(buffer.WrittenMemory, cancellationToken);
    }

    public static void Times(Utf8JsonWriter json, DateTime created, DateTime updated)
    {
        json.WriteString("created", AraFormat.Time(created));
        json.WriteString("updated", AraFormat.Time(updated));
    }

    public static void Span(Utf8JsonWriter json, DateTime started, DateTime? ended)
    {
        json.WriteString("started", AraFormat.Time(started));
        json.WriteString("ended", ended is { } end ? AraFormat.Time(end) : null);
        json.WriteString("duration", AraFormat.Duration(started, ended));
    }

    public static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>JSON that came from elsewhere and is known to be some.</summary>
    public static void Raw(Utf8JsonWriter json, string name, ReadOnlySpan<byte> value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value, skipInputValidation: true);
    }
}
