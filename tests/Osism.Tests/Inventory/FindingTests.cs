using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Tests.Inventory.Differential;

namespace Osism.Tests.Inventory;

/// <summary>What is wrong with an inventory is said with file and line.</summary>
public sealed class FindingTests
{
    [Theory]
    [InlineData("hosts", "[g]\nh1\n[h:children]\ng\nnosuch\n", FindingCodes.SourceUnparsed, 5)]
    [InlineData("hosts", "[a:children]\nb\n[b:children]\na\n", FindingCodes.SourceUnparsed, 4)]
    [InlineData("hosts", "[a:children]\na\n", FindingCodes.SourceUnparsed, 2)]
    [InlineData("hosts", "h1\nh2 x\n", FindingCodes.SourceUnparsed, 2)]
    [InlineData("hosts", "\n\nh1 a='x\n", FindingCodes.SourceUnparsed, 3)]
    [InlineData("hosts", "h[1:999999999]\n", FindingCodes.SourceUnparsed, 1)]
    [InlineData("hosts.yml", "a:\n  hosts:\n    h1: [\n", FindingCodes.SourceUnparsed, 4)]
    [InlineData("hosts.yml", "a:\n  hosts:\n    5:\n", FindingCodes.SourceUnparsed, 3)]
    [InlineData("hosts.yml", "a:\n  hosts:\n    h1:\n    h1:\n", FindingCodes.DuplicateKey, 3)]
    [InlineData("hosts.yml", "a:\n  hosts: {h: }\n  what: {}\n", FindingCodes.EntrySkipped, 3)]
    [InlineData("hosts.yml", "plugin: constructed\n", FindingCodes.SourceProgram, 1)]
    [InlineData("hosts.yml", "a:\n  hosts:\n    h{FF}:\n", FindingCodes.SourceUnparsed, 3)]
    [InlineData("hosts*", "#!/bin/sh\necho {}\n", FindingCodes.SourceProgram, 0)]
    [InlineData("hosts", "[a-b]\nh\n", FindingCodes.GroupName, 1)]
    [InlineData("hosts", "localhost\n::1\n", FindingCodes.SecondLocalhost, 2)]
    [InlineData("hosts", "[h]\nh\n", FindingCodes.NameConflict, 0)]
    [InlineData("hosts", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", FindingCodes.VariablesSealed, 0)]
    public void Sources_that_cannot_be_understood_are_named(string name, string content, string code, int line)
    {
        using var folder = new InventoryCase([new(name, WithByte(content))]);
        var reading = Read(folder);
        var finding = reading.Findings.Find(finding => finding.Code == code);
        Assert.True(finding is not null, string.Join('\n', reading.Findings));
        Assert.Equal((folder[name.TrimEnd('*')], line), (finding.File, finding.Line));
    }

    [Theory]
    [InlineData("a: 1\nb: [\n", FindingCodes.VariablesBroken, 3)]
    [InlineData("- a\n", FindingCodes.VariablesBroken, 1)]
    [InlineData("a: 1\nb: {FF}\n", FindingCodes.VariablesBroken, 2)]
    [InlineData("a: 1\nb: !nosuch 1\n", FindingCodes.VariablesBroken, 2)]
    [InlineData("a: &x [*x]\n", FindingCodes.VariablesBroken, 1)]
    [InlineData("$ANSIBLE_VAULT;1.1;AES256\n6162\n", FindingCodes.VariablesSealed, 0)]
    public void Files_of_variables_that_cannot_be_read_are_errors(string content, string code, int line)
    {
        using var folder = new InventoryCase([new("hosts", "h1\nh2\n"), new("host_vars/h1.yml", WithByte(content))]);
        var reading = Read(folder);
        Assert.Empty(reading.Findings);
        var finding = Assert.Throws<InventoryException>(() => reading.Variables.Of(reading.Inventory.FindHost("h1")!)).Finding;
        Assert.Equal((code, folder["host_vars/h1.yml"], line), (finding.Code, finding.File, finding.Line));
        Assert.True(reading.Variables.Of(reading.Inventory.FindHost("h2")!).IsEmpty);
    }

    [Fact]
    public void Links_and_special_files_are_named()
    {
        using var folder = new InventoryCase([new("hosts", "h1\n"), new("host_vars/x.yml", "a: 1\n")]);
        File.CreateSymbolicLink(folder["host_vars/h1.yml"], "/etc/hostname");
        File.CreateSymbolicLink(folder["gone"], "/nonexistent");
        File.CreateSymbolicLink(folder["device"], "/dev/zero");
        File.CreateSymbolicLink(folder["circle"], ".");
        var reading = Read(folder);
        Assert.Throws<InventoryException>(() => reading.Variables.Of(reading.Inventory.FindHost("h1")!));
        Assert.Contains(reading.Findings, finding => finding.Code == FindingCodes.LinkOutside && finding.File == folder["host_vars/h1.yml"]);
        Assert.Contains(reading.Findings, finding => finding.Code == FindingCodes.SourceMissing && finding.File == folder["gone"]);
        Assert.Contains(reading.Findings, finding => finding.Code == FindingCodes.SourceMissing && finding.File == folder["device"]);
    }

    [Fact]
    public void Every_value_says_where_it_came_from_and_what_it_hides()
    {
        using var folder = new InventoryCase([
            new("hosts", "[web]\nh1 v=inline\n[web:vars]\nv=section\nonly=1\n[all:vars]\nv=all\n"),
            new("group_vars/all.yml", "---\nx: 1\nv: file of all\n"),
            new("group_vars/web/a.yml", "v: file of web\n"),
            new("host_vars/h1.yml", "\nv: file of host\n"),
        ]);
        var reading = Read(folder);
        var layers = reading.Variables.LayersOf(reading.Inventory.FindHost("h1")!)
            .SelectMany(layer => layer.Variables.Where(variable => variable.Name is Daemon.Inventory.Values.PyText { Value: "v" }).Select(variable => (layer, variable)))
            .Select(found => $"{(int)found.layer.Level} {found.layer.Entity} {Path.GetRelativePath(folder.Inventory, found.variable.File!)}:{found.variable.Line}");
        Assert.Equal(
            [
                "10 all hosts:7", "20 web hosts:4", "30 all group_vars/all.yml:3", "50 web group_vars/web/a.yml:1", "70 h1 hosts:2", "80 h1 host_vars/h1.yml:2",
            ],
            layers);
        Assert.True(reading.Variables.Of(reading.Inventory.FindHost("h1")!).TryFind(new Daemon.Inventory.Values.PyText("v"), out var final));
        Assert.Equal((folder["host_vars/h1.yml"], 2), (final.File, final.Line));
    }

    [Fact]
    public void Hosts_in_the_same_groups_share_one_table()
    {
        using var folder = new InventoryCase([new("hosts", "[web]\nh[1:50]\n[db]\nd1\n"), new("group_vars/all.yml", "a: 1\n"), new("host_vars/h1.yml", "b: 1\n")]);
        var reading = Read(folder);
        var tables = reading.Inventory.Hosts.Select(host => reading.Variables.Of(host).Shared).Distinct().ToList();
        Assert.Equal(2, tables.Count);
        Assert.Same(tables[0].Items[0].Value, tables[1].Items[0].Value);
    }

    // The test runner cannot carry half a character from place to place.
    private static string WithByte(string content) => content.Replace("{FF}", "\udcff", StringComparison.Ordinal);

    private static InventoryReading Read(InventoryCase folder) =>
        InventoryReading.Read([folder.Inventory], null, playbookIsNamed: false, AnsibleSettings.Default, VaultSecrets.None);
}
