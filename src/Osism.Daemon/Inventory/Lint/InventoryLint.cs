using System.Text.RegularExpressions;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Inventory.Lint;

/// <summary>Looks for what is wrong with an inventory although Ansible says nothing, or only a warning that nobody reads.</summary>
internal sealed partial class InventoryLint
{
    /// <summary>The group that all hosts of a pod are in.</summary>
    public const string Generic = "generic";

    /// <summary>Variable of a host: a list of codes that are not said of it.</summary>
    public const string Ignore = "osism_lint_ignore";

    // A reading of Ansible takes some seconds for as much.
    private const long Large = 8 << 20;

    // Of hosts that lack the same, so many are named one by one.
    private const int MostNamed = 20;

    private readonly List<Finding> _findings = [];
    private readonly HashSet<string> _sealed = new(StringComparer.Ordinal);
    private readonly InventoryReading _reading;
    private readonly AnsibleSettings _settings;

    private readonly LintOrigin _locate;

    private InventoryLint(InventoryReading reading, AnsibleSettings settings, LintOrigin locate) => (_reading, _settings, _locate) = (reading, settings, locate);

    /// <summary>Everything that is found, by file and line.</summary>
    /// <param name="sources">Full paths of folders or files.</param>
    /// <param name="isPod">It is the inventory of a pod: hosts have to be in <see cref="Generic"/>. Otherwise only where there is such a group.</param>
    public static List<Finding> Check(IReadOnlyList<string> sources, AnsibleSettings settings, VaultSecrets vault, bool isPod)
    {
        // Half of the groups of every pod have a '-' in their names.
        settings = settings with { ReportGroupNames = false };
        InventoryReading reading;
        try
        {
            reading = InventoryReading.Read(sources, null, playbookIsNamed: false, settings, vault);
        }
        catch (InventoryException e)
        {
            return [e.Finding];
        }

        var lint = new InventoryLint(
            reading, settings, static (file, line, _, _, _) => file is null ? null : new InventoryOrigin(Layers.Repository, file, line));
        lint.CheckReading(isPod);
        foreach (var folder in sources.Where(Directory.Exists))
        {
            lint.CheckSources(folder);
            lint.CheckFolder(folder, isHost: false, lint.FilesOf(folder, isHost: false));
            lint.CheckFolder(folder, isHost: true, lint.FilesOf(folder, isHost: true));
        }

        return Sort(lint._findings);
    }

    /// <summary>What is wrong with the repository's part of a revision: what the other layers hold counts, but nothing is said of it.</summary>
    /// <param name="published">Folder of the revision.</param>
    /// <param name="reading">The revision, read for this alone.</param>
    /// <param name="origin">Where something in the revision was written.</param>
    /// <param name="root">The repository.</param>
    public static List<Finding> CheckRevision(string published, InventoryReading reading, LintOrigin origin, string root)
    {
        var lint = new InventoryLint(
            reading, AnsibleSettings.Default,
            (file, line, entity, isHost, variable) => origin(file, line, entity, isHost, variable) is { Source: Layers.Repository } found ? found with { File = Path.Combine(root, found.File) } : null);
        lint.CheckReading(isPod: true);
        var folder = Path.Combine(root, "inventory");
        lint.CheckSources(folder);
        foreach (var isHost in (bool[])[false, true])
            lint.CheckFolder(folder, isHost, [.. lint.FilesOf(published, isHost).Select(file => lint._locate(file, 0, "", isHost, null)?.File).OfType<string>()]);
        return Sort(lint._findings);
    }

    public static List<Finding> Sort(IEnumerable<Finding> findings) =>
        [.. findings.Distinct().OrderBy(finding => finding.File, StringComparer.Ordinal).ThenBy(finding => finding.Line).ThenBy(finding => finding.Code, StringComparer.Ordinal).ThenBy(finding => finding.Message, StringComparer.Ordinal)];

    /// <summary>Everything that the reading tells without a look at folders.</summary>
    private void CheckReading(bool isPod)
    {
        CheckHosts(isPod);
        CheckGroups();
        if (ReadVariables() && !_settings.MergeHashes)
            _findings.AddRange(VariableUse.Hidden(_reading, _locate));
        foreach (var finding in _reading.Findings)
            Add(finding);
        _findings.AddRange(_reading.Inventory.Repeats);
    }

    /// <summary>Whether the host's author says that it is to be so: its variable <see cref="Ignore"/> names the code.</summary>
    private bool IsMeant(InventoryHost host, string code)
    {
        try
        {
            return _reading.Variables.Of(host).TryFind(new PyText(Ignore), out var variable) && variable.Value is PySequence codes
                && Array.Exists(codes.Items, item => item is PyText { Value: var text } && text == code);
        }
        catch (InventoryException)
        {
            // A broken file of variables, which is a finding of its own.
            return false;
        }
    }

    private void CheckHosts(bool isPod)
    {
        var inventory = _reading.Inventory;
        var generic = inventory.FindGroup(Generic);
        var known = generic is null ? [] : generic.AllHosts.ToHashSet();
        var missing = inventory.Hosts.Where(host => !known.Contains(host) && !IsMeant(host, FindingCodes.HostNotGeneric)).ToList();
        if ((isPod || generic is not null) && missing.Count > MostNamed)
            Add(FindingCodes.HostNotGeneric, missing[0], $"{missing.Count} hosts are not in the group '{Generic}', '{missing[0].Name}' among them: plays for all hosts pass them by");
        else if (isPod || generic is not null)
            missing.ForEach(host => Add(FindingCodes.HostNotGeneric, host, $"the host '{host.Name}' is not in the group '{Generic}': plays for all hosts pass it by"));

        var first = new Dictionary<string, InventoryHost>(StringComparer.OrdinalIgnoreCase);
        foreach (var host in inventory.Hosts)
        {
            if (!first.TryAdd(host.Name, host))
                Add(FindingCodes.HostCase, host, $"'{host.Name}' and '{first[host.Name].Name}' are two hosts: their names differ in upper and lower case only");
            else if (!DnsName().IsMatch(host.Name) && !host.Name.Contains(':', StringComparison.Ordinal))
                Add(FindingCodes.HostName, host, $"'{host.Name}' is no name that DNS can have: small letters, digits, '-' and '.' are");
        }
    }

    private void CheckGroups()
    {
        // Of a source with a fault the rest is missing.
        var broken = _reading.Findings.Where(finding => finding.Code == FindingCodes.SourceUnparsed).Select(finding => finding.File).ToHashSet(StringComparer.Ordinal);
        var held = _reading.Inventory.Groups.Where(group => group.Name != InventoryDraft.All).SelectMany(group => group.Children).ToHashSet();
        foreach (var group in _reading.Inventory.Groups)
        {
            if (group.Source is not null && !broken.Contains(group.Source) && group.AllHosts.Count == 0 && group.Children.Count == 0 && !held.Contains(group) && group.Variables.Count == 0)
            {
                AddAt(FindingCodes.GroupUnused, _locate(group.Source, group.Line, group.Name, isHost: false, null), $"the group '{group.Name}' has no hosts, and no other group holds it");
            }
        }
    }

    /// <summary>Reads everything, as a run on all hosts would. False when something could not be read.</summary>
    private bool ReadVariables()
    {
        var isReadable = true;
        foreach (var group in _reading.Inventory.Groups)
            isReadable &= Try(() => _reading.Variables.LayersOf(group));
        foreach (var host in _reading.Inventory.Hosts)
            isReadable &= Try(() => _reading.Variables.OwnLayersOf(host));
        return isReadable;

        bool Try(Func<IEnumerable<VariableLayer>> read)
        {
            try
            {
                foreach (var layer in read())
                {
                    foreach (var variable in layer.Variables)
                        CheckVaults(layer, variable, variable.Value);
                }

                return true;
            }
            catch (InventoryException e)
            {
                Add(e.Finding);
                return false;
            }
        }
    }

    /// <summary>Vault texts within a file; of each file the first that cannot be opened says enough.</summary>
    private void CheckVaults(VariableLayer layer, Variable variable, PyValue value)
    {
        switch (value)
        {
            case PyVault vault when variable.File is not null && !_sealed.Contains(variable.File):
                try
                {
                    _ = _reading.Files.Open(vault);
                }
                catch (SourceException e)
                {
                    _sealed.Add(variable.File);
                    AddAt(
                        e.IsSealed ? FindingCodes.VariablesSealed : FindingCodes.VariablesBroken,
                        _locate(variable.File, variable.Line, layer.Entity, layer.Level >= VariableLevel.HostInSource, ShownValues.NameOf(variable.Name)), $"'{PyRepr.Str(variable.Name, _ => "")}': {e.Message}");
                }

                break;
            case PySequence sequence:
                Array.ForEach(sequence.Items, item => CheckVaults(layer, variable, item));
                break;
            case PyMapping mapping:
                Array.ForEach(mapping.Pairs, pair => CheckVaults(layer, variable, pair.Value));
                break;
        }
    }

    /// <summary>Files that look like sources and are none, and texts in no known encoding.</summary>
    private void CheckSources(string folder)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            if (file.Name.StartsWith('.') || file.Extension is ".md" or ".rst" or ".txt")
                continue;
            if (_settings.IgnoredExtensions.Any(end => file.Name.EndsWith(end, StringComparison.Ordinal)))
                Add(FindingCodes.SourceIgnored, file.FullName, 0, $"Ansible does not read files whose names end so: '{file.Name}' adds nothing to the inventory");
            else if (IsReadable(file.FullName) && EscapedUtf8.LineOfBadByte(File.ReadAllBytes(file.FullName)) is { } line)
                Add(FindingCodes.SourceEncoding, file.FullName, line, "the file is not UTF-8");
        }
    }

    /// <summary>Files below a folder that count for a host or group.</summary>
    private HashSet<string> FilesOf(string parent, bool isHost)
    {
        var names = isHost ? _reading.Inventory.Hosts.Select(host => host.Name) : _reading.Inventory.Groups.Select(group => group.Name);
        var counted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            try
            {
                counted.UnionWith(_reading.Variables.FilesOf(parent, isHost, name));
            }
            catch (InventoryException)
            {
                // It was found when the variables were read.
            }
        }

        return counted;
    }

    /// <param name="counted">Full paths of files that count.</param>
    private void CheckFolder(string parent, bool isHost, HashSet<string> counted)
    {
        var folder = Path.Combine(parent, isHost ? "host_vars" : "group_vars");
        if (!Directory.Exists(folder))
            return;
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            // Git keeps empty folders by such.
            if (entry.Name.StartsWith('.') || entry.Extension is ".md" or ".rst" or ".txt")
                continue;
            var name = NameOf(entry);
            var isKnown = isHost ? _reading.Inventory.FindHost(name) is not null : _reading.Inventory.FindGroup(name) is not null;
            var all = Directory.Exists(entry.FullName) ? FilesBelow(entry.FullName) : [entry.FullName];
            if (isKnown)
                all.ForEach(CheckCounts);
            else
                Add(isHost ? FindingCodes.VariablesNoHost : FindingCodes.VariablesNoGroup, entry.FullName, 0, $"there is no {(isHost ? "host" : "group")} '{name}' in the inventory: nobody gets these variables");
            foreach (var file in all.Where(file => new FileInfo(file) is { Exists: true, Length: > Large }))
                Add(FindingCodes.SourceLarge, file, 0, $"the file has {new FileInfo(file).Length >> 20} MB: each run reads it anew");
        }

        void CheckCounts(string file)
        {
            if (!counted.Contains(file))
                Add(FindingCodes.VariablesIgnored, file, 0, Why(file, folder));
        }
    }

    private string Why(string file, string folder)
    {
        var extension = InventorySources.ExtensionOf(Path.GetFileName(file));
        return extension.Length > 0 && !_settings.VariableExtensions.Contains(extension) ? $"Ansible does not read files that end in '{extension}' there"
            : Path.GetDirectoryName(file) == folder ? "Ansible does not read it: of a folder and files of one name only the first of NAME/, NAME, NAME.yml, NAME.yaml and NAME.json counts"
            : "Ansible does not read files or folders of such a name there";
    }

    /// <summary>Whose variables they are. A host may be called <c>web.example.org</c>, so only what Ansible would add is cut off.</summary>
    private string NameOf(FileSystemInfo entry)
    {
        var extension = InventorySources.ExtensionOf(entry.Name);
        return entry is FileInfo && _settings.VariableExtensions.Contains(extension) ? entry.Name[..^extension.Length] : entry.Name.TrimEnd('~');
    }

    private static List<string> FilesBelow(string folder)
    {
        try
        {
            var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, MaxRecursionDepth = 40 };
            return [.. Directory.EnumerateFiles(folder, "*", all).Where(path => !Path.GetFileName(path).StartsWith(".git", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>What may not be read was found by the reading.</summary>
    private static bool IsReadable(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return FileStamp.Of(path) is { Size: < InventoryFiles.Largest };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>A finding of the reading, if it is about something that can be changed here.</summary>
    private void Add(Finding finding)
    {
        if (finding.File is null)
            _findings.Add(finding);
        else if (_locate(finding.File, finding.Line, "", isHost: false, null) is { } origin)
            _findings.Add(finding with { File = origin.File });
    }

    private void Add(string code, InventoryHost host, string message) => AddAt(code, _locate(host.Source, host.Line, host.Name, isHost: true, null), message);

    private void AddAt(string code, InventoryOrigin? origin, string message)
    {
        if (origin is not null)
            Add(code, origin.File, origin.Line, message);
    }

    private void Add(string code, string? file, int line, string message) => _findings.Add(new Finding(code, file, line, message));

    // RFC 1123 §2.1, in small letters.
    [GeneratedRegex(@"^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$", RegexOptions.CultureInvariant)]
    private static partial Regex DnsName();
}
