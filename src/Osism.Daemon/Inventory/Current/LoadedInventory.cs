using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;
using Osism.Daemon.Platform;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Inventory.Current;

/// <summary>A published revision in memory: what hosts share is there once, and a file of variables is read when somebody first asks for it.</summary>
internal sealed class LoadedInventory(InventorySnapshot snapshot, InventoryReading reading)
{
    private readonly ConcurrentDictionary<string, bool> _encrypted = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Written, NamedValueInfo> _masked = new();
    private readonly Lock _lock = new();
    private readonly Lazy<(IReadOnlyDictionary<string, FileOrigin> Files, IReadOnlyDictionary<(string Entity, bool IsHost, string? Name), InlineOrigin> Inline)> _origins =
        new(() => ReadOrigins(snapshot.Path));
    private InventoryText? _text;

    public long Revision => snapshot.Revision;

    /// <summary>For one question: what it finds is its own.</summary>
    public InventoryReading Reading => reading.ForQuestion();

    /// <summary>Everything in it that can be searched for.</summary>
    public InventoryText Text
    {
        get
        {
            // Made by the first who searches; the others wait for it instead of doing the same.
            lock (_lock)
                return _text ??= InventoryText.Of(this);
        }
    }

    /// <summary>Where something in the revision was written; null for what no file says.</summary>
    /// <param name="published">File of the revision it is in.</param>
    /// <param name="line">Line in that file.</param>
    /// <param name="entity">The host or group, or whose variable it is.</param>
    /// <param name="variable">Null for the host or group itself.</param>
    public InventoryOrigin? OriginOf(string? published, int line, string entity, bool isHost, string? variable)
    {
        if (published is null)
            return null;
        if (!published.StartsWith(snapshot.Path + "/", StringComparison.Ordinal))
            return new InventoryOrigin(Layers.Repository, published, line);
        var name = published[(snapshot.Path.Length + 1)..];
        var (files, inline) = _origins.Value;
        return inline.TryGetValue((entity, isHost, variable), out var written) && !files.ContainsKey(name) ? new InventoryOrigin(LayerOf(written.File), written.File, written.Line)
            : files.TryGetValue(name, out var file) ? new InventoryOrigin(file.Layer, file.Source, line)
            : null;
    }

    private static (IReadOnlyDictionary<string, FileOrigin> Files, IReadOnlyDictionary<(string Entity, bool IsHost, string? Name), InlineOrigin> Inline) ReadOrigins(string folder)
    {
        var origins = InventoryOrigins.Read(folder);
        var inline = new Dictionary<(string Entity, bool IsHost, string? Name), InlineOrigin>();
        foreach (var one in origins.Inline)
            inline[(one.Entity, one.IsHost, one.Name)] = one;
        return (origins.Files, inline);
    }

    private static string LayerOf(string source) =>
        source.StartsWith("inventory/", StringComparison.Ordinal) ? Layers.Repository
            : source.StartsWith("catalog/", StringComparison.Ordinal) ? Layers.Groups
            : source.StartsWith("netbox/", StringComparison.Ordinal) ? Layers.Netbox
            : Layers.Extra;

    /// <summary>Whether a file of the revision is a vault text as a whole: nothing in it is for everybody.</summary>
    public bool IsEncrypted(string? published) => published is not null && _encrypted.GetOrAdd(published, static path =>
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> head = stackalloc byte[64];
            return AnsibleVault.IsEncrypted(head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)]);
        }
        catch (IOException)
        {
            // Pruned meanwhile; nobody knows any more.
            return true;
        }
    });

    /// <summary>A variable for those who may only read.</summary>
    public NamedValueInfo Masked(Variable variable)
    {
        var name = ShownValues.NameOf(variable.Name);
        return new NamedValueInfo(name, IsEncrypted(variable.File) ? ShownValues.Hidden : ShownValues.Of(name, variable.Value, isMasked: true));
    }

    /// <summary>The same for one that many hosts share: it is made once.</summary>
    public NamedValueInfo MaskedOnce(Variable variable) => _masked.GetOrAdd(new Written(variable.Name, variable.Value), static (_, known) => known.Inventory.Masked(known.Variable), (Inventory: this, Variable: variable));

    /// <summary>Names of the hosts that a pattern means, in order; null = all.</summary>
    /// <exception cref="OsismException"><c>request.invalid</c>: it is no pattern.</exception>
    public List<string> Match(string? pattern)
    {
        try
        {
            var hosts = pattern is null ? reading.Inventory.Hosts : Reading.Patterns.Match(pattern);
            return [.. hosts.Select(host => host.Name).Order(StringComparer.Ordinal)];
        }
        catch (InventoryException e)
        {
            throw InventoryAnswer.Translate(e);
        }
    }

    /// <summary>The one host that is meant.</summary>
    /// <exception cref="OsismException"><c>host.unknown</c>, with names that are near.</exception>
    public InventoryHost Host(string name)
    {
        try
        {
            if (reading.Inventory.FindHost(name) is { } exact)
                return exact;
            if (Reading.Patterns.Match(name) is [var only])
                return only;
        }
        catch (InventoryException e)
        {
            throw InventoryAnswer.Translate(e);
        }

        throw new OsismException(ErrorCodes.HostUnknown, $"there is no host '{name}' in the inventory")
        {
            Nearest = NearestNames.Find(name, reading.Inventory.Hosts.Select(host => host.Name)),
        };
    }

    /// <summary>One definition of a variable: these very objects, whatever else equals them.</summary>
    private readonly record struct Written(PyValue Name, PyValue Value)
    {
        public bool Equals(Written other) => ReferenceEquals(Name, other.Name) && ReferenceEquals(Value, other.Value);

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(Name);
    }
}

/// <summary>Where something in the inventory was written.</summary>
/// <param name="Source">The layer it came with, see <see cref="Layers"/>.</param>
/// <param name="File">Relative to the configuration repository, or a full path.</param>
/// <param name="Line">From 1; 0 where it is not known.</param>
internal sealed record InventoryOrigin(string Source, string File, int Line);
