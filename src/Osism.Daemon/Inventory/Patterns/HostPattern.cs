using System.Globalization;
using System.Text.RegularExpressions;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Patterns;

/// <summary>Which hosts a pattern means: <c>web:db</c>, <c>web:!old</c>, <c>web:&amp;prod</c>, <c>web[0:2]</c>, <c>~regex</c>, <c>*.example.org</c>, <c>@file</c>.</summary>
/// <remarks>Source: Ansible's user guide, "Patterns: targeting hosts and groups"; what it leaves open is as the program does it, with which tests compare.</remarks>
internal sealed partial class HostPattern(AnsibleInventory inventory, AnsibleSettings settings, List<Finding> findings)
{
    private readonly Dictionary<string, IReadOnlyList<InventoryHost>> _known = new(StringComparer.Ordinal);

    // Where it is not written down, this machine keeps the name by which a list of patterns names it first.
    private InventoryHost? _localhost;

    /// <summary>Hosts in the order in which the pattern names them, as <c>ansible PATTERN --list-hosts</c> prints them.</summary>
    /// <exception cref="InventoryException">A part is no pattern, a subscript is beyond the end, or a file of patterns is not there.</exception>
    public IReadOnlyList<InventoryHost> Match(string pattern)
    {
        _localhost = null;
        var parts = Split(pattern);
        if (!parts.Exists(IsFile))
            return Evaluate(parts);
        // Ansible knows files of patterns as --limit only, and that keeps the order of the inventory and hosts that are in it.
        var limit = Evaluate(FromFiles(parts)).ToHashSet();
        return Evaluate([InventoryDraft.All]).FindAll(limit.Contains);
    }

    /// <summary>A list of patterns: with commas between them, or else with colons where that cannot be a range, a port or an IPv6 address.</summary>
    public static List<string> Split(string pattern)
    {
        var parts = pattern.Contains(',', StringComparison.Ordinal) ? pattern.Split(',')
            : HostAddress.TryParse(pattern, out _, out _) ? [pattern]
            : ColonParts().Matches(pattern).Select(match => match.Value);
        return [.. parts.Select(PyStrings.Strip).Where(part => part.Length > 0)];
    }

    private List<InventoryHost> Evaluate(List<string> patterns)
    {
        var plain = patterns.FindAll(pattern => pattern.Length > 0 && pattern[0] is not ('!' or '&'));
        if (plain.Count == 0)
            plain.Add(InventoryDraft.All);
        var hosts = new List<InventoryHost>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pattern in plain)
        {
            IReadOnlyList<InventoryHost> found = inventory.IsHost(pattern) ? [inventory.FindHost(pattern)!] : MatchOne(pattern);
            foreach (var host in found)
            {
                if (names.Add(host.Name))
                    hosts.Add(host);
            }
        }

        foreach (var pattern in patterns.Where(pattern => pattern.StartsWith('&')).Concat(patterns.Where(pattern => pattern.StartsWith('!'))))
        {
            // A host may have such a name; it is added, not taken away.
            if (inventory.IsHost(pattern))
            {
                if (hosts.TrueForAll(host => host.Name != pattern))
                    hosts.Add(inventory.FindHost(pattern)!);
                continue;
            }

            var found = MatchOne(pattern[1..]).ToHashSet();
            hosts = hosts.FindAll(host => found.Contains(host) == (pattern[0] == '&'));
        }

        return hosts;
    }

    private IReadOnlyList<InventoryHost> MatchOne(string pattern)
    {
        if (_known.TryGetValue(pattern, out var known))
            return known;
        if (pattern.Length == 0)
            throw Problem(pattern, "the pattern is empty");
        var (name, subscript) = SplitSubscript(pattern);
        var found = Take(Find(name), subscript, pattern);
        // What this machine is called is decided anew by each list of patterns.
        return InventoryDraft.IsLocalhost(name) ? found : _known[pattern] = found;
    }

    private List<InventoryHost> Find(string pattern)
    {
        var form = FormOf(pattern);
        var hosts = new List<InventoryHost>();
        var groups = inventory.Groups.Where(group => Matches(form, group.Name, pattern)).ToList();
        foreach (var group in groups)
            hosts.AddRange(group.AllHosts);
        if (groups.Count == 0 || pattern[0] == '~' || pattern.AsSpan().IndexOfAny(".?*[") >= 0)
            hosts.AddRange(inventory.Hosts.Where(host => Matches(form, host.Name, pattern)));
        if (hosts.Count == 0 && InventoryDraft.IsLocalhost(pattern) && inventory.FindHost(pattern) is { } local)
            hosts.Add(_localhost ??= local);
        if (hosts.Count == 0 && groups.Count == 0 && pattern != InventoryDraft.All)
        {
            var finding = new Finding(FindingCodes.PatternUnmatched, null, 0, $"no host or group matches '{pattern}'");
            if (settings.PatternMismatchFails)
                throw new InventoryException(finding);
            findings.Add(finding);
        }

        return hosts;
    }

    private static List<InventoryHost> Take(List<InventoryHost> hosts, (int First, int? Last)? subscript, string pattern)
    {
        if (hosts.Count == 0 || subscript is not var (first, last))
            return hosts;
        // An end of 0 is none: [0:0] is the first host, [1:0] the second.
        if (last is null or 0)
        {
            var place = first < 0 ? first + hosts.Count : first;
            return place >= 0 && place < hosts.Count ? [hosts[place]] : throw Problem(pattern, $"there are only {hosts.Count} hosts to choose from");
        }

        var end = last == -1 ? hosts.Count : Math.Min(hosts.Count, last.Value + 1L);
        return first < end ? hosts.GetRange(first, (int)end - first) : [];
    }

    private static (string Pattern, (int First, int? Last)? Subscript) SplitSubscript(string pattern)
    {
        if (pattern[0] == '~' || Subscript().Match(pattern) is not { Success: true } match)
            return (pattern, null);
        var groups = match.Groups;
        return groups["one"].Success
            ? (groups["name"].Value, (Number(groups["one"].Value), null))
            : (groups["name"].Value, (Number(groups["first"].Value), groups["last"].Value.Length == 0 ? -1 : Number(groups["last"].Value)));

        static int Number(string digits) => int.TryParse(digits, CultureInfo.InvariantCulture, out var number) ? number : digits[0] == '-' ? -int.MaxValue : int.MaxValue - 1;
    }

    private static Regex FormOf(string pattern)
    {
        try
        {
            return pattern[0] == '~' ? GlobPattern.OfRegex(pattern[1..]) : GlobPattern.OfGlob(pattern);
        }
        catch (ArgumentException e)
        {
            throw Problem(pattern, $"it is no pattern: {e.Message}");
        }
    }

    private static bool Matches(Regex form, string name, string pattern)
    {
        try
        {
            return form.IsMatch(name);
        }
        catch (RegexMatchTimeoutException)
        {
            throw Problem(pattern, $"the expression takes too long to match '{name}'");
        }
    }

    /// <summary>A pattern <c>@FILE</c> stands for the lines of a file, each of them one pattern.</summary>
    private static List<string> FromFiles(List<string> patterns)
    {
        var all = new List<string>();
        foreach (var pattern in patterns)
        {
            if (!IsFile(pattern))
            {
                all.Add(pattern);
                continue;
            }

            try
            {
                all.AddRange(File.ReadAllText(pattern[1..]).Split('\n').Select(PyStrings.Strip));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw Problem(pattern, $"the file of patterns cannot be read: {e.Message}");
            }
        }

        return all;
    }

    private static bool IsFile(string pattern) => pattern.StartsWith('@');

    private static InventoryException Problem(string pattern, string what) => new(new Finding(FindingCodes.PatternUnmatched, null, 0, $"'{pattern}': {what}"));

    [GeneratedRegex(@"(?:[^\s:\[\]]|\[[^\]]*\])+", RegexOptions.CultureInvariant)]
    private static partial Regex ColonParts();

    [GeneratedRegex(@"^(?<name>.+)\[(?:(?<one>-?[0-9]+)|(?<first>[0-9]+)[:-](?<last>[0-9]*))\]$", RegexOptions.CultureInvariant)]
    private static partial Regex Subscript();
}
