using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Osism.Cli.Formats;

/// <summary>JSON as the manager gave it, indented: fields that this version does not know stay in it.</summary>
internal static class JsonFormat
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(JsonElement value) => Write([value], array: false);

    /// <summary>An array, also of one or none.</summary>
    public static string Write(JsonElement[] items) => Write(items, array: true);

    private static string Write(JsonElement[] items, bool array)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Indented))
        {
            if (array)
                writer.WriteStartArray();
            foreach (var item in items)
                item.WriteTo(writer);
            if (array)
                writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length) + "\n";
    }
}
