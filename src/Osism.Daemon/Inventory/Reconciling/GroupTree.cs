using System.Text;
using Osism.Contracts;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;

namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>Hosts and groups, and what is published of them.</summary>
/// <param name="HostsJson"><c>hosts.json</c>: each host with its variables once, each group with its own members once.</param>
/// <param name="ClusterShell"><c>clustershell/ansible.yaml</c>.</param>
/// <param name="Programs">Sources that only Ansible can read: they are published as they are.</param>
/// <param name="Inline">Where variables of <c>hosts.json</c> were written.</param>
internal sealed record GroupTree(
    AnsibleInventory Inventory, InventoryFile HostsJson, InventoryFile ClusterShell, IReadOnlyList<InventoryFile> Programs, IReadOnlyList<InlineOrigin> Inline, IReadOnlyList<ReconcileFinding> Findings)
{
    private static readonly AnsibleSettings Settings = AnsibleSettings.Default with { ReportGroupNames = false };

    /// <param name="staging">A folder to write the sources to; it is made and removed.</param>
    public static GroupTree Read(SourceSet sources, string staging)
    {
        var findings = new List<Finding>();
        try
        {
            foreach (var (name, source) in sources.Staged)
            {
                var path = Path.Combine(staging, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, source.Content);
                if (source.Source is { File.Executable: true })
                    File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            AnsibleInventory inventory;
            try
            {
                inventory = InventorySources.Read([staging], Settings, new InventoryFiles(Settings, VaultSecrets.None, [staging], findings), findings);
            }
            catch (InventoryException e)
            {
                findings.Add(e.Finding);
                inventory = InventorySources.Read([], Settings, new InventoryFiles(Settings, VaultSecrets.None, [], []), []);
            }

            return Of(inventory, sources, staging, findings);
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    private static GroupTree Of(AnsibleInventory inventory, SourceSet sources, string staging, List<Finding> read)
    {
        var programs = new List<InventoryFile>();
        var findings = new List<ReconcileFinding>();
        foreach (var finding in read)
        {
            var source = finding.File is { } file && file.StartsWith(staging + "/", StringComparison.Ordinal) ? sources.Staged[file[(staging.Length + 1)..]].Source : null;
            if (finding.Code == FindingCodes.SourceProgram && source is not null)
                programs.Add(source.File);
            ErrorCode? error = finding.Code is FindingCodes.SourceUnparsed or FindingCodes.SourceMissing or FindingCodes.VariablesSealed or FindingCodes.VariablesBroken
                ? ErrorCodes.ConfigurationBroken
                : null;
            findings.Add(new ReconcileFinding(finding with { File = source?.Source ?? "inventory" }, error));
        }

        FindCases(inventory, sources, staging, findings);
        foreach (var name in ShippedInventory.BaseGroups.Where(name => inventory.FindGroup(name) is { Hosts.Count: 0, Children.Count: 0 } && !sources.Staged.Values.Any(IsNamedBy(name))))
            findings.Add(new ReconcileFinding(new Finding(FindingCodes.BaseGroupMissing, "inventory/20-roles", 0, $"no file says which hosts are in the group {name}: it is empty"), null));
        var inline = new List<InlineOrigin>();
        foreach (var host in inventory.Hosts.Where(host => host.Source is not null))
            inline.Add(new InlineOrigin(host.Name, IsHost: true, null, Source(host.Source!), host.Line));
        foreach (var group in inventory.Groups)
        {
            if (sources.Declared.TryGetValue(group.Name, out var declared))
                inline.Add(new InlineOrigin(group.Name, IsHost: false, null, declared.Source, declared.Line));
            else if (group.Source is { } file && sources.Staged.GetValueOrDefault(Path.GetRelativePath(staging, file))?.Source is { } source)
                inline.Add(new InlineOrigin(group.Name, IsHost: false, null, source.Source, group.Line));
        }

        return new GroupTree(
            inventory, new InventoryFile("hosts.json", executable: false, WriteHosts(inventory, Source, inline)),
            new InventoryFile("clustershell/ansible.yaml", executable: false, WriteClusterShell(inventory)), programs, inline, findings);

        string Source(string path) => sources.Staged.TryGetValue(Path.GetRelativePath(staging, path), out var staged) && staged.Source is { } layer ? layer.Source : path;
    }

    private static Func<StagedSource, bool> IsNamedBy(string group) =>
        staged => staged.Source is { Layer: not Layers.Groups } && InventorySections.Of(staged.Content).Declared.Contains(group, StringComparer.Ordinal);

    private static void FindCases(AnsibleInventory inventory, SourceSet sources, string staging, List<ReconcileFinding> findings)
    {
        var first = new Dictionary<string, InventoryHost>(StringComparer.OrdinalIgnoreCase);
        foreach (var host in inventory.Hosts)
        {
            if (first.TryAdd(host.Name, host) || host.Source is not { } path)
                continue;
            var source = sources.Staged.GetValueOrDefault(Path.GetRelativePath(staging, path))?.Source?.Source ?? path;
            findings.Add(new ReconcileFinding(
                new Finding(FindingCodes.HostCase, source, 0, $"{host.Name} and {first[host.Name].Name} are two hosts: their names differ in upper and lower case only"), null));
        }
    }

    /// <remarks>The hosts come first, as members of <c>all</c>: so their order is that in which they were written, wherever Ansible asks for all of them.</remarks>
    private static byte[] WriteHosts(AnsibleInventory inventory, Func<string, string> source, List<InlineOrigin> inline)
    {
        var json = new StringBuilder("{");
        foreach (var group in inventory.Groups)
        {
            if (group != inventory.All)
                json.Append(',');
            CompactJson.Quote(json, group.Name);
            json.Append(":{");
            var separator = "";
            if (group == inventory.All ? inventory.Hosts.Count > 0 : group.Hosts.Count > 0)
            {
                WriteHostsOf(group);
                separator = ",";
            }

            if (group.Children.Count > 0)
            {
                json.Append(separator).Append("\"children\":{");
                separator = ",";
                json.AppendJoin(',', group.Children.Select(child => $"{Quoted(child.Name)}:null")).Append('}');
            }

            WriteGroupVariables(group, separator);
            json.Append('}');
        }

        return Encoding.UTF8.GetBytes(json.Append("}\n").ToString());

        void WriteHostsOf(InventoryGroup group)
        {
            json.Append("\"hosts\":{");
            var comma = "";
            foreach (var host in group == inventory.All ? inventory.Hosts : group.Hosts)
            {
                json.Append(comma);
                comma = ",";
                CompactJson.Quote(json, host.Name);
                json.Append(':');
                if (group == inventory.All && host.Variables.Count > 0)
                    WriteVariables(host.Variables, host.Name, isHost: true);
                else
                    json.Append("null");
            }

            json.Append('}');
        }

        void WriteGroupVariables(InventoryGroup group, string separator)
        {
            var variables = group.Variables;
            if (group.Priority != 1)
                variables = [.. variables, new Variable(new PyText("ansible_group_priority"), new PyInt(group.Priority), null, 0)];
            if (variables.Count == 0)
                return;
            json.Append(separator).Append("\"vars\":");
            WriteVariables(variables, group.Name, isHost: false);
        }

        void WriteVariables(IReadOnlyList<Variable> variables, string entity, bool isHost)
        {
            json.Append('{');
            for (var i = 0; i < variables.Count; i++)
            {
                if (i > 0)
                    json.Append(',');
                CompactJson.WriteKey(json, variables[i].Name);
                CompactJson.Write(json, variables[i].Value);
                if (variables[i] is { File: { } file, Name: PyText name })
                    inline.Add(new InlineOrigin(entity, isHost, name.Value, source(file), variables[i].Line));
            }

            json.Append('}');
        }

        static string Quoted(string text)
        {
            var quoted = new StringBuilder();
            CompactJson.Quote(quoted, text);
            return quoted.ToString();
        }
    }

    /// <summary>Groups for ClusterShell, hosts sorted.</summary>
    /// <remarks>Who gives Ansible the whole folder lets it read this file as a source too. It is JSON, of which Ansible takes an object with the key
    /// <c>__ansible_unsafe</c> for that key's value: an inventory with nothing in it. For ClusterShell the key is a second, empty source of groups.</remarks>
    private static byte[] WriteClusterShell(AnsibleInventory inventory)
    {
        var json = new StringBuilder("{\"ansible\":{");
        for (var i = 0; i < inventory.Groups.Count; i++)
        {
            var group = inventory.Groups[i];
            json.Append(i > 0 ? ",\n" : "\n");
            CompactJson.Quote(json, group.Name);
            json.Append(": [");
            var hosts = (group == inventory.All ? inventory.Hosts : group.AllHosts).Select(host => host.Name).ToArray();
            Array.Sort(hosts, StringComparer.Ordinal);
            for (var k = 0; k < hosts.Length; k++)
            {
                if (k > 0)
                    json.Append(", ");
                CompactJson.Quote(json, hosts[k]);
            }

            json.Append(']');
        }

        return Encoding.UTF8.GetBytes(json.Append("},\n\"__ansible_unsafe\": {\"all\": null}}\n").ToString());
    }
}

/// <summary>Where a host, a group or a variable of <c>hosts.json</c> was written.</summary>
/// <param name="Entity">Host or group.</param>
/// <param name="Name">The variable; null for the host or group itself.</param>
/// <param name="File">As it is named to people.</param>
/// <param name="Line">From 1; 0 where it is not known.</param>
internal sealed record InlineOrigin(string Entity, bool IsHost, string? Name, string File, int Line);
