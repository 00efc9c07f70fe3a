using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory.Model;

/// <summary>A group while sources are read.</summary>
internal sealed class DraftGroup(string name, int number, string? source, int line)
{
    private readonly Dictionary<DraftHost, string?> _members = [];

    public string Name { get; } = name;

    public int Number { get; } = number;

    /// <summary>The source that named it first, and where.</summary>
    public string? Source { get; } = source;

    public int Line { get; } = line;

    /// <summary>Longest way down from a group without parents.</summary>
    public int Depth { get; private set; }

    public int Priority { get; set; } = 1;

    public List<DraftGroup> Children { get; } = [];

    public List<DraftGroup> Parents { get; } = [];

    public List<DraftHost> Hosts { get; } = [];

    public VariableTable Variables { get; } = new();

    /// <summary>All groups above.</summary>
    public GroupSet Ancestors()
    {
        var seen = new GroupSet();
        var next = new Stack<DraftGroup>(Parents);
        while (next.TryPop(out var group))
        {
            if (seen.Contains(group.Number))
                continue;
            seen.Add(group.Number);
            foreach (var parent in group.Parents)
                next.Push(parent);
        }

        return seen;
    }

    /// <summary>Hosts of this group and those below.</summary>
    public IEnumerable<DraftHost> AllHosts()
    {
        var seen = new HashSet<DraftGroup> { this };
        var next = new Stack<DraftGroup>(seen);
        while (next.TryPop(out var group))
        {
            foreach (var host in group.Hosts)
                yield return host;
            foreach (var child in group.Children)
            {
                if (seen.Add(child))
                    next.Push(child);
            }
        }
    }

    /// <param name="by">The source that puts it there.</param>
    /// <returns>False when it is there already; see <see cref="PutBy"/>.</returns>
    public bool AddHost(DraftHost host, string? by)
    {
        if (!_members.TryAdd(host, by))
            return false;
        Hosts.Add(host);
        host.Groups.AddAll(Ancestors());
        host.Groups.Add(Number);
        return true;
    }

    /// <summary>The source that put a host into this very group.</summary>
    public string? PutBy(DraftHost host) => _members.GetValueOrDefault(host);

    public bool RemoveHost(DraftHost host) => _members.Remove(host) && Hosts.Remove(host);

    public void AddChild(DraftGroup child)
    {
        Children.Add(child);
        child.Parents.Add(this);
        child.Sink(Depth + 1);
    }

    private void Sink(int depth)
    {
        if (depth <= Depth)
            return;
        Depth = depth;
        foreach (var child in Children)
            child.Sink(depth + 1);
    }
}

/// <summary>A host while sources are read.</summary>
internal sealed class DraftHost(string name, string? source, int line)
{
    public string Name { get; } = name;

    /// <summary>The source that named it first.</summary>
    public string? Source { get; } = source;

    public int Line { get; } = line;

    /// <summary>All groups it is in, directly or not.</summary>
    public GroupSet Groups { get; } = new();

    public VariableTable Variables { get; } = new();
}
