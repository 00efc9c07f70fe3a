using System.Security.Cryptography;
using System.Text;
using Osism.Contracts;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>Makes what is published out of what the layers hold (<c>reference/configuration.md</c> 3.2, steps 8 to 14). Asked by one at a time.</summary>
/// <remarks>What a file becomes, and what the sources of hosts and groups become, is kept: a changed file costs its own work.</remarks>
internal sealed class Reconciler(PublishedVariables variables, OsismHome home)
{
    /// <summary>Where each published file is from; hidden, so that Ansible does not look at it.</summary>
    public const string OriginsFile = ".origins.json";

    private const string GroupVars = "group_vars/";

    private (string Key, GroupTree Tree)? _last;
    private (GroupTree Tree, InventoryOrigins Origins, InventoryFile File)? _lastOrigins;

    /// <param name="read">Layers without a fault; what they found is part of the outcome all the same.</param>
    public async Task<Reconciled> MakeAsync(LayeredInventory read, CancellationToken cancellationToken)
    {
        var findings = read.Findings.ToList();
        var tree = ReadGroups(read);
        findings.AddRange(tree.Findings);
        variables.BeginRound();
        var files = read.Files.Values.Where(file => file.File.IsBelowVariables).ToDictionary(file => file.File.Name, StringComparer.Ordinal);
        if (!findings.Exists(finding => finding.IsBroken))
        {
            foreach (var file in GeneratedVariables.Of(tree.Inventory, read.CephConfiguration))
                files[file.File.Name] = file;
        }

        MoveIntoFolders(files, findings);
        var published = new List<InventoryFile>(files.Count + 8);
        var origins = new InventoryOrigins { Inline = tree.Inline };
        var secrets = new List<InventorySecretFile>();
        foreach (var (name, file) in files.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var one = await variables.MakeAsync(file, name, cancellationToken);
            published.Add(one.File);
            findings.AddRange(one.Findings);
            if (one.Secret is not null)
                secrets.Add(one.Secret);
            origins.Files.Add(name, new FileOrigin(file.Layer, file.Source));
        }

        foreach (var program in tree.Programs)
        {
            published.Add(program);
            origins.Files.Add(program.Name, new FileOrigin(Layers.Repository, $"inventory/{program.Name}"));
        }

        published.Add(tree.HostsJson);
        published.Add(tree.ClusterShell);
        if (read.Config is { } config)
            published.Add(new InventoryFile("ansible.cfg", executable: false, config));
        published.Add(Write(origins, tree));
        published.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return new Reconciled(published, Hash(published), secrets, tree.Inventory.Hosts.Count, tree.Inventory.Groups.Count, findings);
    }

    /// <summary>Mostly the same as before: a changed file has the name it had.</summary>
    private InventoryFile Write(InventoryOrigins origins, GroupTree tree)
    {
        if (_lastOrigins is not { } last || !ReferenceEquals(last.Tree, tree) || !last.Origins.Files.SequenceEqual(origins.Files))
            _lastOrigins = last = (tree, origins, new InventoryFile(OriginsFile, executable: false, origins.Write()));
        return last.File;
    }

    private GroupTree ReadGroups(LayeredInventory read)
    {
        var ofSources = new List<ReconcileFinding>();
        var sources = read.Files.Values.Where(file => !file.File.IsBelowVariables).OrderBy(file => file.File.Name, StringComparer.Ordinal).ToList();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var source in sources)
            hash.AppendData(Encoding.UTF8.GetBytes($"{source.Layer}\0{source.Source}\0{source.File.Name}\0{source.File.Executable}\0{source.File.Sha256}\0"));
        var key = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (_last is not { } last || last.Key != key)
        {
            var set = SourceSet.Of(sources, ofSources);
            var tree = GroupTree.Read(set, Path.Combine(home.Inventory, $".staging-{Guid.NewGuid():N}"));
            _last = last = (key, tree with { Findings = [.. ofSources, .. tree.Findings] });
        }

        return last.Tree;
    }

    /// <summary>Ansible reads of <c>NAME/</c> and <c>NAME.yml</c> only the first. The file becomes the last one of the folder, so that an operator's word counts.</summary>
    private static void MoveIntoFolders(Dictionary<string, LayerFile> files, List<ReconcileFinding> findings)
    {
        var folders = files.Keys.Where(name => name.StartsWith(GroupVars, StringComparison.Ordinal) && name.IndexOf('/', GroupVars.Length) > 0)
            .Select(name => name[..name.IndexOf('/', GroupVars.Length)]).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, file) in files.ToList())
        {
            if (!name.StartsWith(GroupVars, StringComparison.Ordinal) || name.IndexOf('/', GroupVars.Length) > 0 || !file.File.IsVariables)
                continue;
            var folder = folders.Contains(name) ? name : Path.ChangeExtension(name, null);
            if (!folders.Contains(folder))
                continue;
            files.Remove(name);
            var target = $"{folder}/999-{Path.GetFileName(name)}";
            if (!files.TryAdd(target, file))
            {
                findings.Add(new ReconcileFinding(
                    new Finding(FindingCodes.VariablesHidden, file.Source, 0, $"it is left out: it would become {target}, which is there already"), null));
            }
        }
    }

    private static string Hash(List<InventoryFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Name}\0{(file.Executable ? 'x' : '-')}\0{file.Sha256}\0"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>What the reconciler made.</summary>
/// <param name="Files">Everything that is published, by name.</param>
/// <param name="ContentHash">SHA-256 over names, modes and contents, hexadecimal.</param>
internal sealed record Reconciled(
    IReadOnlyList<InventoryFile> Files, string ContentHash, IReadOnlyList<InventorySecretFile> SecretFiles, int Hosts, int Groups, IReadOnlyList<ReconcileFinding> Findings)
{
    /// <summary>Why it is not published; null when it can be.</summary>
    public ReconcileFinding? Fault => Findings.FirstOrDefault(finding => finding.IsBroken);

    /// <summary>The fault as an error for somebody who needs an inventory and gets none.</summary>
    public static OsismException ToException(ReconcileFinding fault) => new(fault.Error ?? ErrorCodes.ConfigurationBroken, Describe(fault.Finding))
    {
        File = fault.Finding.File,
        Line = fault.Finding.Line > 0 ? fault.Finding.Line : null,
    };

    public static string Describe(Finding finding) =>
        finding.File is null || finding.Message.StartsWith(finding.File, StringComparison.Ordinal) ? finding.Message
            : finding.Line > 0 ? $"{finding.File}, line {finding.Line}: {finding.Message}" : $"{finding.File}: {finding.Message}";
}
