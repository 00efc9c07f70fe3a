using System.Text.Json;

namespace Osism.Cli.Api;

/// <summary>Fields of an object of our API.</summary>
/// <remarks>
/// The CLI reads and writes our wire types by hand and not through the generated context of Contracts: that one costs some 600 methods
/// to compile, 40 ms, in every call (see docs/adr/0004-a-thin-client.md). A test compares both on every type, field by field.
/// </remarks>
internal static class JsonFields
{
    /// <exception cref="JsonException">There is no such text.</exception>
    public static string Text(this JsonElement json, string name) => json.TextOrNull(name) ?? throw Missing(name);

    public static string? TextOrNull(this JsonElement json, string name) => json.Has(name, out var value) ? value.GetString() : null;

    /// <exception cref="JsonException">There is no such number.</exception>
    public static int Int(this JsonElement json, string name) => json.IntOrNull(name) ?? throw Missing(name);

    public static int? IntOrNull(this JsonElement json, string name) => json.Has(name, out var value) ? value.GetInt32() : null;

    /// <exception cref="JsonException">There is no such number.</exception>
    public static long Long(this JsonElement json, string name) => json.LongOrNull(name) ?? throw Missing(name);

    public static long? LongOrNull(this JsonElement json, string name) => json.Has(name, out var value) ? value.GetInt64() : null;

    /// <summary>False when it is not there.</summary>
    public static bool Flag(this JsonElement json, string name) => json.FlagOrNull(name) ?? false;

    public static double? DoubleOrNull(this JsonElement json, string name) => json.Has(name, out var value) ? value.GetDouble() : null;

    public static bool? FlagOrNull(this JsonElement json, string name) => json.Has(name, out var value) ? value.GetBoolean() : null;

    /// <exception cref="JsonException">There is no such id.</exception>
    public static Guid Id(this JsonElement json, string name) => json.IdOrNull(name) ?? throw Missing(name);

    public static Guid? IdOrNull(this JsonElement json, string name) => json.Has(name, out var value) ? value.GetGuid() : null;

    /// <exception cref="JsonException">There is no such time.</exception>
    public static DateTimeOffset Time(this JsonElement json, string name) => json.TimeOrNull(name) ?? throw Missing(name);

    public static DateTimeOffset? TimeOrNull(this JsonElement json, string name) =>
        json.Has(name, out var value) ? value.GetDateTimeOffset() : null;

    /// <summary>An object by its reader; null when it is not there.</summary>
    public static T? Object<T>(this JsonElement json, string name, Func<JsonElement, T> read)
        where T : class => json.Has(name, out var value) ? read(value) : null;

    /// <summary>A list by the reader of its items; empty when it is not there.</summary>
    public static List<T> List<T>(this JsonElement json, string name, Func<JsonElement, T> read)
        where T : class
    {
        var list = new List<T>();
        if (json.Has(name, out var value))
        {
            foreach (var item in value.EnumerateArray())
                list.Add(read(item));
        }

        return list;
    }

    /// <summary>A list of texts; empty when it is not there.</summary>
    public static List<string> Texts(this JsonElement json, string name) => json.List(name, item => item.GetString() ?? "");

    private static bool Has(this JsonElement json, string name, out JsonElement value) =>
        json.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static JsonException Missing(string name) => new($"'{name}' is missing");
}
