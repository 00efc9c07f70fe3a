using System.Text;
using System.Text.Unicode;
using Osism.Contracts;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>The sources of hosts and groups after 99-overwrite, 20-roles and 20-netbox had their say (<c>reference/configuration.md</c> 3.3, 3.4).</summary>
/// <remarks>Of the definition of a group 99-overwrite counts before 20-netbox and 20-roles, and those before everything else; those three are put together.
/// Lines that are replaced become empty, so that all others keep their numbers, their letters and their comments.</remarks>
internal sealed class SourceSet
{
    /// <summary>Declares all groups before any source: a section may name a group that a later file has.</summary>
    private const string Declarations = "!groups";

    private const string Overwrite = "99-overwrite";
    private const string Roles = "20-roles";
    private const string Netbox = "20-netbox";

    private static readonly string[] Drivers = [Overwrite, Netbox, Roles];

    private readonly SortedDictionary<string, StagedSource> _staged = new(StringComparer.Ordinal);

    private SourceSet()
    {
    }

    /// <summary>By the name under which it is read, which decides the order.</summary>
    public IReadOnlyDictionary<string, StagedSource> Staged => _staged;

    /// <summary>Where each group is declared first, with the line.</summary>
    public Dictionary<string, (string Source, int Line)> Declared { get; } = new(StringComparer.Ordinal);

    public static SourceSet Of(IEnumerable<LayerFile> files, List<ReconcileFinding> findings)
    {
        var set = new SourceSet();
        var sources = files.Where(file => IsSource(file.File.Name)).ToDictionary(file => file.File.Name, StringComparer.Ordinal);
        var sections = sources.Values.Where(file => IsIni(file.File)).ToDictionary(file => file.File.Name, file => InventorySections.Of(file.File.Content), StringComparer.Ordinal);
        var replaced = new HashSet<string>(StringComparer.Ordinal);
        foreach (var driver in Drivers)
        {
            if (sections.TryGetValue(driver, out var found))
                replaced.UnionWith(found.Lines.Where(line => line.IsHeader).SelectMany(Counterparts));
        }

        foreach (var (name, source) in sources)
        {
            if (!Utf8.IsValid(source.File.Content))
            {
                findings.Add(new ReconcileFinding(
                    new Finding(FindingCodes.SourceEncoding, source.Source, PublishedVariables.LineOfBadByte(source.File.Content), "the file is not UTF-8"), ErrorCodes.ConfigurationBroken));
                continue;
            }

            var content = source.File.Content;
            if (sections.TryGetValue(name, out var found))
            {
                FindDuplicates(source, found, findings);
                if (!name.Contains('/', StringComparison.Ordinal) && !Array.Exists(Drivers, driver => driver == Path.GetFileNameWithoutExtension(name)))
                    content = found.Without(replaced) ?? content;
            }

            set._staged[Rename(name, sources)] = new StagedSource(source, content);
        }

        foreach (var staged in set._staged.Values)
        {
            if (staged.Source is { } source && sections.TryGetValue(source.File.Name, out var found))
                set.Declare(source.Source, ReferenceEquals(staged.Content, source.File.Content) ? found : InventorySections.Of(staged.Content));
        }

        // A file of the repository may stand in for a shipped one with fewer groups than others of those build on.
        var builtOn = sources.Values.Where(file => file.Layer == Layers.Groups).SelectMany(file => sections.GetValueOrDefault(file.File.Name)?.Children ?? []);
        var declared = sections.Values.SelectMany(one => one.Declared).Concat(ShippedInventory.BaseGroups).Concat(builtOn).Distinct(StringComparer.Ordinal)
            .Where(group => group is not (InventoryDraft.All or InventoryDraft.Ungrouped));
        set._staged[Declarations] = new StagedSource(null, Encoding.UTF8.GetBytes(string.Concat(declared.Select(group => $"[{group}]\n"))));
        return set;
    }

    /// <summary>Whether Ansible would look for hosts and groups in it.</summary>
    private static bool IsSource(string name) =>
        name.Split('/') is [not ("group_vars" or "host_vars" or "vars_plugins"), ..] && !AnsibleSettings.Default.IgnoredExtensions.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    private static bool IsIni(InventoryFile file) => Path.GetExtension(file.Name) is not (".yml" or ".yaml" or ".json") && !file.Content.AsSpan().StartsWith("#!"u8);

    /// <summary>A group counts as one thing, whether its members are hosts or groups; its variables are another.</summary>
    private static string[] Counterparts(SectionLine header) =>
        header.Tag == "vars" ? [header.Section] : [header.Group, $"{header.Group}:children"];

    private void Declare(string source, InventorySections sections)
    {
        for (var i = 0; i < sections.Lines.Count; i++)
        {
            if (sections.Lines[i] is { IsHeader: true, Tag: not "vars" } line)
                Declared.TryAdd(line.Group, (source, i + 1));
        }
    }

    /// <summary>What 99-overwrite says is read before 50-*, as it always was; NetBox's word of a variable goes before that of 20-roles.</summary>
    private static string Rename(string name, Dictionary<string, LayerFile> sources)
    {
        var wanted = name switch
        {
            Overwrite => "49-overwrite",
            Netbox when sources.ContainsKey(Roles) => "20-roles-netbox",
            _ => name,
        };
        return wanted != name && sources.ContainsKey(wanted) ? $"{wanted}-{name}" : wanted;
    }

    private static void FindDuplicates(LayerFile source, InventorySections sections, List<ReconcileFinding> findings)
    {
        var seen = new HashSet<(string, string)>();
        for (var i = 0; i < sections.Lines.Count; i++)
        {
            var line = sections.Lines[i];
            if (line.IsHeader || line.Tag.Length > 0)
                continue;
            var text = PyStrings.Strip(line.Text);
            if (text.Length == 0 || text[0] is '#' or ';' or '[')
                continue;
            var end = text.AsSpan().IndexOfAny(' ', '\t');
            var host = end < 0 ? text : text[..end];
            if (!seen.Add((line.Group, host)))
            {
                var where = line.Group.Length == 0 ? "before the first section" : $"in the section [{line.Group}]";
                findings.Add(new ReconcileFinding(
                    new Finding(FindingCodes.DuplicateHost, source.Source, i + 1, $"the host {host} stands {where} twice"), ErrorCodes.ConfigurationBroken));
            }
        }
    }
}

/// <param name="Source">Null for what no file says.</param>
/// <param name="Content">What is read.</param>
internal sealed record StagedSource(LayerFile? Source, byte[] Content);
