namespace Osism.Daemon.Services;

/// <summary>The services there are, in the order in which a pod is built: each behind those it requires, otherwise by layer and by where it was first named.</summary>
internal sealed class ServiceIndex
{
    private readonly Dictionary<string, ServiceEntry> _byName;

    private ServiceIndex(ServiceDefinitions definitions, IReadOnlyList<ServiceEntry> services, IReadOnlyList<ServiceFault> faults)
    {
        (Layers, Texts, Faults) = (definitions.Layers, definitions.Texts, faults);
        _byName = services.ToDictionary(service => service.Name, StringComparer.Ordinal);
        Services = Sort(services);
    }

    public IReadOnlyList<ServiceEntry> Services { get; }

    public IReadOnlyList<string> Layers { get; }

    /// <summary>What names in texts stand for.</summary>
    public IReadOnlyDictionary<string, ServiceText> Texts { get; }

    /// <summary>What was said and does not count.</summary>
    public IReadOnlyList<ServiceFault> Faults { get; }

    /// <summary>Leaves out what leads nowhere or in a circle, and says so.</summary>
    public static ServiceIndex Of(ServiceDefinitions definitions)
    {
        var faults = definitions.Faults.ToList();
        var enabled = definitions.Services.Where(service => service.IsEnabled).ToList();
        var known = definitions.Services.Select(service => service.Name).ToHashSet(StringComparer.Ordinal);
        var hidden = known.Except(enabled.Select(service => service.Name), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < enabled.Count; i++)
        {
            var service = enabled[i];
            foreach (var unknown in service.Requires.Append(service.PartOf).Append(service.Successor).OfType<string>().Where(name => !known.Contains(name)))
            {
                faults.Add(new ServiceFault(service.File, service.Line, $"{service.Name} names the service '{unknown}', and there is none"));
            }

            enabled[i] = service with
            {
                Requires = [.. service.Requires.Where(name => known.Contains(name) && !hidden.Contains(name))],
                PartOf = service.PartOf is { } owner && known.Contains(owner) && !hidden.Contains(owner) ? owner : null,
                // Without its owner it has no role either.
                HasNoRole = service.HasNoRole || service.PartOf is not null,
            };
        }

        while (FindCycle(enabled) is { } cycle)
        {
            // What the repository adds is more likely to be wrong than what came with the program.
            var closing = cycle.FindIndex(service => service.IsOfRepository) is >= 0 and var at ? at : cycle.Count - 1;
            var (service, next) = (cycle[closing], cycle[(closing + 1) % cycle.Count]);
            IEnumerable<string> names = [.. cycle.Select(each => each.Name), cycle[0].Name];
            faults.Add(new ServiceFault(
                service.File, service.Line, $"services require each other in a circle: {string.Join(" -> ", names)}; that {service.Name} requires {next.Name} does not count"));
            enabled[enabled.IndexOf(service)] = service with
            {
                Requires = [.. service.Requires.Where(name => name != next.Name)],
                PartOf = service.PartOf == next.Name ? null : service.PartOf,
            };
        }

        return new ServiceIndex(definitions, enabled, faults);
    }

    public ServiceEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What must be there before a service: what it requires, or the service it comes with.</summary>
    public static IEnumerable<string> Before(ServiceEntry service) => service.PartOf is { } owner ? service.Requires.Append(owner) : service.Requires;

    private List<ServiceEntry> Sort(IReadOnlyList<ServiceEntry> services)
    {
        var rank = Layers.Index().ToDictionary(layer => layer.Item, layer => layer.Index, StringComparer.Ordinal);
        var left = services.OrderBy(service => rank.GetValueOrDefault(service.Layer, rank.Count)).ToList();
        var sorted = new List<ServiceEntry>(left.Count);
        var done = new HashSet<string>(StringComparer.Ordinal);
        while (left.Find(service => Before(service).All(done.Contains)) is { } next)
        {
            left.Remove(next);
            sorted.Add(next);
            done.Add(next.Name);
        }

        return sorted;
    }

    /// <summary>Services of which each requires the next and the last the first; null when there are none.</summary>
    private static List<ServiceEntry>? FindCycle(List<ServiceEntry> services)
    {
        var byName = services.ToDictionary(service => service.Name, StringComparer.Ordinal);
        var clean = new HashSet<string>(StringComparer.Ordinal);
        var way = new List<ServiceEntry>();
        return services.Select(Walk).FirstOrDefault(cycle => cycle is not null);

        List<ServiceEntry>? Walk(ServiceEntry service)
        {
            if (way.IndexOf(service) is >= 0 and var begin)
            {
                return way[begin..];
            }

            if (!clean.Contains(service.Name))
            {
                way.Add(service);
                foreach (var next in Before(service))
                {
                    if (Walk(byName[next]) is { } cycle)
                    {
                        return cycle;
                    }
                }

                way.RemoveAt(way.Count - 1);
                clean.Add(service.Name);
            }

            return null;
        }
    }
}
