using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Setup;

/// <summary>A machine of the pod.</summary>
/// <param name="Groups">Base groups it is in, besides <c>generic</c>.</param>
internal sealed record PodNode(string Name, string Address, IReadOnlyList<string> Groups);

/// <summary>The pod that a <see cref="PodRequest"/> means: everything is known and of the form it must have.</summary>
internal sealed record PodPlan
{
    public const string Manager = "manager";

    public const string DefaultInterface = "eth0";

    public const string DefaultTimeZone = "UTC";

    public required string Domain { get; init; }

    public required IReadOnlyList<PodNode> Nodes { get; init; }

    public required string InternalAddress { get; init; }

    public required string ExternalAddress { get; init; }

    public required string Network { get; init; }

    public required string Interface { get; init; }

    public required IReadOnlyList<string> NameServers { get; init; }

    public required IReadOnlyList<string> TimeServers { get; init; }

    public required string TimeZone { get; init; }

    public required Release Release { get; init; }

    public required string OperatorUser { get; init; }

    public string? OperatorKey { get; init; }

    public bool Ceph { get; init; }

    public bool Kubernetes { get; init; }

    public static IReadOnlyList<string> DefaultNameServers { get; } = ["9.9.9.9", "149.112.112.112"];

    // Two at least: of one clock nobody knows whether it is right.
    public static IReadOnlyList<string> DefaultTimeServers { get; } = ["0.pool.ntp.org", "1.pool.ntp.org"];

    /// <summary>The groups that every pod has; the others are made of them.</summary>
    public static IReadOnlyList<string> BaseGroups { get; } = ["generic", Manager, "monitoring", "control", "compute", "network", "ceph-control", "ceph-resource"];

    /// <exception cref="OsismException"><c>request.invalid</c> with all that is wrong; <c>release.unknown</c>.</exception>
    public static PodPlan Of(PodRequest request)
    {
        var (plan, faults) = Read(request);
        if (request.Missing is { Count: > 0 } missing)
            faults.Insert(0, $"{string.Join(", ", missing)} must be given");
        return faults.Count == 0 ? plan : throw Refused(faults);
    }

    /// <summary>Looks at what was said; what is missing is no fault yet.</summary>
    /// <exception cref="OsismException">As <see cref="Of"/>.</exception>
    public static void RequireGood(PodRequest request)
    {
        if (Read(request).Faults is { Count: > 0 } faults)
            throw Refused(faults);
    }

    private static OsismException Refused(List<string> faults) => new(ErrorCodes.RequestInvalid, $"{string.Join("; ", faults)}: see osism init --help");

    private static (PodPlan Plan, List<string> Faults) Read(PodRequest request)
    {
        var faults = new List<string>();
        var nodes = request.Nodes.Select(text => Try(() => PodWords.Node(text, request.Ceph))).OfType<PodNode>().ToList();
        Try(() => AddManager(nodes, request.Manager));
        foreach (var twice in nodes.GroupBy(node => node.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
            faults.Add($"the node {twice.Key} is named twice");
        foreach (var twice in nodes.GroupBy(node => node.Address, StringComparer.Ordinal).Where(group => group.Count() > 1))
            faults.Add($"the address {twice.Key} belongs to {string.Join(" and ", twice.Select(node => node.Name).Distinct(StringComparer.Ordinal))}");
        var internalAddress = Try(() => PodWords.Address(request.InternalAddress ?? "0.0.0.0"));
        var externalAddress = Try(() => PodWords.Address(request.ExternalAddress ?? internalAddress ?? "0.0.0.0"));
        if (nodes.Find(node => node.Address == internalAddress || node.Address == externalAddress) is { } taken)
            faults.Add($"{taken.Address} is the address of {taken.Name}; those of the API move between nodes and are of their own");
        var plan = new PodPlan
        {
            Domain = Try(() => PodWords.Domain(request.Domain ?? "x")) ?? "",
            Nodes = nodes,
            InternalAddress = internalAddress ?? "",
            ExternalAddress = externalAddress ?? "",
            Network = Try(() => PodWords.Network(request.Network ?? PodWords.NetworkOf(nodes.Count > 0 ? nodes[0].Address : "0.0.0.0"))) ?? "",
            Interface = Try(() => PodWords.Interface(request.Interface ?? DefaultInterface)) ?? "",
            NameServers = [.. (request.NameServers.Count > 0 ? request.NameServers : DefaultNameServers).Select(text => Try(() => PodWords.Address(text)) ?? "")],
            TimeServers = [.. (request.TimeServers.Count > 0 ? request.TimeServers : DefaultTimeServers).Select(text => Try(() => PodWords.Host(text)) ?? "")],
            TimeZone = Try(() => PodWords.TimeZone(request.TimeZone ?? DefaultTimeZone)) ?? "",
            Release = request.Release is null ? Releases.Newest : Releases.Require(null, request.Release),
            OperatorUser = Try(() => PodWords.User(request.OperatorUser ?? "dragon")) ?? "",
            OperatorKey = request.OperatorKey,
            Ceph = request.Ceph,
            Kubernetes = request.Kubernetes,
        };
        return (plan, faults);

        T? Try<T>(Func<T> parse)
            where T : class
        {
            try
            {
                return parse();
            }
            catch (FormatException e)
            {
                faults.Add(e.Message);
                return null;
            }
        }
    }

    /// <exception cref="FormatException">It is neither a node nor a machine of its own.</exception>
    private static string AddManager(List<PodNode> nodes, string? wanted)
    {
        if (nodes.Count == 0)
            return "";
        // Groups that were given for nodes may name the manager as well.
        if (wanted is null && nodes.Exists(node => node.Groups.Contains(Manager, StringComparer.Ordinal)))
            return "";
        var name = PodWords.Manager(wanted ?? nodes[0].Name, nodes);
        if (name.Contains('=', StringComparison.Ordinal))
        {
            nodes.Add(PodWords.Node($"{name}:{Manager}", ceph: false));
            return name;
        }

        var at = nodes.FindIndex(node => node.Name == name);
        nodes[at] = nodes[at] with { Groups = [.. nodes[at].Groups.Append(Manager).Distinct(StringComparer.Ordinal)] };
        return name;
    }
}
