using System.Globalization;
using System.Text.RegularExpressions;
using Osism.Daemon.Runtimes;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Services;

/// <summary>Reads one service of a file.</summary>
internal static partial class ServiceReader
{
    private const int MostSeconds = 60;

    /// <summary>Words of the API's paths, which no service can have as its name.</summary>
    private static readonly string[] Reserved = ["health", "plan", "runs", "versions"];

    private static readonly string[] Fields =
    [
        "description", "layer", "kind", "role", "environment", "part_of", "groups", "ports", "urls", "probe", "version", "containers", "requires", "switch", "optional",
        "deploy", "upgrade", "retired", "successor", "enabled",
    ];

    private static readonly string[] OfProbe = ["tcp", "http", "status", "verify", "timeout"];
    private static readonly string[] OfStep = ["role", "action", "environment", "arguments"];

    /// <param name="key">Its name.</param>
    /// <param name="value">Its fields.</param>
    /// <param name="known">What was known of it; what is not said stays.</param>
    /// <param name="layers">Names there are.</param>
    /// <param name="fault">Is told line and message.</param>
    /// <returns>Null when there is nothing that could count.</returns>
    public static ServiceEntry? Read(YamlNode key, YamlNode value, ServiceEntry? known, IReadOnlyList<string> layers, Action<int, string> fault)
    {
        if (ServiceNode.TextOf(key) is not { } name || !ServicesFile.IsName(name) || Reserved.Contains(name, StringComparer.Ordinal))
        {
            fault(ServiceNode.LineOf(key), $"'{ServiceNode.TextOf(key)}' cannot be the name of a service: letters, digits, '-', '_' and '.' make one, but for {string.Join(", ", Reserved)}");
            return null;
        }

        if (value is not YamlMappingNode mapping)
        {
            fault(ServiceNode.LineOf(value), $"the service {name} must be a mapping of fields");
            return null;
        }

        var node = new ServiceNode(name, mapping, fault);
        node.RequireFields(Fields);
        var entry = Fill(known ?? new ServiceEntry(name), node, layers);
        if (entry.Layer.Length > 0)
        {
            return entry;
        }

        if (!node.Has("layer"))
        {
            fault(ServiceNode.LineOf(key), $"the service {name} has no layer; there are {string.Join(", ", layers)}");
        }

        return null;
    }

    private static ServiceEntry Fill(ServiceEntry entry, ServiceNode node, IReadOnlyList<string> layers)
    {
        var filled = entry with
        {
            Description = node.Has("description") ? node.Text("description") : entry.Description,
            Layer = OneOf(node, "layer", layers) ?? entry.Layer,
            IsCluster = OneOf(node, "kind", ["cluster", "single"]) is { } kind ? kind == "cluster" : entry.IsCluster,
            Role = node.Has("role") ? node.Name("role") : entry.Role,
            HasNoRole = node.Has("role") ? node.IsNothing("role") : entry.HasNoRole,
            Environment = node.Has("environment") ? node.Name("environment") : entry.Environment,
            PartOf = node.Has("part_of") ? node.Name("part_of") : entry.PartOf,
            Groups = node.Has("groups") ? node.Names("groups") : entry.Groups,
            Ports = node.Has("ports") ? Ports(node, entry.Ports) : entry.Ports,
            Urls = node.Has("urls") ? Urls(node) : entry.Urls,
            Version = node.Has("version") ? node.Name("version") : entry.Version,
            Containers = node.Has("containers") ? Containers(node) : entry.Containers,
            Requires = node.Has("requires") ? [.. node.Names("requires").Distinct(StringComparer.Ordinal)] : entry.Requires,
            Switch = node.Has("switch") ? node.Name("switch") : entry.Switch,
            IsOptional = node.Flag("optional") ?? entry.IsOptional,
            IsRetired = node.Flag("retired") ?? entry.IsRetired,
            Successor = node.Has("successor") ? node.Name("successor") : entry.Successor,
            IsEnabled = node.Flag("enabled") ?? entry.IsEnabled,
            Deploy = node.Has("deploy") ? Steps(node, "deploy") : entry.Deploy,
            Upgrade = node.Has("upgrade") ? Steps(node, "upgrade") : entry.Upgrade,
        };

        // Behind the ports, of which its text may speak. A probe that is wrong leaves none: the one of before may be of something else.
        filled = node.Has("probe") ? filled with { Probe = Probe(node) } : filled;
        return WithoutUnknownPorts(filled, node);
    }

    private static ServiceEntry WithoutUnknownPorts(ServiceEntry entry, ServiceNode node)
    {
        var urls = new List<ServiceUrl>(entry.Urls.Count);
        foreach (var url in entry.Urls)
        {
            if (UnknownPort(entry, url.Texts) is { } unknown)
            {
                node.Fault("urls", $"the URL {url.Name} speaks of a port that is not among its ports: {{{unknown}}}");
            }
            else
            {
                urls.Add(url);
            }
        }

        if (entry.Probe is { } probe && UnknownPort(entry, [probe.Target]) is { } missing)
        {
            node.Fault("probe", $"its probe speaks of a port that is not among its ports: {{{missing}}}");
            return entry with { Urls = urls, Probe = null };
        }

        return entry with { Urls = urls };
    }

    private static string? UnknownPort(ServiceEntry entry, IReadOnlyList<ServiceText> texts) => texts.SelectMany(text => text.PortNames)
        .Where(name => name.Length == 0 ? entry.Ports.Count == 0 : !entry.Ports.Any(port => port.Name == name))
        .Select(name => name.Length == 0 ? "port" : $"port.{name}").FirstOrDefault();

    private static string? OneOf(ServiceNode node, string field, IReadOnlyList<string> words)
    {
        if (node.Text(field) is not { } word || words.Contains(word, StringComparer.Ordinal))
        {
            return node.Text(field);
        }

        node.Fault(field, $"'{word}' is no {field}; there are {string.Join(", ", words)}");
        return null;
    }

    /// <param name="known">Of which one stays whose new number is none.</param>
    private static List<ServicePort> Ports(ServiceNode node, IReadOnlyList<ServicePort> known)
    {
        var ports = new List<ServicePort>();
        foreach (var (key, value) in node.Entries("ports"))
        {
            var name = ServiceNode.TextOf(key) ?? "";
            var match = Port().Match(ServiceNode.TextOf(value) ?? "");
            if (PortName().IsMatch(name) && match.Success
                && int.TryParse(match.Groups["number"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536)
            {
                ports.Add(new ServicePort(name, number, match.Groups["variable"] is { Success: true } variable ? variable.Value : null));
            }
            else
            {
                node.FaultAt(key, $"the port '{name}' is '{ServiceNode.TextOf(value)}': it must be NAME: NUMBER or NAME: VARIABLE|NUMBER, with a number from 1 to 65535");
                ports.AddRange(known.Where(port => port.Name == name));
            }
        }

        return ports;
    }

    private static List<ServiceUrl> Urls(ServiceNode node)
    {
        var urls = new List<ServiceUrl>();
        foreach (var (key, value) in node.Entries("urls"))
        {
            var name = ServiceNode.TextOf(key) ?? "";
            IReadOnlyList<YamlNode> items = value is YamlSequenceNode list ? [.. list.Children] : [value];
            var texts = items.Select(item => node.Template(item, $"the URL {name}")).OfType<ServiceText>().ToList();
            if (texts.Count > 0)
            {
                urls.Add(new ServiceUrl(name, texts));
            }
        }

        return urls;
    }

    /// <summary>A list of names, or names with the texts of their tags.</summary>
    private static List<ServiceContainers> Containers(ServiceNode node)
    {
        var entries = node.Find("containers") is YamlMappingNode ? node.Entries("containers").Select(entry => (entry.Key, Value: (YamlNode?)entry.Value))
            : node.Items("containers").Select(item => (Key: item, Value: (YamlNode?)null));
        var containers = new List<ServiceContainers>();
        foreach (var (key, value) in entries)
        {
            if (ServiceNode.TextOf(key) is not { } pattern || !ServiceContainers.IsPattern(pattern))
            {
                node.FaultAt(key, $"'{ServiceNode.TextOf(key)}' names no containers: letters, digits, '.', '_', '-' and '*' for any of them do");
            }
            else if (value is null || ServiceNode.IsNothing(value))
            {
                containers.Add(new ServiceContainers(pattern, null));
            }
            else if (node.Template(value, $"the tag of {pattern}") is { } tag)
            {
                containers.Add(new ServiceContainers(pattern, tag));
            }
        }

        return containers;
    }

    private static ServiceProbe? Probe(ServiceNode service)
    {
        if (service.Inner("probe") is not { } node)
        {
            return null;
        }

        var isWhole = node.RequireFields(OfProbe);
        if (node.Has("tcp") == node.Has("http"))
        {
            // A typing error in its one word was told already.
            if (isWhole || node.Has("tcp"))
            {
                service.Fault("probe", "a probe is either tcp: ADDRESS:PORT or http: URL");
            }

            return null;
        }

        var kind = node.Has("tcp") ? ProbeKind.Tcp : ProbeKind.Http;
        var field = kind == ProbeKind.Tcp ? "tcp" : "http";
        if (kind == ProbeKind.Tcp && (node.Has("status") || node.Has("verify")))
        {
            service.Fault("probe", "status and verify are for probes by http");
        }

        return node.Template(node.Find(field)!, field) is not { } target ? null : new ServiceProbe(kind, target)
        {
            Status = node.Has("status") ? Status(node) : ServiceProbe.GoodStatus,
            Verify = node.Flag("verify") ?? true,
            Timeout = node.Number("timeout", 1, MostSeconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
    }

    private static IReadOnlyList<StatusRange> Status(ServiceNode node)
    {
        var ranges = new List<StatusRange>();
        foreach (var item in node.Items("status"))
        {
            var match = Range().Match(ServiceNode.TextOf(item) ?? "");
            var first = match.Success ? int.Parse(match.Groups["first"].Value, CultureInfo.InvariantCulture) : 0;
            var last = match is { Success: true } && match.Groups["last"] is { Success: true } end ? int.Parse(end.Value, CultureInfo.InvariantCulture) : first;
            if (first is >= 100 and <= 599 && last >= first && last <= 599)
            {
                ranges.Add(new StatusRange(first, last));
            }
            else
            {
                node.FaultAt(item, $"'{ServiceNode.TextOf(item)}' is no status of HTTP: it must be a number from 100 to 599, or two with '-' between them");
            }
        }

        return ranges.Count == 0 ? ServiceProbe.GoodStatus : ranges;
    }

    private static List<ServiceStep>? Steps(ServiceNode node, string field)
    {
        if (node.IsNothing(field))
        {
            return null;
        }

        var steps = new List<ServiceStep>();
        foreach (var item in node.Items(field))
        {
            if (item is YamlMappingNode mapping)
            {
                var step = node.Below($"a step of {field}", mapping);
                step.RequireFields(OfStep);
                if (step.Name("role") is not { } role)
                {
                    node.FaultAt(item, $"a step of {field} has no role");
                    continue;
                }

                steps.Add(new ServiceStep(role)
                {
                    Action = OneOf(step, "action", KollaArguments.Actions),
                    Environment = step.Name("environment"),
                    Arguments = [.. step.Items("arguments").Select(ServiceNode.TextOf).OfType<string>()],
                });
            }
            else if (ServiceNode.TextOf(item) is { } name && ServicesFile.IsName(name))
            {
                steps.Add(new ServiceStep(name));
            }
            else
            {
                node.FaultAt(item, $"a step of {field} is a ROLE or {{role, action, arguments, environment}}");
            }
        }

        return steps;
    }

    [GeneratedRegex(@"\A(?:(?<variable>[A-Za-z_][A-Za-z0-9_]*)\|)?(?<number>[0-9]{1,6})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Port();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PortName();

    [GeneratedRegex(@"\A(?<first>[0-9]{3})(?:-(?<last>[0-9]{3}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Range();
}
