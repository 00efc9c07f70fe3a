using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory.Output;

/// <summary>Writes what <c>ansible-inventory --list</c> and <c>--host</c> print, byte for byte.</summary>
internal sealed class InventoryJson(InventoryReading reading)
{
    private const string Meta = "_meta";

    // Values that many hosts share are made text once. A table of 1,500 variables has some 120 KB of it.
    private const int MostTexts = 64;

    private readonly Dictionary<VariableTable, byte[]?[]> _texts = new(ReferenceEqualityComparer.Instance);

    /// <param name="export">As <c>--export</c>: variables of groups are shown with them instead of with their hosts.</param>
    /// <exception cref="InventoryException">A file of variables cannot be read, or a value cannot be written as JSON; nothing is written then.</exception>
    public void WriteList(Stream target, bool export)
    {
        // Also of a host that is called 'all' there are no others then.
        var hosts = reading.Patterns.Match(InventoryDraft.All);
        var groups = Groups(export);
        var worst = groups.Select(group => group.Variables is { } table ? ObstacleOf(Alone(table)) : JsonObstacle.None).DefaultIfEmpty().Max();
        foreach (var host in hosts)
        {
            var obstacle = ObstacleOf(Of(host, export));
            if (obstacle == JsonObstacle.Unwritable)
                throw Unwritable(host.Name);
            worst = obstacle > worst ? obstacle : worst;
        }

        if (worst == JsonObstacle.Unwritable)
            throw Unwritable("a group");
        using var json = new PyJson(target, IsSortable(worst));
        // A group of this name loses against what Ansible puts there.
        groups.RemoveAll(group => group.Name == Meta);
        var meta = groups.Count;
        if (json.IsSorted)
        {
            groups.Sort(static (a, b) => PyKeys.Compare(a.Name, b.Name));
            meta = groups.FindIndex(group => PyKeys.Compare(group.Name, Meta) > 0) is var place and >= 0 ? place : groups.Count;
        }

        for (var i = 0; i <= groups.Count; i++)
        {
            if (i == meta)
            {
                json.Append(i == 0 ? "{" : ",");
                WriteMeta(json, hosts, export);
            }

            if (i < groups.Count)
            {
                json.Append(i == 0 && meta != 0 ? "{" : ",");
                WriteGroup(json, groups[i]);
            }
        }

        json.Append("\n}\n");
    }

    /// <summary>One host's variables.</summary>
    /// <inheritdoc cref="WriteList"/>
    public void WriteHost(Stream target, InventoryHost host, bool export)
    {
        var own = Of(host, export);
        var obstacle = ObstacleOf(own);
        if (obstacle == JsonObstacle.Unwritable)
            throw Unwritable(host.Name);
        using var json = new PyJson(target, IsSortable(obstacle));
        if (!WriteVariables(json, own, 0, "", isOnly: true))
            json.Append("{}");
        json.Append("\n");
    }

    private HostVariables Of(InventoryHost host, bool export) => export ? Alone(reading.Variables.OwnOf(host)) : reading.Variables.Of(host);

    private static HostVariables Alone(VariableTable table) => new(new VariableTable(), table);

    private static JsonObstacle ObstacleOf(HostVariables all) => all.ObstacleWithout(InternalVariables.Contains);

    private bool IsSortable(JsonObstacle obstacle)
    {
        if (obstacle == JsonObstacle.None)
            return true;
        reading.Findings.Add(new Finding(FindingCodes.ValueUnsortable, null, 0, "some keys are texts and others in the same dictionary are not: nothing is sorted"));
        return false;
    }

    private static InventoryException Unwritable(string whose) => new(new Finding(
        FindingCodes.ValueUnwritable, null, 0, $"a variable of {whose} cannot be written as JSON: it is, or has as a key or value, a set, bytes, a complex number or a date as a key"));

    private List<ShownGroup> Groups(bool export)
    {
        var shown = new List<ShownGroup>();
        var seen = new HashSet<InventoryGroup>();
        Add(reading.Inventory.All);
        return shown;

        void Add(InventoryGroup group)
        {
            var hosts = group == reading.Inventory.All ? [] : group.Hosts;
            var table = export ? reading.Variables.Of(group) : null;
            if (hosts.Count > 0 || group.Children.Count > 0 || table?.Items.Any(variable => !InternalVariables.Contains(variable.Name)) == true)
                shown.Add(new ShownGroup(group.Name, hosts, group.Children, table));
            foreach (var child in group.Children)
            {
                if (seen.Contains(child))
                    continue;
                Add(child);
                seen.Add(child);
            }
        }
    }

    private void WriteGroup(PyJson json, ShownGroup group)
    {
        json.NewLine(1);
        json.Quote(group.Name);
        json.Append(": ");
        var first = true;
        if (json.IsSorted)
        {
            WriteNames("children", group.Children.Select(child => child.Name));
            WriteNames("hosts", group.Hosts.Select(host => host.Name));
        }
        else
        {
            WriteNames("hosts", group.Hosts.Select(host => host.Name));
            WriteNames("children", group.Children.Select(child => child.Name));
        }

        if (group.Variables is { } table && WriteVariables(json, Alone(table), 2, $"{(first ? "{" : ",")}\n        \"vars\": ", isOnly: false))
            first = false;
        json.NewLine(1);
        json.Append("}");

        void WriteNames(string part, IEnumerable<string> names)
        {
            var any = false;
            foreach (var name in names)
            {
                if (!any)
                {
                    json.Append(first ? "{" : ",");
                    first = false;
                    json.NewLine(2);
                    json.Quote(part);
                    json.Append(": [");
                }
                else
                {
                    json.Append(",");
                }

                any = true;
                json.NewLine(3);
                json.Quote(name);
            }

            if (!any)
                return;
            json.NewLine(2);
            json.Append("]");
        }
    }

    private void WriteMeta(PyJson json, IReadOnlyList<InventoryHost> hosts, bool export)
    {
        json.Append("\n    \"_meta\": {\n        \"hostvars\": ");
        var any = false;
        foreach (var host in json.IsSorted ? hosts.OrderBy(host => host.Name, Comparer<string>.Create(PyKeys.Compare)) : (IEnumerable<InventoryHost>)hosts)
        {
            var own = Of(host, export);
            using var name = new MemoryStream();
            using (var quoted = new PyJson(name, sorted: true))
                quoted.Quote(host.Name);
            any |= WriteVariables(json, own, 3, $"{(any ? "," : "{")}\n            {System.Text.Encoding.UTF8.GetString(name.ToArray())}: ", isOnly: false);
        }

        json.Append(any ? "\n        }\n    }" : "{}\n    }");
    }

    /// <summary>A dictionary of variables behind <paramref name="head"/>; false and nothing at all when there are none.</summary>
    private bool WriteVariables(PyJson json, HostVariables all, int depth, string head, bool isOnly)
    {
        var any = false;
        var texts = json.IsSorted && !isOnly ? TextsOf(all.Shared) : null;
        var place = 0;
        foreach (var (variable, isShared) in json.IsSorted ? all.ByName() : all.InOrder().Select(variable => (variable, false)))
        {
            if (InternalVariables.Contains(variable.Name))
                continue;
            json.Append(any ? "," : head);
            if (!any)
                json.Append("{");
            any = true;
            if (isShared && texts is not null)
            {
                while (!ReferenceEquals(all.Shared.Sorted[place].Name, variable.Name))
                    place++;
                json.Append(texts[place] ??= TextOf(variable, depth + 1));
                continue;
            }

            WriteMember(json, variable, depth + 1);
        }

        if (!any)
            return false;
        json.NewLine(depth);
        json.Append("}");
        return true;
    }

    private static void WriteMember(PyJson json, Variable variable, int depth)
    {
        json.NewLine(depth);
        json.WriteKey(variable.Name);
        json.Write(variable.Value, depth);
    }

    private byte[]?[] TextsOf(VariableTable table)
    {
        if (_texts.TryGetValue(table, out var known))
            return known;
        if (_texts.Count >= MostTexts)
            _texts.Clear();
        return _texts[table] = new byte[table.Sorted.Count][];
    }

    private static byte[] TextOf(Variable variable, int depth)
    {
        using var bytes = new MemoryStream();
        using (var json = new PyJson(bytes, sorted: true))
            WriteMember(json, variable, depth);
        return bytes.ToArray();
    }

    private sealed record ShownGroup(string Name, IReadOnlyList<InventoryHost> Hosts, IReadOnlyList<InventoryGroup> Children, VariableTable? Variables);
}
