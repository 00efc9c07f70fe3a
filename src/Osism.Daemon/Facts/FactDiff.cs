using System.Text.Json;
using Osism.Contracts.Facts;

namespace Osism.Daemon.Facts;

/// <summary>Where two values of a fact differ: dictionaries key by key, all else as a whole.</summary>
internal static class FactDiff
{
    public static void Add(List<FactDifferenceInfo> differences, string path, JsonElement? a, JsonElement? b)
    {
        if (a is { ValueKind: JsonValueKind.Object } left && b is { ValueKind: JsonValueKind.Object } right)
        {
            foreach (var key in left.EnumerateObject().Concat(right.EnumerateObject()).Select(inner => inner.Name).Distinct(StringComparer.Ordinal))
                Add(differences, $"{path}.{key}", Of(left, key), Of(right, key));
        }
        else if (a is null || b is null || !JsonElement.DeepEquals(a.Value, b.Value))
        {
            differences.Add(new FactDifferenceInfo(path, a is not null, a, b is not null, b));
        }
    }

    private static JsonElement? Of(JsonElement value, string key) => value.TryGetProperty(key, out var inner) ? inner : null;
}
