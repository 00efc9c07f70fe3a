using System.Text;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Output;
using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory.Current;

/// <summary>Names and values of an inventory as one text, so that a search is one walk over memory. Each definition is in it once, however many hosts get it.</summary>
/// <remarks>Values that look like secrets are not in it: nobody finds one by guessing.</remarks>
internal sealed class InventoryText
{
    // Stands between name and value; no name has it.
    private const char Between = '\u0001';

    // Of a long value so much is shown around what was found.
    private const int Shown = 120;

    private readonly string _text;

    // Small letters: a plain comparison is several times as fast as one that looks at both forms of each letter.
    private readonly string _folded;
    private readonly int[] _starts;
    private readonly Entry[] _entries;

    private InventoryText(string text, int[] starts, Entry[] entries) => (_text, _folded, _starts, _entries) = (text, text.ToLowerInvariant(), starts, entries);

    public static InventoryText Of(LoadedInventory inventory)
    {
        var text = new StringBuilder();
        var starts = new List<int>();
        var entries = new List<Entry>();
        var reading = inventory.Reading;
        foreach (var host in reading.Inventory.Hosts)
            Add("host", host.Name, null, inventory.OriginOf(host.Source, host.Line, host.Name, isHost: true, null), null);
        foreach (var group in reading.Inventory.Groups)
            Add("group", group.Name, null, inventory.OriginOf(group.Source, group.Line, group.Name, isHost: false, null), null);
        foreach (var group in reading.Inventory.Groups)
            AddVariables(group.Name, isHost: false, () => reading.Variables.LayersOf(group));
        foreach (var host in reading.Inventory.Hosts)
            AddVariables(host.Name, isHost: true, () => reading.Variables.OwnLayersOf(host));
        return new InventoryText(text.ToString(), [.. starts], [.. entries]);

        void AddVariables(string entity, bool isHost, Func<IEnumerable<VariableLayer>> layers)
        {
            try
            {
                foreach (var variable in layers().SelectMany(layer => layer.Variables))
                {
                    if (InternalVariables.Contains(variable.Name))
                        continue;
                    var name = ShownValues.NameOf(variable.Name);
                    var origin = inventory.OriginOf(variable.File, variable.Line, entity, isHost, name);
                    Add("variable", name, entity, origin, inventory.IsEncrypted(variable.File) ? ShownValues.Mask : ShownValues.TextOf(name, variable.Value, isMasked: true));
                }
            }
            catch (InventoryException)
            {
                // 'inventory lint' says what is wrong with the file; here it has nothing to find.
            }
        }

        void Add(string kind, string name, string? entity, InventoryOrigin? origin, string? value)
        {
            starts.Add(text.Length);
            entries.Add(new Entry(kind, name, entity, origin?.File, origin?.Line ?? 0));
            text.Append(name).Append(Between).Append(value == ShownValues.Mask ? null : value).Append('\n');
        }
    }

    /// <summary>What holds a text, in names or values, whatever the case of its letters.</summary>
    /// <param name="first">Number of the entry to begin with.</param>
    /// <returns><c>Next</c>: where to go on; null when that was all.</returns>
    public (List<InventoryHitInfo> Hits, int? Next) Find(string what, int first, int limit)
    {
        var hits = new List<InventoryHitInfo>();
        what = what.ToLowerInvariant();
        for (var at = first < _starts.Length ? _starts[first] : _text.Length; at < _text.Length;)
        {
            var found = _folded.AsSpan(at).IndexOf(what, StringComparison.Ordinal);
            if (found < 0)
                break;
            var number = Array.BinarySearch(_starts, at + found);
            number = number < 0 ? ~number - 1 : number;
            if (hits.Count == limit)
                return (hits, number);
            hits.Add(Describe(number, at + found));
            at = number + 1 < _starts.Length ? _starts[number + 1] : _text.Length;
        }

        return (hits, null);
    }

    private InventoryHitInfo Describe(int number, int place)
    {
        var entry = _entries[number];
        var value = _starts[number] + entry.Name.Length + 1;
        var end = (number + 1 < _starts.Length ? _starts[number + 1] : _text.Length) - 1;
        var isInValue = place >= value;
        var from = isInValue && end - value > Shown ? Math.Clamp(place - (Shown / 2), value, end - Shown) : value;
        var text = _text.AsSpan(from, Math.Min(Shown, end - from));
        return new InventoryHitInfo(
            isInValue ? "value" : entry.Kind, entry.Name, entry.Entity,
            entry.Entity is null ? null : $"{(from > value ? "…" : "")}{text}{(from + text.Length < end ? "…" : "")}",
            entry.File, entry.Line > 0 ? entry.Line : null);
    }

    private readonly record struct Entry(string Kind, string Name, string? Entity, string? File, int Line);
}
