using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Output;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory.Current;

/// <summary>Says of a host's variables where each value was written, and which other ones it hides.</summary>
internal static class VariableOrigins
{
    /// <param name="name">One variable; null = all, by name.</param>
    /// <param name="isMasked">Secrets are hidden.</param>
    /// <exception cref="OsismException"><c>variable.unknown</c>, with names that are near.</exception>
    /// <exception cref="InventoryException">A file of variables cannot be read.</exception>
    public static List<VariableOriginInfo> Of(LoadedInventory inventory, InventoryHost host, string? name, bool isMasked)
    {
        var known = new Dictionary<PyValue, List<(VariableLayer Layer, Variable Variable)>>();
        foreach (var layer in inventory.Reading.Variables.LayersOf(host))
        {
            foreach (var variable in layer.Variables)
            {
                if (InternalVariables.Contains(variable.Name))
                    continue;
                if (!known.TryGetValue(variable.Name, out var values))
                    known[variable.Name] = values = [];
                values.Add((layer, variable));
            }
        }

        var origins = new List<VariableOriginInfo>();
        foreach (var (key, values) in known)
        {
            var shown = ShownValues.NameOf(key);
            if (name is null || name == shown)
                origins.Add(Describe(shown, values));
        }

        if (name is not null && origins.Count == 0)
            throw Unknown(host, name, known.Keys.Select(ShownValues.NameOf));
        origins.Sort(static (a, b) => PyKeys.Compare(a.Name, b.Name));
        return origins;

        VariableOriginInfo Describe(string shown, List<(VariableLayer Layer, Variable Variable)> values)
        {
            var places = values.ConvertAll(value => Place(shown, value.Layer, value.Variable));
            places.Reverse();
            return new VariableOriginInfo(shown, places[0].Value, places[0].File, places[0].Line, places[0].Source, places[0].Place, places[0].Precedence, places[1..]);
        }

        ShadowedValueInfo Place(string shown, VariableLayer layer, Variable variable)
        {
            var isHost = layer.Level >= VariableLevel.HostInSource;
            var origin = inventory.OriginOf(variable.File, variable.Line, layer.Entity, isHost, shown);
            var value = isMasked && inventory.IsEncrypted(variable.File) ? ShownValues.Hidden : ShownValues.Of(shown, variable.Value, isMasked);
            return new ShadowedValueInfo(value, origin?.File, origin is { Line: > 0 } ? origin.Line : null, origin?.Source, PlaceOf(layer), (int)layer.Level);
        }
    }

    /// <summary>The place as the handbook's table of levels names it.</summary>
    private static string PlaceOf(VariableLayer layer) => layer.Level switch
    {
        VariableLevel.AllInSource or VariableLevel.GroupInSource => $"group {layer.Entity}",
        VariableLevel.HostInSource => $"host {layer.Entity}",
        VariableLevel.HostBesideSource or VariableLevel.HostBesidePlaybook => $"host_vars/{layer.Entity}",
        _ => $"group_vars/{layer.Entity}",
    };

    public static OsismException Unknown(InventoryHost host, string name, IEnumerable<string> names) =>
        new(ErrorCodes.VariableUnknown, $"the host '{host.Name}' has no variable '{name}'") { Nearest = NearestNames.Find(name, names) };
}
