using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts.Facts;

namespace Osism.Cli.Facts;

/// <summary>Writes what the commands about facts send, and what their answers have in common; see <see cref="JsonFields"/>.</summary>
internal static class FactsJson
{
    public static void Write(Utf8JsonWriter json, FactQuery query)
    {
        json.WriteStartObject();
        json.WriteString("host", query.Host);
        json.WriteString("fact", query.Fact);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, ResetFacts request)
    {
        json.WriteStartObject();
        json.WriteString("limit", request.Limit);
        json.WriteEndObject();
    }

    /// <summary>A value for people; nothing for one that is not there.</summary>
    public static string? Value(JsonElement row, string name) =>
        !row.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();

    public static string? Age(JsonElement row) => row.LongOrNull("age_seconds") is { } seconds ? Times.Duration(TimeSpan.FromSeconds(seconds)) : null;
}
