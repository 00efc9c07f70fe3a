using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Output;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory.Lint;

/// <summary>Finds values that no host gets.</summary>
/// <remarks>Hosts in the same groups get the same from them, so the groups' part is worked out once for all of those, and a host then only says what it hides of it.</remarks>
internal sealed class VariableUse
{
    private readonly LintOrigin _locate;
    private readonly Dictionary<Place, Use> _uses = [];

    private VariableUse(LintOrigin locate) => _locate = locate;

    /// <summary>Values that are set and hidden by stronger ones for every host.</summary>
    /// <param name="locate">Where they were written; nothing is said of those it does not know, but they may hide others.</param>
    /// <exception cref="InventoryException">A file of variables cannot be read.</exception>
    public static IEnumerable<Finding> Hidden(InventoryReading reading, LintOrigin locate)
    {
        var use = new VariableUse(locate);
        foreach (var hosts in reading.Inventory.Hosts.GroupBy(host => host.Groups, ReferenceEqualityComparer.Instance))
            use.Count([.. hosts], reading.Variables);
        return use._uses.Where(pair => pair.Value.By is not null).Select(pair => pair.Value.ToFinding(pair.Key));
    }

    private void Count(List<InventoryHost> hosts, VariableResolver variables)
    {
        var hiddenBy = new Dictionary<PyValue, (int Hosts, Set One)>();
        foreach (var host in hosts)
        {
            var own = SetsOf(variables.OwnLayersOf(host));
            foreach (var (name, strongest) in CountOne(own, static _ => null))
                hiddenBy[name] = (hiddenBy.GetValueOrDefault(name).Hosts + 1, strongest);
        }

        _ = CountOne(SetsOf(variables.SharedLayersOf(hosts[0])), name => hiddenBy.TryGetValue(name, out var by) && by.Hosts == hosts.Count ? by.One : null);
    }

    private static List<Set> SetsOf(IEnumerable<VariableLayer> layers) =>
        [.. layers.SelectMany(layer => layer.Variables.Where(variable => !InternalVariables.Contains(variable.Name)).Select(variable => new Set(layer, variable)))];

    /// <summary>Of each name the last value counts, unless something else hides it; gives those.</summary>
    private Dictionary<PyValue, Set> CountOne(List<Set> sets, Func<PyValue, Set?> hides)
    {
        var last = new Dictionary<PyValue, Set>();
        foreach (var set in sets)
            last[set.Variable.Name] = set;
        foreach (var set in sets)
        {
            if (PlaceOf(set) is not { } place)
                continue;
            var strongest = last[set.Variable.Name];
            var by = hides(set.Variable.Name) ?? (ReferenceEquals(strongest, set) || PlaceOf(strongest) == place ? null : strongest);
            if (by is null)
                _uses[place] = Use.Counts;
            else if (!_uses.ContainsKey(place))
                _uses[place] = new Use(PlaceOf(by) ?? new Place(set.Variable.Name, "", 0));
        }

        return last;
    }

    private Place? PlaceOf(Set set) =>
        _locate(set.Variable.File, set.Variable.Line, set.Layer.Entity, set.Layer.Level >= VariableLevel.HostInSource, ShownValues.NameOf(set.Variable.Name)) is { Line: > 0 } origin
            ? new Place(set.Variable.Name, origin.File, origin.Line)
            : null;

    private sealed record Set(VariableLayer Layer, Variable Variable);

    private sealed record Place(PyValue Name, string File, int Line);

    /// <param name="By">What hides it from the first host for which it was asked; null = some host gets it.</param>
    private sealed record Use(Place? By)
    {
        public static readonly Use Counts = new((Place?)null);

        public Finding ToFinding(Place place) => new(
            FindingCodes.VariablesShadowed, place.File, place.Line,
            $"no host gets this value of '{PyRepr.Str(place.Name, _ => "")}'{(By is { File: { Length: > 0 } file, Line: var line } ? $": {(file == place.File ? $"line {line}" : $"{file}:{line}")} hides it" : "")}");
    }
}

/// <summary>Where something that was read was written; null for what nobody can change in the sources that are looked at.</summary>
/// <param name="file">File it was read from.</param>
/// <param name="line">From 1; 0 where it is not known.</param>
/// <param name="entity">The host or group, or whose variable it is.</param>
/// <param name="isHost">Whether that is a host.</param>
/// <param name="variable">Null for the host or group itself.</param>
internal delegate InventoryOrigin? LintOrigin(string? file, int line, string entity, bool isHost, string? variable);
