using System.Text;
using System.Text.RegularExpressions;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Sources;

/// <summary>Reads what <c>-i</c> names: files, folders of sources, lists of hosts with commas.</summary>
/// <remarks>As Ansible does with its default plugins <c>host_list, script, auto, yaml, ini</c>, in this order; what one of them had read before it failed stays.
/// Programs and plugins are not run: they are findings.</remarks>
internal sealed class InventorySources
{
    // As many links as the kernel follows.
    private const int DeepestFolder = 40;

    private readonly AnsibleSettings _settings;
    private readonly InventoryFiles _files;
    private readonly List<Finding> _findings;
    private readonly InventoryDraft _draft;
    private readonly Regex _ignored;

    private InventorySources(AnsibleSettings settings, InventoryFiles files, List<Finding> findings)
    {
        (_settings, _files, _findings) = (settings, files, findings);
        _draft = new InventoryDraft(settings, findings);
        _ignored = new Regex(
            string.Join('|', (IEnumerable<string>)["^\\.", "^host_vars$", "^group_vars$", "^vars_plugins$", .. settings.IgnoredPatterns, .. settings.IgnoredExtensions.Select(end => $"{Regex.Escape(end)}$")]),
            RegexOptions.CultureInvariant);
    }

    /// <param name="sources">Full paths, or texts with commas.</param>
    /// <exception cref="InventoryException">The settings make a source that cannot be read an error, or a folder cannot be listed.</exception>
    public static AnsibleInventory Read(IReadOnlyList<string> sources, AnsibleSettings settings, InventoryFiles files, List<Finding> findings)
    {
        var reader = new InventorySources(settings, files, findings);
        var any = false;
        foreach (var source in sources)
            any |= reader.ReadSource(source, 0);
        if (any)
            reader.Reconcile(sources);
        else if (settings.UnparsedFails)
            throw new InventoryException(new Finding(FindingCodes.SourceUnparsed, sources.Count > 0 ? sources[0] : null, 0, "no inventory source could be read"));
        return AnsibleInventory.From(reader._draft, settings);
    }

    /// <summary>A group that holds <c>all</c> cannot be put into it.</summary>
    private void Reconcile(IReadOnlyList<string> sources)
    {
        try
        {
            _draft.Reconcile();
        }
        catch (SourceException e)
        {
            throw new InventoryException(new Finding(FindingCodes.SourceUnparsed, sources[0], e.Line, e.Message), e);
        }
    }

    private bool ReadSource(string source, int depth)
    {
        bool read;
        if (Directory.Exists(source))
        {
            read = ReadFolder(source, depth);
        }
        else
        {
            _draft.Source = source;
            read = ReadFile(source);
            _draft.Source = null;
        }

        if (!read && _settings.AnyUnparsedFails)
            throw new InventoryException(_findings.FindLast(finding => finding.File == source) ?? new Finding(FindingCodes.SourceUnparsed, source, 0, "the source could not be read"));
        return read;
    }

    private bool ReadFolder(string folder, int depth)
    {
        if (depth > DeepestFolder)
        {
            _findings.Add(new Finding(FindingCodes.SourceMissing, folder, 0, "the folder lies too deep; do its links make a circle?"));
            return false;
        }

        string[] entries;
        try
        {
            entries = Directory.GetFileSystemEntries(folder);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InventoryException(new Finding(FindingCodes.SourceMissing, folder, 0, $"the folder cannot be listed: {e.Message}"), e);
        }

        Array.Sort(entries, static (a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
        var any = false;
        foreach (var entry in entries)
        {
            if (!_ignored.IsMatch(Path.GetFileName(entry)))
                any |= ReadSource(entry, depth + 1);
        }

        return any;
    }

    private bool ReadFile(string path)
    {
        if (!File.Exists(path))
        {
            if (path.Contains(',', StringComparison.Ordinal) && !Path.Exists(path))
                return ReadList(path);
            Report(FindingCodes.SourceMissing, 0, "there is no such file or folder");
            return false;
        }

        byte[] content;
        try
        {
            content = _files.Read(path);
        }
        catch (SourceException e)
        {
            Report(e.IsSealed ? FindingCodes.VariablesSealed : FindingCodes.SourceMissing, e.Line, e.Message);
            return false;
        }

        return !IsProgram(path) && (ReadYaml(path, out var asYaml) || (asYaml is not { IsPlugin: true } && ReadIni(path, content, asYaml?.Problem)));
    }

    /// <summary>A program that Ansible would run. One that could not be started anyway is read as a text, as Ansible then does.</summary>
    private bool IsProgram(string path)
    {
        var executable = (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None;
        if (!executable)
            return false;
        Span<byte> head = stackalloc byte[4];
        using (var file = File.OpenRead(path))
            head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (!head.StartsWith("#!"u8) && !head.StartsWith("\x7fELF"u8))
            return false;
        Report(FindingCodes.SourceProgram, 0, "the source is a program, and programs are not run: remove its executable bits if it is a text");
        return true;
    }

    private bool ReadList(string names)
    {
        foreach (var part in names.Split(','))
        {
            var name = PyStrings.Strip(part);
            if (name.Length == 0)
                continue;
            // A list knows no ranges: such a name is one host.
            if (!HostAddress.TryParse(name, out var host, out var port) || host.Contains('[', StringComparison.Ordinal))
                (host, port) = (name, null);
            if (!_draft.HasHost(host))
                _draft.AddHost(host, InventoryDraft.Ungrouped, port, 0);
        }

        return true;
    }

    private bool ReadYaml(string path, out YamlAttempt? attempt)
    {
        attempt = null;
        var extension = ExtensionOf(path);
        if (extension.Length > 0 && !_settings.YamlExtensions.Contains(extension))
            return false;
        try
        {
            var data = _files.Load(path);
            if (path.EndsWith(".yml", StringComparison.Ordinal) || path.EndsWith(".yaml", StringComparison.Ordinal))
            {
                if (data is PyMapping mapping && mapping.Find(new PyText("plugin")) is { IsTrue: true } plugin)
                {
                    Report(FindingCodes.SourceProgram, 1, $"the source is for the inventory plugin {PyRepr.Str(plugin, _ => "")}, and plugins are not run");
                    attempt = new YamlAttempt(new SourceException("a plugin"), IsPlugin: true);
                    return false;
                }
            }

            new YamlSource(_draft).Read(data);
            return true;
        }
        catch (SourceException e)
        {
            attempt = new YamlAttempt(e, IsPlugin: false);
            return false;
        }
    }

    private bool ReadIni(string path, byte[] content, SourceException? asYaml)
    {
        try
        {
            IniSource.Read(_draft, EscapedUtf8.Decode(content));
            return true;
        }
        catch (SourceException e)
        {
            // The name says what it was meant to be, and else the content.
            var meantAsYaml = asYaml is not null && (ExtensionOf(path).Length > 0 || content.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("---"u8));
            var first = meantAsYaml ? asYaml! : e;
            Report(FindingCodes.SourceUnparsed, first.Line, meantAsYaml || asYaml is null ? first.Message : $"{first.Message} (and it is no YAML source either: {asYaml.Message})");
            return false;
        }
    }

    /// <summary>As Python's <c>splitext</c>: dots at the begin of a name begin no extension.</summary>
    internal static string ExtensionOf(string path)
    {
        var name = Path.GetFileName(path).TrimStart('.');
        var dot = name.LastIndexOf('.');
        return dot < 0 ? "" : name[dot..];
    }

    private void Report(string code, int line, string message) => _draft.Report(code, line, message);

    private sealed record YamlAttempt(SourceException Problem, bool IsPlugin);
}
