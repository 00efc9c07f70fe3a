using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Variables;

/// <summary>Variables by name, in the order in which their names came first; of a name the last value counts.</summary>
internal sealed class VariableTable
{
    private readonly List<Variable> _items = [];
    private readonly Dictionary<PyValue, int> _places = [];
    private Variable[]? _sorted;

    public IReadOnlyList<Variable> Items => _items;

    /// <summary>Whether something may stand in the way of writing them as JSON, or did before it was replaced.</summary>
    public bool MayHaveObstacle { get; private set; }

    /// <summary>By name; only for names that can be sorted.</summary>
    public IReadOnlyList<Variable> Sorted => _sorted ??= Sort();

    public bool Contains(PyValue name) => _places.ContainsKey(name);

    public bool TryFind(PyValue name, out Variable variable)
    {
        var found = _places.TryGetValue(name, out var place);
        variable = found ? _items[place] : default;
        return found;
    }

    /// <param name="merge">Dictionaries are merged.</param>
    public void Set(Variable variable, bool merge)
    {
        _sorted = null;
        if (_places.TryGetValue(variable.Name, out var place))
        {
            var before = _items[place];
            if (merge && before.Value is PyMapping mine && variable.Value is PyMapping theirs)
                variable = variable with { Value = mine.MergedWith(theirs) };
            _items[place] = variable with { Name = before.Name };
        }
        else
        {
            _places.Add(variable.Name, _items.Count);
            _items.Add(variable);
        }

        MayHaveObstacle |= variable.Name is not PyText || variable.Value.Obstacle != JsonObstacle.None;
    }

    public void SetAll(IReadOnlyList<Variable> variables, bool merge)
    {
        for (var i = 0; i < variables.Count; i++)
            Set(variables[i], merge);
    }

    private Variable[] Sort()
    {
        Variable[] sorted = [.. _items];
        Array.Sort(sorted, static (a, b) => PyKeys.Compare(a.Name, b.Name));
        return sorted;
    }
}
