using System.Text;

namespace Osism.Testing.Sequence;

/// <summary>Which node of the sequence has which part; a smaller lab has the parts of the nodes it has.</summary>
internal static class SequenceInventory
{
    private static readonly string[] Controllers = ["testbed-node-0", "testbed-node-1", "testbed-node-2"];
    private static readonly string[] Resources = ["testbed-node-3", "testbed-node-4", "testbed-node-5"];
    private const string Manager = "testbed-manager";

    private static readonly (string Group, string[] Hosts)[] Groups =
    [
        ("generic", [Manager, .. Controllers, .. Resources]),
        ("manager", [Manager]),
        ("monitoring", [Manager]),
        ("control", Controllers),
        ("network", Controllers),
        ("compute", Resources),
        ("ceph-control", Controllers),
        ("ceph-resource", Resources),
        ("ceph-mds", Resources),
        ("ceph-rgw", Resources),
        ("k3s_node", Resources),
        ("testbed-nodes", [.. Controllers, .. Resources]),
        // This machine itself: from there plays call the manager. make-pod names it so.
        ("calls", ["manager-0"]),
    ];

    /// <summary>All seven, as scripts/nodes takes them.</summary>
    public static IReadOnlyList<string> Nodes { get; } = [Manager, .. Controllers, .. Resources];

    /// <summary>Text of <c>inventory/20-roles</c>.</summary>
    /// <param name="nodes">The nodes there are.</param>
    public static string Roles(IReadOnlyList<string> nodes)
    {
        var text = new StringBuilder();
        foreach (var (group, hosts) in Groups)
        {
            text.Append($"[{group}]\n");
            foreach (var host in hosts.Where(host => host == "manager-0" || nodes.Contains(host)))
            {
                text.Append($"{host}\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
