using System.Text;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory.Output;

/// <summary>Draws what <c>ansible-inventory --graph [--vars]</c> prints.</summary>
/// <param name="variables">Null draws no variables.</param>
/// <param name="open">Opens encrypted texts, which are shown in the clear here.</param>
internal sealed class InventoryGraph(VariableResolver? variables, Func<PyVault, string> open)
{
    private readonly StringBuilder _text = new();

    /// <exception cref="InventoryException">A file of variables cannot be read.</exception>
    /// <exception cref="SourceException">An encrypted text cannot be opened.</exception>
    public string Draw(InventoryGroup top)
    {
        _text.Clear();
        Draw(top, 0);
        return _text.ToString();
    }

    private void Draw(InventoryGroup group, int depth)
    {
        Line(depth, $"@{group.Name}:");
        foreach (var child in group.Children)
            Draw(child, depth + 1);
        if (group.Name != InventoryDraft.All)
        {
            foreach (var host in group.Hosts)
            {
                Line(depth + 1, host.Name);
                if (variables is not null)
                    Draw(variables.Of(host).InOrder(), depth + 2);
            }
        }

        if (variables is not null)
            Draw(variables.Of(group).Items, depth + 1);
    }

    private void Draw(IEnumerable<Variable> shown, int depth)
    {
        Variable[] sorted = [.. shown.Where(variable => !InternalVariables.Contains(variable.Name))];
        if (!Array.TrueForAll(sorted, variable => PyKeys.AreSortable(sorted[0].Name, variable.Name)))
        {
            var other = Array.Find(sorted, variable => !PyKeys.AreSortable(sorted[0].Name, variable.Name));
            throw new InventoryException(new Finding(
                FindingCodes.ValueUnsortable, other.File, other.Line, $"the variable {PyRepr.Repr(other.Name, open)} cannot be sorted among those whose names are texts"));
        }

        Array.Sort(sorted, static (a, b) => PyKeys.Compare(a.Name, b.Name));
        foreach (var variable in sorted)
            Line(depth, $"{{{PyRepr.Str(variable.Name, open)} = {PyRepr.Str(variable.Value, open)}}}");
    }

    private void Line(int depth, string text)
    {
        for (var i = 0; i < depth; i++)
            _text.Append("  |");
        _text.Append(depth > 0 ? "--" : "").Append(EscapedUtf8.ForOutput(text)).Append('\n');
    }
}
