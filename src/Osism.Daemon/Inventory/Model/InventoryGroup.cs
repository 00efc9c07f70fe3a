using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory.Model;

/// <summary>A group. Immutable once its inventory is made.</summary>
/// <param name="Number">Place in <see cref="AnsibleInventory.Groups"/>.</param>
/// <param name="Depth">Longest way down from <c>all</c>: of two groups the deeper one's variables win.</param>
/// <param name="Priority"><c>ansible_group_priority</c>: decides among groups of one depth.</param>
/// <param name="Variables">Set in the inventory's sources; files beside them are not in it.</param>
internal sealed record InventoryGroup(string Name, int Number, int Depth, int Priority, IReadOnlyList<Variable> Variables)
{
    private List<InventoryHost>? _allHosts;

    /// <summary>File that named it first; null for <c>all</c> and <c>ungrouped</c> where no source does.</summary>
    public string? Source { get; init; }

    /// <summary>Line in <see cref="Source"/>, from 1; 0 where it is not known.</summary>
    public int Line { get; init; }

    /// <summary>Groups directly in this one, in the order in which they came.</summary>
    public IReadOnlyList<InventoryGroup> Children { get; internal set; } = [];

    /// <summary>Hosts directly in this one, in the order in which they came.</summary>
    public IReadOnlyList<InventoryHost> Hosts { get; internal set; } = [];

    /// <summary>Hosts of this group and those below, level by level.</summary>
    public IReadOnlyList<InventoryHost> AllHosts => _allHosts ??= FindAllHosts();

    /// <summary>The order in which groups' variables are laid over one another.</summary>
    public static int CompareRank(InventoryGroup left, InventoryGroup right)
    {
        var order = left.Depth.CompareTo(right.Depth);
        if (order == 0)
            order = left.Priority.CompareTo(right.Priority);
        return order == 0 ? Values.PyKeys.Compare(left.Name, right.Name) : order;
    }

    public bool Equals(InventoryGroup? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Number;

    public override string ToString() => Name;

    private List<InventoryHost> FindAllHosts()
    {
        var hosts = new List<InventoryHost>();
        var known = new HashSet<InventoryHost>();
        var seen = new HashSet<InventoryGroup> { this };
        for (var level = new List<InventoryGroup> { this }; level.Count > 0;)
        {
            var below = new List<InventoryGroup>();
            foreach (var group in level)
            {
                foreach (var host in group.Hosts)
                {
                    if (known.Add(host))
                        hosts.Add(host);
                }

                foreach (var child in group.Children)
                {
                    if (seen.Add(child))
                        below.Add(child);
                }
            }

            level = below;
        }

        return hosts;
    }
}

/// <summary>A host.</summary>
/// <param name="Groups">All groups it is in but <c>all</c>, directly or not, the weakest first. Hosts in the same groups share the list.</param>
/// <param name="Variables">Set in the inventory's sources; files beside them are not in it.</param>
/// <param name="Source">File that named it first; null for the implicit localhost.</param>
internal sealed record InventoryHost(string Name, IReadOnlyList<InventoryGroup> Groups, IReadOnlyList<Variable> Variables, string? Source)
{
    /// <summary>Line in <see cref="Source"/>, from 1; 0 where it is not known.</summary>
    public int Line { get; init; }

    public bool Equals(InventoryHost? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Name;
}
