using Osism.Contracts.Inventory;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Platform;
using Osism.Protocols.Vault;
using Osism.Protocols.Yaml;

namespace Osism.Daemon.Inventory.Lint;

/// <summary>Validates the whole configuration repository: every YAML file, every vault text, the files that runs need, the inventory, folders for hosts.</summary>
/// <param name="load">The inventory that the sources give now.</param>
/// <param name="findPassword">The vault password as it is now; null = there is none.</param>
/// <param name="further">What others find in their own files.</param>
internal sealed class RepositoryCheck(
    ConfigurationRepository repository, RepositoryLint lint, Func<CancellationToken, Task<LoadedInventory>> load, Func<CancellationToken, Task<string?>> findPassword, FurtherFindings further)
{
    // A playbook that needs more is not written by people.
    private const long Largest = 64 << 20;

    private static readonly string[] Mandatory = ["configuration.yml", "images.yml", "secrets.yml"];

    // Folders of services that hold something else than hosts; source: configuration reference 1.4, workflows reference 1.H.
    private static readonly HashSet<string> KnownFolders = new(StringComparer.Ordinal)
    {
        "alerts", "backends", "certificates", "conf", "config", "custom", "dashboards", "datasources", "domains", "files", "notifications", "plugins", "policies", "policy",
        "provisioning", "rules", "scripts", "services", "templates", "themes",
    };

    /// <summary>What is wrong, by file and line; that of the inventory included.</summary>
    /// <exception cref="OsismException"><c>repository.missing</c>, <c>repository.unreadable</c>, <c>file.missing</c> without an inventory.</exception>
    public async Task<List<InventoryFindingInfo>> CheckAsync(CancellationToken cancellationToken)
    {
        repository.Require();
        var password = await findPassword(cancellationToken);
        var vault = new VaultSecrets(password is null ? [] : [password]);
        var findings = new List<Finding>();
        CheckMandatory(vault, findings);
        foreach (var folder in (string[])[repository.Environments, Path.Combine(repository.Root, "netbox")])
        {
            foreach (var file in FilesBelow(folder, findings))
            {
                cancellationToken.ThrowIfCancellationRequested();
                CheckFile(file, vault, findings);
            }
        }

        // What is no YAML was found already, by file and line.
        findings.AddRange(further().Where(more => !findings.Exists(known => known.Code == FindingCodes.YamlBroken && known.File == more.File)));
        var inventory = await lint.CheckAsync(cancellationToken);
        if (inventory.TrueForAll(finding => finding.Severity != "error"))
            CheckOverlays(await load(cancellationToken), findings);
        return [.. InventoryLint.Sort(findings).Select(Describe).Concat(inventory)];
    }

    private void CheckMandatory(VaultSecrets vault, List<Finding> findings)
    {
        string[] places = [.. Mandatory.Where(name => name != "images.yml").Select(name => Path.Combine(repository.Environments, name)),
            .. repository.ListEnvironments().SelectMany(environment => Mandatory.Select(name => Path.Combine(repository.Environments, environment, name)))];
        foreach (var file in places)
        {
            if (!File.Exists(file))
                findings.Add(new Finding(FindingCodes.EnvironmentFileMissing, file, 0, "the file is missing: runs of the environment fail without it"));
            else if (TryLoad(file, vault) is { IsTrue: false })
                findings.Add(new Finding(FindingCodes.EnvironmentFileEmpty, file, 0, "the file has no key: Ansible refuses an empty file of variables; 'dummy: true' will do"));
        }
    }

    private void CheckFile(string file, VaultSecrets vault, List<Finding> findings)
    {
        try
        {
            if (new FileInfo(file) is { Length: > Largest } large)
            {
                findings.Add(new Finding(FindingCodes.SourceLarge, file, 0, $"the file has {large.Length >> 20} MB and is not looked at"));
                return;
            }

            var isYaml = Path.GetExtension(file) is ".yml" or ".yaml";
            if (!isYaml)
            {
                CheckEncrypted(file, vault);
                return;
            }

            var files = new InventoryFiles(AnsibleSettings.Default, vault, [repository.Root], findings);
            if (IsMaterial(file))
                CheckMaterial(file, files.Read(file), findings);
            else
                CheckVaults(file, files.Load(file), files, findings);
        }
        catch (SourceException e)
        {
            findings.Add(new Finding(e.IsSealed ? FindingCodes.VariablesSealed : FindingCodes.YamlBroken, file, e.Line, e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Add(new Finding(FindingCodes.SourceMissing, file, 0, $"the file cannot be read: {e.Message}"));
        }
    }

    /// <summary>Any other file may be a vault text as well, such as a key or a certificate.</summary>
    private static void CheckEncrypted(string file, VaultSecrets vault)
    {
        using var stream = File.OpenRead(file);
        Span<byte> head = stackalloc byte[64];
        if (AnsibleVault.IsEncrypted(head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)]))
            _ = vault.Open(File.ReadAllBytes(file));
    }

    /// <summary>Files for hosts and containers may be templates, or streams of documents for Kubernetes: only what is clearly meant as one document is looked at.</summary>
    private static void CheckMaterial(string file, byte[] content, List<Finding> findings)
    {
        var text = EscapedUtf8.Decode(content);
        if (text.Contains("{{", StringComparison.Ordinal) || text.Contains("{%", StringComparison.Ordinal) || text.Contains("\n---", StringComparison.Ordinal))
            return;
        try
        {
            _ = YamlReader.Read(text);
        }
        catch (YamlException e)
        {
            findings.Add(new Finding(FindingCodes.YamlBroken, file, e.Line, $"{e.Message} (column {e.Column})"));
        }
    }

    private static void CheckVaults(string file, PyValue value, InventoryFiles files, List<Finding> findings)
    {
        switch (value)
        {
            case PyVault vault:
                try
                {
                    _ = files.Open(vault);
                }
                catch (SourceException e) when (e.IsSealed)
                {
                    findings.Add(new Finding(FindingCodes.VariablesSealed, file, 0, $"a value in it: {e.Message}"));
                }

                break;
            case PySequence sequence:
                Array.ForEach(sequence.Items, item => CheckVaults(file, item, files, findings));
                break;
            case PyMapping mapping:
                Array.ForEach(mapping.Pairs, pair => CheckVaults(file, pair.Value, files, findings));
                break;
        }
    }

    /// <summary><c>overlays/SERVICE/HOST/</c>: with another name than a host's nobody ever reads it.</summary>
    private void CheckOverlays(LoadedInventory inventory, List<Finding> findings)
    {
        var hosts = inventory.Match(null).ToHashSet(StringComparer.Ordinal);
        foreach (var environment in repository.ListEnvironments().Where(name => name.Split('.')[0] == "kolla"))
        {
            var overlays = Path.Combine(repository.Environments, environment, "files", "overlays");
            if (!Directory.Exists(overlays))
                continue;
            foreach (var folder in Directory.EnumerateDirectories(overlays).SelectMany(Directory.EnumerateDirectories))
            {
                var name = Path.GetFileName(folder);
                if (name.StartsWith('.') || name.EndsWith(".d", StringComparison.Ordinal) || hosts.Contains(name) || KnownFolders.Contains(name))
                    continue;
                var nearest = NearestNames.Find(name, hosts);
                findings.Add(new Finding(FindingCodes.OverlayNoHost, folder, 0, $"there is no host '{name}' in the inventory: no container gets these files{(nearest.Count == 0 ? "" : $" (nearest: {string.Join(", ", nearest)})")}"));
            }
        }
    }

    private static PyValue? TryLoad(string file, VaultSecrets vault)
    {
        try
        {
            return new InventoryFiles(AnsibleSettings.Default, vault, [], []).Load(file);
        }
        catch (SourceException)
        {
            // That is a finding of its own.
            return null;
        }
    }

    private bool IsMaterial(string file) => repository.Relative(file).Split('/')[..^1].Any(part => part is "files" or "templates");

    private static IEnumerable<string> FilesBelow(string folder, List<Finding> findings)
    {
        if (!Directory.Exists(folder))
            return [];
        try
        {
            var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, MaxRecursionDepth = 40, IgnoreInaccessible = false };
            return [.. Directory.EnumerateFiles(folder, "*", all).Where(path => !path[folder.Length..].Contains("/.git/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Add(new Finding(FindingCodes.SourceMissing, folder, 0, $"the folder cannot be listed: {e.Message}"));
            return [];
        }
    }

    private InventoryFindingInfo Describe(Finding finding) => new(
        finding.File is null ? null : repository.Relative(finding.File), finding.Line > 0 ? finding.Line : null, finding.Code,
        finding.Message.Replace(repository.Root + "/", "", StringComparison.Ordinal), FindingCodes.IsError(finding.Code) ? "error" : "warning");
}

/// <summary>Findings about files of the repository that only other features understand.</summary>
internal delegate IReadOnlyList<Finding> FurtherFindings();
