using System.Text.Json;

namespace Osism.Daemon.Ara.Wire;

/// <summary>A row that needs nothing but what was read.</summary>
internal static class AraPageRow
{
    public static Task Write(Utf8JsonWriter json, Action<Utf8JsonWriter> write)
    {
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        return Task.CompletedTask;
    }
}
