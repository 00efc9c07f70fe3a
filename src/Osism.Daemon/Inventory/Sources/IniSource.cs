using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Sources;

/// <summary>Reads sources in the form that looks like INI: <c>[group]</c>, <c>[group:children]</c>, <c>[group:vars]</c>.</summary>
/// <remarks>Source: the documentation of Ansible's inventory plugin <c>ini</c> (2.14); what it leaves open is as the program does it, with which tests compare.</remarks>
internal sealed class IniSource
{
    private readonly InventoryDraft _draft;
    private readonly List<Pending> _pending = [];
    private string _group = InventoryDraft.Ungrouped;
    private Part _part;
    private int _line;

    private IniSource(InventoryDraft draft) => _draft = draft;

    /// <exception cref="SourceException">A line cannot be understood, or a group is named that no section declares. What came before stays in the draft.</exception>
    public static void Read(InventoryDraft draft, string text) => new IniSource(draft).Read(text);

    private void Read(string text)
    {
        foreach (var raw in PyStrings.SplitLines(text))
        {
            _line++;
            var line = PyStrings.Strip(raw);
            if (line.Length == 0 || line[0] is ';' or '#')
                continue;
            if (SectionOf(line) is var (name, tag))
                Begin(name, tag);
            else if (line[0] == '[' && line[^1] == ']')
                throw Problem($"'{line}' is no section: it must be [GROUP], [GROUP:children] or [GROUP:vars], without blanks");
            else
                ReadEntry(line);
        }

        if (_pending.Count > 0)
        {
            var first = _pending[0];
            throw new SourceException(
                first.Part == Part.Vars
                    ? $"the section [{first.Name}:vars] is for a group that is not defined: {first.Name}"
                    : $"the section [{first.Parents[^1]}:children] names a group that is not defined: {first.Name}",
                first.Line);
        }
    }

    private void Begin(string name, string tag)
    {
        _group = _draft.SafeGroupName(name, _line);
        _part = tag switch
        {
            "" or "hosts" => Part.Hosts,
            "children" => Part.Children,
            "vars" => Part.Vars,
            _ => throw Problem($"the section [{name}:{tag}] is of no known kind: hosts, children and vars are"),
        };
        if (!_draft.HasGroup(_group))
        {
            // Variables may come before their group, which must be declared in the end.
            if (_part == Part.Vars && Find(_group) is null)
                _pending.Add(new Pending(_group, Part.Vars, _line));
            _draft.AddGroup(_group, _line);
        }

        if (_part != Part.Vars && Find(_group) is { } waiting)
        {
            if (waiting.Part == Part.Children)
                AddTo(waiting);
            else
                _pending.Remove(waiting);
        }
    }

    private void AddTo(Pending child)
    {
        foreach (var parent in child.Parents)
        {
            _draft.AddChild(parent, child.Name, _line);
            if (Find(parent) is { Part: Part.Children } above)
                AddTo(above);
        }

        _pending.Remove(child);
    }

    private void ReadEntry(string line)
    {
        switch (_part)
        {
            case Part.Hosts:
                ReadHost(line);
                break;
            case Part.Vars:
                var equal = line.IndexOf('=', StringComparison.Ordinal);
                if (equal < 0)
                    throw Problem("expected KEY=VALUE"); // not quoted: it may be half a secret, and findings are for everybody
                _draft.SetVariable(_group, new PyText(PyStrings.Strip(line[..equal])), Typed(PyStrings.Strip(line[(equal + 1)..])), _line);
                break;
            default:
                ReadChild(line);
                break;
        }
    }

    private void ReadChild(string line)
    {
        var name = NameBefore(line, 0, out var rest);
        // A '#' is part of the name, unless what follows it could not be.
        if (!IsRemark(rest) && name.LastIndexOf('#') is var remark and > 0)
        {
            name = name[..remark];
            rest = [];
        }

        if (name.Length == 0 || !IsRemark(rest))
            throw Problem($"expected the name of a group, but found '{line}'");
        if (_draft.HasGroup(name))
            _draft.AddChild(_group, name, _line);
        else if (Find(name) is { } waiting)
            waiting.Parents.Add(_group);
        else
            _pending.Add(new Pending(name, Part.Children, _line) { Parents = { _group } });
    }

    private void ReadHost(string line)
    {
        var words = Shlex.Split(line, _line);
        if (words.Count == 0)
            throw Problem("the line names no host");
        var pattern = words[0];
        var (names, port) = HostRange.Expand(pattern, _line);
        if (PyStrings.Strip(pattern).EndsWith(':') && port is null)
            throw Problem($"the host '{pattern}' ends with ':', which is for a port");
        if (names.Exists(name => PyStrings.Strip(name) == "---"))
            throw Problem("'---' is the begin of a YAML file and no host");
        var variables = new List<PyPair>();
        foreach (var word in words.Skip(1))
        {
            var equal = word.IndexOf('=', StringComparison.Ordinal);
            if (equal < 0)
                throw Problem("expected KEY=VALUE behind the host; a value with blanks wants quotes");
            variables.Add(new PyPair(new PyText(word[..equal]), Typed(word[(equal + 1)..]), _line));
        }

        var pairs = PyMapping.Of(variables).Pairs;
        foreach (var name in names)
        {
            _draft.AddHost(name, _group, port, _line);
            foreach (var pair in pairs)
                _draft.SetVariable(name, pair.Key, pair.Value, _line);
        }
    }

    /// <summary>A Python literal is what it says, everything else a text.</summary>
    private PyValue Typed(string text)
    {
        try
        {
            var value = PyLiteral.Read(text);
            return value is PyBytes bytes ? new PyText(EscapedUtf8.Decode(bytes.Value)) : value ?? new PyText(text);
        }
        catch (SourceException e)
        {
            throw Problem(e.Message);
        }
    }

    /// <summary>Group and kind of the section a line begins; null when it begins none.</summary>
    internal static (string Name, string Tag)? SectionOf(string line)
    {
        if (line[0] != '[' || NameBefore(line, 1, out var rest) is not { Length: > 0 } name)
            return null;
        var tag = "";
        if (rest.StartsWith(':'))
        {
            var end = 1;
            while (end < rest.Length && (char.IsLetter(rest[end]) || char.IsNumber(rest[end]) || rest[end] == '_'))
                end++;
            if (end == 1)
                return null;
            tag = rest[1..end].ToString();
            rest = rest[end..];
        }

        return rest.StartsWith(']') && IsRemark(rest[1..]) ? (name, tag) : null;
    }

    /// <summary>What stands before a colon, a closing bracket or a blank.</summary>
    private static string NameBefore(string line, int start, out ReadOnlySpan<char> rest)
    {
        var end = start;
        while (end < line.Length && line[end] is not (':' or ']') && !PyStrings.IsSpace(line[end]))
            end++;
        rest = line.AsSpan(end);
        return line[start..end];
    }

    private static bool IsRemark(ReadOnlySpan<char> rest)
    {
        var start = 0;
        while (start < rest.Length && PyStrings.IsSpace(rest[start]))
            start++;
        return start == rest.Length || rest[start] == '#';
    }

    private Pending? Find(string name) => _pending.Find(one => one.Name == name);

    private SourceException Problem(string what) => new(what, _line);

    private enum Part
    {
        Hosts,
        Children,
        Vars,
    }

    /// <summary>A group that was named before it was declared.</summary>
    private sealed record Pending(string Name, Part Part, int Line)
    {
        public List<string> Parents { get; } = [];
    }
}
