using System.Numerics;
using System.Text.RegularExpressions;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory.Model;

/// <summary>Hosts and groups while sources are read. A source that fails half way leaves what it had read, as it does with Ansible.</summary>
internal sealed partial class InventoryDraft
{
    public const string All = "all";
    public const string Ungrouped = "ungrouped";

    private readonly AnsibleSettings _settings;
    private readonly List<Finding> _findings;
    private readonly Dictionary<string, DraftGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DraftHost> _hosts = new(StringComparer.Ordinal);
    private readonly List<DraftGroup> _groupsInOrder = [];
    private readonly List<DraftHost> _hostsInOrder = [];
    private readonly List<Finding> _repeats = [];

    public InventoryDraft(AnsibleSettings settings, List<Finding> findings)
    {
        (_settings, _findings) = (settings, findings);
        AddGroup(All, 0);
        AddGroup(Ungrouped, 0);
        AddChild(All, Ungrouped, 0);
    }

    /// <summary>The source that is being read.</summary>
    public string? Source { get; set; }

    public IReadOnlyList<DraftGroup> Groups => _groupsInOrder;

    public IReadOnlyList<DraftHost> Hosts => _hostsInOrder;

    /// <summary>The first of <c>localhost</c>, <c>127.0.0.1</c> and <c>::1</c> that is a host.</summary>
    public DraftHost? Localhost { get; private set; }

    /// <summary>Hosts that one source puts into one group twice. Nobody minds, so they are no findings of a reading.</summary>
    public IReadOnlyList<Finding> Repeats => _repeats;

    public static bool IsLocalhost(string name) => name is "127.0.0.1" or "localhost" or "::1";

    public bool HasGroup(string name) => _groups.ContainsKey(name);

    public bool HasHost(string name) => _hosts.ContainsKey(name);

    public void Report(string code, int line, string message) => _findings.Add(new Finding(code, Source, line, message));

    /// <summary>The group's name after <see cref="AnsibleSettings.ReplaceInGroupNames"/>.</summary>
    public string SafeGroupName(string name, int line)
    {
        if (!InvalidInName().IsMatch(name))
            return name;
        if (_settings.ReportGroupNames)
            Report(FindingCodes.GroupName, line, $"the name of the group '{name}' has characters that a variable's name cannot have");
        return _settings.ReplaceInGroupNames ? InvalidInName().Replace(name, "_") : name;
    }

    /// <summary>Adds a group unless there is one. Returns the name it has.</summary>
    /// <exception cref="SourceException">The name is empty.</exception>
    public string AddGroup(string name, int line)
    {
        if (name.Length == 0)
            throw new SourceException("the name of a group is empty", line);
        if (_groups.ContainsKey(name))
            return name;
        name = SafeGroupName(name, line);
        if (!_groups.ContainsKey(name))
        {
            var group = new DraftGroup(name, _groupsInOrder.Count, Source, line);
            _groups.Add(name, group);
            _groupsInOrder.Add(group);
        }

        return name;
    }

    /// <param name="port">Becomes <c>ansible_port</c> of a new host.</param>
    /// <exception cref="SourceException">The name is empty, or there is no such group.</exception>
    public void AddHost(string name, string group, BigInteger? port, int line)
    {
        if (name.Length == 0)
            throw new SourceException("the name of a host is empty", line);
        if (!_groups.TryGetValue(group, out var into))
            throw new SourceException($"there is no group {group}", line);
        if (!_hosts.TryGetValue(name, out var host))
        {
            host = new DraftHost(name, Source, line);
            _hosts.Add(name, host);
            _hostsInOrder.Add(host);
            if (port is { IsZero: false } given)
                host.Variables.Set(new Variable(new PyText("ansible_port"), new PyInt(given), Source, line), _settings.MergeHashes);
            if (IsLocalhost(name))
                SetLocalhost(host, line);
        }

        if (!into.AddHost(host, Source) && into.PutBy(host) == Source)
            _repeats.Add(new Finding(FindingCodes.DuplicateHost, Source, line, $"the host '{name}' is in the group '{group}' twice"));
    }

    /// <summary>Sets a variable of a group or host. Where a host has the name of a group it is the group's.</summary>
    /// <exception cref="SourceException">There is neither, or <c>ansible_group_priority</c> is no whole number.</exception>
    public void SetVariable(string entity, PyValue name, PyValue value, int line)
    {
        var variable = new Variable(name, value, Source, line);
        if (!_groups.TryGetValue(entity, out var group))
        {
            var host = _hosts.GetValueOrDefault(entity) ?? throw new SourceException($"there is no group or host {entity}", line);
            host.Variables.Set(variable, _settings.MergeHashes);
        }
        else if (name is PyText { Value: "ansible_group_priority" })
        {
            group.Priority = ToPriority(value) ?? throw new SourceException("ansible_group_priority is no whole number", line);
        }
        else
        {
            group.Variables.Set(variable, _settings.MergeHashes);
        }
    }

    /// <summary>Puts a group, or else a host, of this name into a group.</summary>
    /// <exception cref="SourceException">One of them is not there, or it would be inside itself.</exception>
    public void AddChild(string parent, string child, int line)
    {
        if (!_groups.TryGetValue(parent, out var into))
            throw new SourceException($"there is no group {parent}", line);
        if (!_groups.TryGetValue(child, out var group))
        {
            into.AddHost(_hosts.GetValueOrDefault(child) ?? throw new SourceException($"{child} is neither a known host nor a known group", line), Source);
            return;
        }

        if (into == group)
            throw new SourceException($"the group {parent} cannot be in itself", line);
        if (into.Children.Contains(group))
            return;
        var additions = into.Ancestors();
        if (additions.Contains(group.Number))
            throw new SourceException($"with the group {child} in {parent} they would be in one another", line);
        additions.Add(into.Number);
        additions = additions.Without(group.Ancestors());
        into.AddChild(group);
        foreach (var host in group.AllHosts())
            host.Groups.AddAll(additions);
    }

    /// <summary>Makes every group one of <c>all</c>, and <c>ungrouped</c> hold exactly those hosts that are in no other.</summary>
    public void Reconcile()
    {
        var (all, ungrouped) = (_groups[All], _groups[Ungrouped]);
        foreach (var group in _groupsInOrder.ToList())
        {
            if (group != all && group.Parents.Count == 0)
                AddChild(All, group.Name, 0);
        }

        var both = new GroupSet();
        both.Add(all.Number);
        both.Add(ungrouped.Number);
        foreach (var host in _hostsInOrder)
        {
            var others = !host.Groups.Without(both).IsEmpty;
            if (host.Groups.Contains(ungrouped.Number))
            {
                if (others)
                    RemoveFrom(ungrouped, host);
            }
            else if (!others)
            {
                // By its name: a group of the same name is put there instead.
                AddChild(Ungrouped, host.Name, 0);
            }

            if (_groups.ContainsKey(host.Name))
                _findings.Add(new Finding(FindingCodes.NameConflict, host.Source, 0, $"'{host.Name}' is both a host and a group"));
        }
    }

    /// <summary>With the group the host leaves those above it that it has no other way into.</summary>
    private void RemoveFrom(DraftGroup group, DraftHost host)
    {
        if (group.RemoveHost(host))
            Leave(group);

        void Leave(DraftGroup left)
        {
            host.Groups.Remove(left.Number);
            foreach (var number in left.Ancestors().Numbers())
            {
                var above = _groupsInOrder[number];
                if (above.Name != All && host.Groups.Contains(number)
                    && !host.Groups.Numbers().Any(other => _groupsInOrder[other].Ancestors().Contains(number)))
                {
                    Leave(above);
                }
            }
        }
    }

    private void SetLocalhost(DraftHost host, int line)
    {
        if (Localhost is null)
            Localhost = host;
        else
            Report(FindingCodes.SecondLocalhost, line, $"'{host.Name}' is a second name of this machine; '{Localhost.Name}' came first");
    }

    private static int? ToPriority(PyValue value)
    {
        BigInteger? number = value switch
        {
            PyInt integer => integer.Value,
            PyBool flag => flag.Value ? 1 : 0,
            PyFloat real when double.IsFinite(real.Value) => new BigInteger(Math.Truncate(real.Value)),
            PyText text => PyStrings.ToInteger(text.Value),
            _ => null,
        };
        return number is { } found && BigInteger.Abs(found) <= int.MaxValue ? (int)found : null;
    }

    [GeneratedRegex(@"^[^\p{L}\p{Nl}\p{No}_]|[^\p{L}\p{N}_]", RegexOptions.CultureInvariant)]
    private static partial Regex InvalidInName();
}
