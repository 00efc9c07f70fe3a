using System.Collections.Frozen;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory.Model;

/// <summary>Hosts and groups of an inventory, as its sources make them. Immutable.</summary>
internal sealed class AnsibleInventory
{
    private readonly FrozenDictionary<string, InventoryGroup> _groups;
    private readonly FrozenDictionary<string, InventoryHost> _hosts;
    private readonly InventoryHost? _localhost;
    private readonly AnsibleSettings _settings;

    private AnsibleInventory(
        IReadOnlyList<InventoryGroup> groups, IReadOnlyList<InventoryHost> hosts, string? localhost, AnsibleSettings settings)
    {
        (Groups, Hosts, _settings) = (groups, hosts, settings);
        _groups = groups.ToFrozenDictionary(group => group.Name, StringComparer.Ordinal);
        _hosts = hosts.ToFrozenDictionary(host => host.Name, StringComparer.Ordinal);
        _localhost = localhost is null ? null : _hosts[localhost];
    }

    /// <summary>In the order in which they came; <c>all</c> and <c>ungrouped</c> are the first two.</summary>
    public IReadOnlyList<InventoryGroup> Groups { get; }

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<InventoryHost> Hosts { get; }

    /// <inheritdoc cref="InventoryDraft.Repeats"/>
    public IReadOnlyList<Finding> Repeats { get; private init; } = [];

    /// <summary>The group that every other is in.</summary>
    public InventoryGroup All => Groups[0];

    public static AnsibleInventory From(InventoryDraft draft, AnsibleSettings settings)
    {
        var groups = draft.Groups
            .Select(group => new InventoryGroup(group.Name, group.Number, group.Depth, group.Priority, [.. group.Variables.Items]) { Source = group.Source, Line = group.Line })
            .ToArray();
        var memberships = new Dictionary<GroupSet, InventoryGroup[]>();
        var hosts = draft.Hosts.Select(host => new InventoryHost(host.Name, GroupsOf(host), [.. host.Variables.Items], host.Source) { Line = host.Line }).ToArray();
        var byDraft = draft.Hosts.Zip(hosts).ToDictionary(pair => pair.First, pair => pair.Second);
        foreach (var group in draft.Groups)
        {
            groups[group.Number].Children = [.. group.Children.Select(child => groups[child.Number])];
            groups[group.Number].Hosts = [.. group.Hosts.Select(host => byDraft[host])];
        }

        return new AnsibleInventory(groups, hosts, draft.Localhost?.Name, settings) { Repeats = draft.Repeats };

        InventoryGroup[] GroupsOf(DraftHost host)
        {
            if (memberships.TryGetValue(host.Groups, out var known))
                return known;
            var found = host.Groups.Numbers().Select(number => groups[number]).Where(group => group.Name != InventoryDraft.All).ToArray();
            Array.Sort(found, InventoryGroup.CompareRank);
            return memberships[host.Groups] = found;
        }
    }

    public InventoryGroup? FindGroup(string name) => _groups.GetValueOrDefault(name);

    /// <summary>A host by its name. <c>localhost</c>, <c>127.0.0.1</c> and <c>::1</c> are always there.</summary>
    public InventoryHost? FindHost(string name) =>
        _hosts.GetValueOrDefault(name) ?? (InventoryDraft.IsLocalhost(name) ? _localhost ?? ImplicitLocalhost(name) : null);

    public bool IsHost(string name) => _hosts.ContainsKey(name);

    private InventoryHost ImplicitLocalhost(string name) => new(
        name, [],
        [
            new Variable(new PyText("ansible_python_interpreter"), new PyText(_settings.Python), null, 0),
            new Variable(new PyText("ansible_connection"), new PyText("local"), null, 0),
        ],
        null);
}
