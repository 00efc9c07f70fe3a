using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Sources;

/// <summary>Reads sources in YAML or JSON: a dictionary of groups with <c>hosts</c>, <c>vars</c> and <c>children</c>.</summary>
/// <remarks>Source: the documentation of Ansible's inventory plugin <c>yaml</c> (2.14); what it leaves open is as the program does it, with which tests compare.</remarks>
internal sealed class YamlSource(InventoryDraft draft)
{
    /// <exception cref="SourceException">It is not of the form it must have. What came before the fault stays in the draft.</exception>
    public void Read(PyValue data)
    {
        if (!data.IsTrue)
            throw new SourceException("the file is empty");
        if (data is not PyMapping groups)
            throw new SourceException($"the file must hold a dictionary of groups, but holds a {data.TypeName}", 1);
        if (groups.Find(new PyText("plugin")) is { IsTrue: true })
            throw new SourceException("the file configures an inventory plugin");
        foreach (var pair in groups.Pairs)
            ReadGroup(pair);
    }

    private PyValue ReadGroup(PyPair entry)
    {
        if (entry.Value is not (PyMapping or PyNone))
        {
            draft.Report(FindingCodes.EntrySkipped, entry.Line, $"'{Show(entry.Key)}' is left out: a group is a dictionary, not a {entry.Value.TypeName}");
            return entry.Key;
        }

        if (entry.Key is not PyText { Value: var name } || name.Length == 0)
            throw new SourceException($"the name of a group must be a text, not {Show(entry.Key)}", entry.Line);
        name = draft.AddGroup(name, entry.Line);
        if (entry.Value is PyMapping data)
            ReadParts(name, data);
        return new PyText(name);
    }

    private void ReadParts(string group, PyMapping data)
    {
        foreach (var part in data.Pairs)
        {
            if (part.Key is PyText { Value: "vars" or "children" or "hosts" } && part.Value is not (PyMapping or PyNone or PyText))
            {
                throw new SourceException(
                    $"{Show(part.Key)} of the group {group} must be a dictionary, not a {part.Value.TypeName}", part.Line);
            }
        }

        foreach (var part in data.Pairs)
        {
            switch (part)
            {
                case { Value: PyText text, Key: PyText { Value: "vars" or "children" or "hosts" } }:
                    ReadPart(group, part.Key, PyMapping.Of([new PyPair(text, PyNone.Value, part.Line)]), part.Line);
                    break;
                case { Value: PyMapping content }:
                    ReadPart(group, part.Key, content, part.Line);
                    break;
                case { Value: PyNone }:
                    break;
                default:
                    draft.Report(
                        FindingCodes.EntrySkipped, part.Line, $"{Show(part.Key)} of the group {group} is left out: it is a {part.Value.TypeName}, not a dictionary");
                    break;
            }
        }
    }

    private void ReadPart(string group, PyValue part, PyMapping content, int line)
    {
        switch (part)
        {
            case PyText { Value: "vars" }:
                foreach (var pair in content.Pairs)
                    draft.SetVariable(group, pair.Key, pair.Value, pair.Line);
                break;
            case PyText { Value: "children" }:
                foreach (var pair in content.Pairs)
                {
                    var child = ReadGroup(pair) as PyText ?? throw new SourceException($"{Show(pair.Key)} is neither a known host nor a known group", pair.Line);
                    draft.AddChild(group, child.Value, pair.Line);
                }

                break;
            case PyText { Value: "hosts" }:
                foreach (var pair in content.Pairs)
                    ReadHost(group, pair);
                break;
            default:
                draft.Report(FindingCodes.EntrySkipped, line, $"{Show(part)} of the group {group} is left out: only vars, children and hosts are known");
                break;
        }
    }

    private void ReadHost(string group, PyPair entry)
    {
        if (entry.Key is not PyText pattern)
            throw new SourceException($"the host {Show(entry.Key)} must be a text: put it in quotes", entry.Line);
        var (names, port) = HostRange.Expand(pattern.Value, entry.Line);
        var variables = entry.Value.IsTrue
            ? entry.Value as PyMapping ?? throw new SourceException($"the variables of the host {pattern.Value} must be a dictionary, not a {entry.Value.TypeName}", entry.Line)
            : PyMapping.Empty;
        foreach (var name in names)
        {
            draft.AddHost(name, group, port, entry.Line);
            foreach (var pair in variables.Pairs)
                draft.SetVariable(name, pair.Key, pair.Value, pair.Line);
        }
    }

    private static string Show(PyValue value) => PyRepr.Repr(value, _ => "an encrypted text");
}
