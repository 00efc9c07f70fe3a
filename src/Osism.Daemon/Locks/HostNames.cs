using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Osism.Daemon.Locks;

/// <summary>Hosts and groups of an inventory folder as far as its INI files name them plainly: enough to know that two limits cannot meet.</summary>
/// <remarks>What is not understood counts as everything: a lock may hold too much, never too little.</remarks>
internal sealed partial class HostNames
{
    private static readonly string[] Ignored = [".cfg", ".ini", ".retry", ".orig", ".bak", ".pyc", ".pyo", "~"];

    private readonly Dictionary<string, HashSet<string>> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _children = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hosts = new(StringComparer.Ordinal);
    private bool _isComplete = true;

    private HostNames()
    {
    }

    /// <summary>Reads an inventory folder.</summary>
    public static HostNames Read(string folder)
    {
        var names = new HostNames();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            if (file.Name.StartsWith('.') || Ignored.Any(end => file.Name.EndsWith(end, StringComparison.Ordinal)))
                continue;
            if (file.Name == "hosts.json")
            {
                names.ReadPublished(file.FullName);
                continue;
            }

            var lines = File.ReadAllLines(file.FullName);
            var isIni = file.Extension is not (".yml" or ".yaml" or ".json" or ".toml") && (file.UnixFileMode & UnixFileMode.UserExecute) == UnixFileMode.None
                && lines.FirstOrDefault() is not ("---" or "{");
            if (isIni)
                names.ReadIni(lines);
            else
                names._isComplete = false;
        }

        return names;
    }

    /// <summary>The hosts that Ansible's limit leaves, or more; null when that may be any.</summary>
    /// <param name="limit">As <c>-l</c> takes it; null = no limit.</param>
    public string[]? Expand(string? limit)
    {
        if (limit is null)
            return null;
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var any = false;
        foreach (var term in limit.Split([',', ':'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // Exclusions and intersections only make it smaller.
            if (term[0] is '!' or '&')
                continue;
            if (Term(term) is not { } hosts)
                return null;
            found.UnionWith(hosts);
            any = true;
        }

        return any ? [.. found] : null;
    }

    /// <summary>The hosts a lock is put on; null when the pattern is not made of names, groups and <c>*</c>.</summary>
    public string[]? Resolve(string pattern)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var term in pattern.Split([',', ':'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Plain().IsMatch(term))
                return null;
            // A literal name that no file holds is no host here, while Ansible's limit may mean one all the same.
            found.UnionWith((Term(term) ?? []).Where(_hosts.Contains));
        }

        return [.. found];
    }

    private IEnumerable<string>? Term(string term)
    {
        if (!Plain().IsMatch(term))
            return null;
        if (term is "all" or "*")
            return _isComplete ? _hosts : null;
        if (term.Contains('*', StringComparison.Ordinal))
        {
            if (!_isComplete)
                return null;
            var pattern = new Regex($"\\A{Regex.Escape(term).Replace("\\*", ".*", StringComparison.Ordinal)}\\z", RegexOptions.None, TimeSpan.FromSeconds(1));
            return _hosts.Where(host => pattern.IsMatch(host)).Concat(Groups().Where(group => pattern.IsMatch(group)).SelectMany(Members));
        }

        var isGroup = _members.ContainsKey(term) || _children.ContainsKey(term);
        if (isGroup)
            return _isComplete ? Members(term) : null;
        return _isComplete || _hosts.Contains(term) ? [term] : null;
    }

    private IEnumerable<string> Groups() => _members.Keys.Union(_children.Keys, StringComparer.Ordinal);

    private HashSet<string> Members(string group)
    {
        var hosts = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([group]);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next))
                continue;
            hosts.UnionWith(_members.GetValueOrDefault(next) ?? []);
            foreach (var child in _children.GetValueOrDefault(next) ?? [])
                open.Push(child);
        }

        return hosts;
    }

    /// <summary>The form in which the reconciler publishes hosts and groups.</summary>
    private void ReadPublished(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        foreach (var group in document.RootElement.EnumerateObject())
        {
            _members.TryAdd(group.Name, new HashSet<string>(StringComparer.Ordinal));
            foreach (var host in Names(group.Value, "hosts"))
                Add(_members, group.Name, host);
            foreach (var child in Names(group.Value, "children"))
                Add(_children, group.Name, child);
        }

        static IEnumerable<string> Names(JsonElement group, string part) =>
            group.TryGetProperty(part, out var names) ? names.EnumerateObject().Select(name => name.Name) : [];
    }

    private void ReadIni(string[] lines)
    {
        var group = "ungrouped";
        var kind = "";
        foreach (var raw in lines)
        {
            var line = raw.Trim();
            if (line.Length == 0 || line[0] is '#' or ';')
                continue;
            if (Section().Match(line) is { Success: true } section)
            {
                (group, kind) = (section.Groups["name"].Value, section.Groups["kind"].Value);
                if (kind.Length == 0)
                    _members.TryAdd(group, new HashSet<string>(StringComparer.Ordinal));
                continue;
            }

            var word = line.Split((char[]?)null, 2)[0];
            if (kind == "children")
                Add(_children, group, word);
            else if (kind.Length == 0)
                AddHosts(group, word);
        }
    }

    private void AddHosts(string group, string word)
    {
        var range = Range().Match(word);
        if (range.Success)
        {
            var (from, to) = (range.Groups["from"].Value, range.Groups["to"].Value);
            var (first, last) = (int.Parse(from, CultureInfo.InvariantCulture), int.Parse(to, CultureInfo.InvariantCulture));
            if (last - first is < 0 or > 100_000)
                _isComplete = false;
            for (var i = first; i <= last && _isComplete; i++)
                Add(_members, group, $"{range.Groups["head"].Value}{i.ToString($"D{from.Length}", CultureInfo.InvariantCulture)}{range.Groups["tail"].Value}");
        }
        else if (Plain().IsMatch(word) && !word.Contains('*', StringComparison.Ordinal))
        {
            Add(_members, group, word);
        }
        else
        {
            // Letter ranges, quotes, ports, addresses of IPv6: not here.
            _isComplete = false;
        }
    }

    private void Add(Dictionary<string, HashSet<string>> table, string group, string name)
    {
        if (!table.TryGetValue(group, out var names))
            table[group] = names = new HashSet<string>(StringComparer.Ordinal);
        names.Add(name);
        if (table == _members)
            _hosts.Add(name);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_.*-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex(@"\A\[(?<name>[^:\]]+)(:(?<kind>children|vars))?\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Section();

    [GeneratedRegex(@"\A(?<head>[A-Za-z0-9_.-]*)\[(?<from>[0-9]{1,9}):(?<to>[0-9]{1,9})\](?<tail>[A-Za-z0-9_.-]*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Range();
}
