using System.Text.Json;
using System.Text.Json.Serialization;

namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>Where what a revision holds was written. Part of the revision, so that it can be asked on every machine and of old ones.</summary>
internal sealed record InventoryOrigins
{
    /// <summary>By name in the revision's folder. Lines are those of the source.</summary>
    public SortedDictionary<string, FileOrigin> Files { get => field ??= new SortedDictionary<string, FileOrigin>(StringComparer.Ordinal); init; }

    /// <summary>Hosts, groups and variables of <c>hosts.json</c>.</summary>
    public IReadOnlyList<InlineOrigin> Inline { get => field ?? []; init; }

    /// <summary>Reads those of a revision; of a folder that has none everything is its own origin.</summary>
    public static InventoryOrigins Read(string folder)
    {
        var path = Path.Combine(folder, Reconciler.OriginsFile);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), OriginsJson.Default.InventoryOrigins) ?? new InventoryOrigins() : new InventoryOrigins();
    }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, OriginsJson.Default.InventoryOrigins);
}

/// <param name="Layer">See <see cref="Layers"/>.</param>
/// <param name="Source">Relative to the repository, or a full path.</param>
internal sealed record FileOrigin(string Layer, string Source);

/// <summary>The file in the revision; its names are frozen, as old revisions are read by later versions.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(InventoryOrigins))]
internal sealed partial class OriginsJson : JsonSerializerContext;
