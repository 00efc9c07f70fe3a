using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Variables;

/// <summary>A host's variables: a table that it shares with others, and its own over it.</summary>
internal sealed class HostVariables(VariableTable shared, VariableTable own)
{
    public VariableTable Shared { get; } = shared;

    public VariableTable Own { get; } = own;

    public bool IsEmpty => Shared.Items.Count == 0 && Own.Items.Count == 0;

    /// <summary>What stands in the way of writing those as JSON that are not hidden.</summary>
    public JsonObstacle ObstacleWithout(Func<PyValue, bool> isHidden) => !Shared.MayHaveObstacle && !Own.MayHaveObstacle
        ? JsonObstacle.None
        : PyKeys.ObstacleOf([.. InOrder().Where(variable => !isHidden(variable.Name)).Select(variable => new PyPair(variable.Name, variable.Value, 0))]);

    /// <summary>In the order in which Ansible has them.</summary>
    public IEnumerable<Variable> InOrder()
    {
        foreach (var variable in Shared.Items)
            yield return Own.TryFind(variable.Name, out var mine) ? mine with { Name = variable.Name } : variable;
        foreach (var variable in Own.Items)
        {
            if (!Shared.Contains(variable.Name))
                yield return variable;
        }
    }

    /// <summary>By name. <c>IsShared</c>: it is the very variable of <see cref="Shared"/>.</summary>
    public IEnumerable<(Variable Variable, bool IsShared)> ByName()
    {
        var (left, right) = (Shared.Sorted, Own.Sorted);
        for (int i = 0, k = 0; i < left.Count || k < right.Count;)
        {
            var order = i == left.Count ? 1 : k == right.Count ? -1 : PyKeys.Compare(left[i].Name, right[k].Name);
            if (order < 0)
            {
                yield return (left[i++], true);
                continue;
            }

            // Of equal keys, such as 1 and True, the first one stays.
            var mine = right[k++];
            yield return (order == 0 ? mine with { Name = left[i++].Name } : mine, false);
        }
    }

    public bool TryFind(PyValue name, out Variable variable) => Own.TryFind(name, out variable) || Shared.TryFind(name, out variable);
}
