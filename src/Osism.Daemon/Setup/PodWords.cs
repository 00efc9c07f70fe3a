using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Osism.Daemon.Setup;

/// <summary>The words of which a pod is described: each method gives the word in its usual form, or says what is wrong with it.</summary>
internal static partial class PodWords
{
    private static readonly string[] NodeGroups = ["control", "compute", "network", "monitoring"];

    private static readonly string[] CephGroups = ["ceph-control", "ceph-resource"];

    /// <summary><c>NAME=ADDRESS[:GROUP,...]</c>; without groups it has every part but that of the manager.</summary>
    /// <exception cref="FormatException">As of all methods here: it is not of that form.</exception>
    public static PodNode Node(string text, bool ceph)
    {
        if (NodeForm().Match(text) is not { Success: true } match)
            throw new FormatException($"'{text}' is not NAME=ADDRESS[:GROUP,GROUP]; an IPv6 address stands in brackets");
        var name = match.Groups["name"].Value;
        if (!HostForm().IsMatch(name) || name == "localhost")
            throw new FormatException($"'{name}' cannot be the name of a node: small letters, digits, '-' and '.'");
        if (PodPlan.BaseGroups.Contains(name, StringComparer.Ordinal))
            throw new FormatException($"'{name}' is the name of a group, so no node can be called so");
        string[] groups = match.Groups["groups"].Success ? match.Groups["groups"].Value.Split(',') : [.. NodeGroups, .. ceph ? CephGroups : []];
        foreach (var group in groups)
        {
            if (!PodPlan.BaseGroups.Contains(group, StringComparer.Ordinal))
                throw new FormatException($"{name} cannot be in a group '{group}', the groups are {string.Join(", ", PodPlan.BaseGroups)}");
            if (!ceph && CephGroups.Contains(group, StringComparer.Ordinal))
                throw new FormatException($"{name} cannot be in {group}, as the pod is to be without Ceph");
        }

        return new PodNode(name, Address(match.Groups["address"].Value.Trim('[', ']')), [.. groups.Where(group => group != "generic").Distinct(StringComparer.Ordinal)]);
    }

    public static string NodeOrNothing(string text, bool ceph)
    {
        if (text.Length > 0)
            _ = Node(text, ceph);
        return text;
    }

    /// <summary>A node, or <c>NAME=ADDRESS</c> of a machine that is nothing else.</summary>
    public static string Manager(string text, IReadOnlyCollection<PodNode> nodes)
    {
        if (text.Contains('=', StringComparison.Ordinal))
            _ = Node($"{text}:{PodPlan.Manager}", ceph: false);
        else if (!nodes.Any(node => node.Name == text))
            throw new FormatException($"the manager '{text}' is none of the nodes; NAME=ADDRESS makes it a machine of its own");
        return text;
    }

    public static string Address(string text) =>
        IPAddress.TryParse(text, out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || text.Split('.').Length == 4)
            ? address.ToString() : throw new FormatException($"'{text}' is not an IP address");

    public static string Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network.ToString() : throw new FormatException($"'{text}' is not a network such as 192.0.2.0/24");

    /// <summary>The network an address is likely to be in.</summary>
    public static string NetworkOf(string address)
    {
        var bytes = IPAddress.Parse(address).GetAddressBytes();
        Array.Clear(bytes, bytes.Length == 4 ? 3 : 8, bytes.Length == 4 ? 1 : 8);
        return $"{new IPAddress(bytes)}/{(bytes.Length == 4 ? 24 : 64)}";
    }

    public static string Domain(string text) =>
        HostForm().IsMatch(text) ? text : throw new FormatException($"'{text}' cannot be the domain of a pod: small letters, digits, '-' and '.'");

    public static string Host(string text) =>
        HostForm().IsMatch(text) || IPAddress.TryParse(text, out _) ? text : throw new FormatException($"'{text}' is neither a name nor an address of a server");

    public static string Interface(string text) =>
        InterfaceForm().IsMatch(text) ? text : throw new FormatException($"'{text}' cannot be the name of a network interface");

    public static string User(string text) =>
        UserForm().IsMatch(text) ? text : throw new FormatException($"'{text}' cannot be the name of a user");

    public static string TimeZone(string text) =>
        ZoneForm().IsMatch(text) && TimeZoneInfo.TryFindSystemTimeZoneById(text, out _) ? text : throw new FormatException($"there is no time zone '{text}'; they are called as Europe/Berlin is");

    [GeneratedRegex(@"^(?<name>[^=]+)=(?<address>\[[0-9a-fA-F:.]+\]|[0-9.]+)(:(?<groups>[a-z,-]+))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex NodeForm();

    [GeneratedRegex("^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$", RegexOptions.ExplicitCapture)]
    private static partial Regex HostForm();

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$")]
    private static partial Regex InterfaceForm();

    [GeneratedRegex("^[a-z_][a-z0-9_-]{0,31}$")]
    private static partial Regex UserForm();

    [GeneratedRegex("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", RegexOptions.ExplicitCapture)]
    private static partial Regex ZoneForm();
}
