using System.Collections.Frozen;
using Osism.Contracts.Runs;

namespace Osism.Daemon.Runtimes;

/// <summary>How a role is known, the weakest first.</summary>
internal enum RoleSource
{
    /// <summary>A playbook of the operator: <c>environments/E/playbook-ROLE.yml</c>.</summary>
    Repository,

    /// <summary>The catalog knows the name; nothing says that it can be run here.</summary>
    Catalog,

    /// <summary>A playbook in the folder of a runtime.</summary>
    Runtime,

    /// <summary>A runtime said so itself in <c>/interface/playbooks</c>.</summary>
    Interface,
}

/// <summary>Where a role leads.</summary>
internal sealed record RoleEntry(string Role, string Environment, string Runtime, RoleSource Source);

/// <summary>All known roles at one time. Of several sources the strongest wins.</summary>
internal sealed class RoleIndex
{
    private readonly FrozenDictionary<string, RoleEntry> _entries;
    private readonly FrozenSet<string> _osism;
    private readonly FrozenSet<string> _plays;
    private readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, RoleNote>> _notes;

    /// <param name="entries">Entries of all sources; of equal source and name the last wins.</param>
    /// <param name="notes">What runtimes say of their roles, by runtime and role.</param>
    public RoleIndex(IReadOnlyList<RoleEntry> entries, IReadOnlyDictionary<string, IReadOnlyDictionary<string, RoleNote>> notes)
    {
        _notes = notes;
        _entries = entries.OrderBy(entry => entry.Source).GroupBy(entry => entry.Role, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.Last(), StringComparer.Ordinal);
        Twice = [.. entries.Where(entry => entry.Source == RoleSource.Runtime).GroupBy(entry => entry.Role, StringComparer.Ordinal)
            .Select(group => (group.Key, group.Select(entry => entry.Runtime).Distinct(StringComparer.Ordinal).ToList()))
            .Where(role => role.Item2.Count > 1).Select(role => (role.Key, role.Item2[^2], role.Item2[^1]))];
        _osism = entries.Where(entry => entry is { Runtime: RuntimeCatalog.Osism, Source: not RoleSource.Repository }).Select(entry => entry.Role).ToFrozenSet(StringComparer.Ordinal);
        _plays = entries.Where(entry => entry.Source != RoleSource.Catalog).Select(entry => entry.Role).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Roles that two runtimes have playbooks for, with the one that loses and the one that wins.</summary>
    public IReadOnlyList<(string Role, string First, string Second)> Twice { get; }

    public IEnumerable<string> Names => _entries.Keys;

    public RoleEntry? Find(string role) => _entries.GetValueOrDefault(role);

    /// <summary>Whether a play of this name belongs to osism-ansible, whatever its environment.</summary>
    public bool IsOsism(string role) => _osism.Contains(role);

    /// <summary>Roles for which there is a playbook here, sorted by name.</summary>
    public IReadOnlyList<RoleInfo> List() =>
        [.. _entries.Values.Where(entry => _plays.Contains(entry.Role))
            .OrderBy(entry => entry.Role, StringComparer.Ordinal)
            .Select(Describe)];

    /// <summary>What is known of a role, be there a playbook for it here or not; null when it is unknown.</summary>
    public RoleInfo? Describe(string role) => Find(role) is { } entry ? Describe(entry) : null;

    /// <summary>What a runtime says of its play of a name; null when it does not.</summary>
    public RoleNote? NoteOf(string runtime, string play) => _notes.TryGetValue(runtime, out var roles) ? roles.GetValueOrDefault(play) : null;

    private RoleInfo Describe(RoleEntry entry)
    {
        var source = entry.Source == RoleSource.Interface || _plays.Contains(entry.Role) ? entry.Source : RoleSource.Catalog;
        var note = NoteOf(entry);
        return new RoleInfo(entry.Role, entry.Environment, entry.Runtime, source.ToString().ToLowerInvariant())
        {
            Description = note?.Description,
            Hosts = note?.Hosts,
            Danger = note?.Danger,
            Scope = note?.Scope,
        };
    }

    /// <summary>A play of the operator that goes by the name of a runtime's is not what the runtime speaks of.</summary>
    private RoleNote? NoteOf(RoleEntry entry) =>
        entry.Source != RoleSource.Repository ? NoteOf(entry.Runtime, entry.Role) : null;
}
