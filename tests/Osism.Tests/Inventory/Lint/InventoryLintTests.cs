using System.Text;
using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Lint;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Protocols.Vault;
using Osism.Testing;
using Osism.Tests.Inventory.Differential;

namespace Osism.Tests.Inventory.Lint;

/// <summary>What lint says is so: Ansible is asked what happens when the line in question is another.</summary>
public sealed class InventoryLintTests(AnsibleOracle oracle) : IClassFixture<AnsibleOracle>
{
    private const string Hosts = "[generic]\nnode-1\nnode-2\n[web]\nnode-1\nnode-2\n[db]\nnode-2\n";

    [Fact]
    public void An_inventory_without_mistakes_has_no_findings()
    {
        using var folder = new InventoryCase([new("hosts", Hosts), new("README.md", "x"), new("group_vars/web.yml", "a: 1\n"), new("host_vars/node-1/a.yml", "b: 1\n"), new("group_vars/.gitkeep", "")]);

        Assert.Empty(Check(folder));
    }

    [Fact]
    public void A_host_that_is_meant_to_be_outside_of_generic_says_so()
    {
        using var folder = new InventoryCase([new("hosts", Hosts + "[manager]\nmanager-0\n"), new("host_vars/manager-0.yml", "osism_lint_ignore: [host.not_generic]\n")]);

        Assert.Empty(Check(folder));
    }

    [Fact]
    public void The_example_has_no_findings() =>
        Assert.Empty(InventoryLint.Check([Checkout.PathOf("examples", "pod", "inventory")], AnsibleSettings.Default, new VaultSecrets([]), isPod: true));

    [Theory]
    [InlineData("group_vars/wbe.yml", "a: 1\n", FindingCodes.VariablesNoGroup, "group_vars/wbe.yml", 0)]
    [InlineData("host_vars/node-9.yml", "a: 1\n", FindingCodes.VariablesNoHost, "host_vars/node-9.yml", 0)]
    [InlineData("host_vars/node-9/a.yml", "a: 1\n", FindingCodes.VariablesNoHost, "host_vars/node-9", 0)]
    [InlineData("group_vars/web/a.yaml.orig", "a: 1\n", FindingCodes.VariablesIgnored, "group_vars/web/a.yaml.orig", 0)]
    [InlineData("group_vars/web/a.txt", "a: 1\n", FindingCodes.VariablesIgnored, "group_vars/web/a.txt", 0)]
    [InlineData("group_vars/web/b~", "a: 1\n", FindingCodes.VariablesIgnored, "group_vars/web/b~", 0)]
    [InlineData("group_vars/web/sub.d/b.yml", "a: 1\n", FindingCodes.VariablesIgnored, "group_vars/web/sub.d/b.yml", 0)]
    [InlineData("host_vars/node-1.ini", "a: 1\n", FindingCodes.VariablesNoHost, "host_vars/node-1.ini", 0)]
    [InlineData("more.ini", "[x]\nnode-1\n", FindingCodes.SourceIgnored, "more.ini", 0)]
    [InlineData("more.bak", "[x]\nnode-1\n", FindingCodes.SourceIgnored, "more.bak", 0)]
    [InlineData("more", "[x]\nnode-1\n\n[y]\n", FindingCodes.GroupUnused, "more", 4)]
    [InlineData("more", "[x]\nnode-1\nnode-2\nnode-1\n", FindingCodes.DuplicateHost, "more", 4)]
    [InlineData("more", "[x]\nnode-3\n", FindingCodes.HostNotGeneric, "more", 2)]
    [InlineData("more", "[generic]\n\nNode-1\n", FindingCodes.HostCase, "more", 3)]
    [InlineData("more", "[generic]\nnode_3\n", FindingCodes.HostName, "more", 2)]
    [InlineData("more", "[generic]\nnode-3 a={FF}\n", FindingCodes.SourceEncoding, "more", 2)]
    [InlineData("more", "[x:children]\nnosuch\n", FindingCodes.SourceUnparsed, "more", 2)]
    [InlineData("more", "[x:children]\ny\n[y:children]\nx\n", FindingCodes.SourceUnparsed, "more", 4)]
    [InlineData("more.yml", "x:\n  hosts: [\n", FindingCodes.SourceUnparsed, "more.yml", 3)]
    [InlineData("group_vars/web.yml", "a: 1\nb: 2\na: 3\n", FindingCodes.DuplicateKey, "group_vars/web.yml", 1)]
    [InlineData("group_vars/web.yml", "a: 1\nb: [\n", FindingCodes.VariablesBroken, "group_vars/web.yml", 3)]
    [InlineData("host_vars/node-1.yml", "a: 1\nb: {FF}\n", FindingCodes.VariablesBroken, "host_vars/node-1.yml", 2)]
    [InlineData("group_vars/web.yml", "{VAULT}", FindingCodes.VariablesSealed, "group_vars/web.yml", 0)]
    [InlineData("group_vars/web.yml", "a: 1\nb:\n  c: !vault |\n{INLINE}", FindingCodes.VariablesSealed, "group_vars/web.yml", 2)]
    public void A_mistake_is_found_with_file_and_line(string name, string content, string code, string file, int line)
    {
        using var folder = new InventoryCase([new("hosts", Hosts), new(name, Filled(content))]);

        var findings = Check(folder);

        Assert.Contains(findings, finding => (finding.Code, finding.File, finding.Line) == (code, folder[file], line));
        Assert.All(findings, finding => Assert.Equal((code, folder[file]), (finding.Code, finding.File)));
    }

    [Fact]
    public void With_the_password_a_vault_is_no_finding()
    {
        using var folder = new InventoryCase([new("hosts", Hosts), new("group_vars/web.yml", Filled("{VAULT}")), new("group_vars/db.yml", Filled("b: !vault |\n{INLINE}"))]);

        Assert.Empty(InventoryLint.Check([folder.Inventory], AnsibleSettings.Default, new VaultSecrets(["pass"]), isPod: true));
        Assert.Equal(2, InventoryLint.Check([folder.Inventory], AnsibleSettings.Default, new VaultSecrets(["other"]), isPod: true).Count(finding => finding.Code == FindingCodes.VariablesSealed));
    }

    [Fact]
    public void Files_that_cannot_be_taken_are_found()
    {
        using var folder = new InventoryCase([new("hosts", Hosts), new("group_vars/web.yml", "a: 1\n")]);
        File.CreateSymbolicLink(folder["host_vars"], "/etc/skel");
        File.CreateSymbolicLink(folder["group_vars/db.yml"], "/etc/hostname");
        File.CreateSymbolicLink(folder["gone"], "/nonexistent");
        File.CreateSymbolicLink(folder["circle"], ".");
        using (var large = File.Create(folder["group_vars/generic.yml"]))
        {
            large.Write("a: 1\n"u8);
            large.SetLength(300L << 20);
        }

        var findings = Check(folder);

        Assert.Contains(findings, finding => finding.Code == FindingCodes.LinkOutside && finding.File == folder["group_vars/db.yml"]);
        Assert.Contains(findings, finding => finding.Code == FindingCodes.SourceMissing && finding.File == folder["gone"]);
        Assert.Contains(findings, finding => finding.Code == FindingCodes.VariablesBroken && finding.File == folder["group_vars/generic.yml"] && finding.Message.Contains("300 MB", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Code == FindingCodes.SourceLarge && finding.File == folder["group_vars/generic.yml"]);
    }

    [Fact]
    public async Task A_value_is_found_to_be_hidden_exactly_when_another_one_in_its_place_changes_nothing_for_Ansible()
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal)
        {
            ["10-first"] = "[generic]\nnode-1 inline=1 plain=2\nnode-2\nnode-3\n[web]\nnode-1\nnode-2\n[web:vars]\nsection=1\nplain=1\n[all:vars]\nsection=0\neverywhere=1\n",
            ["20-second"] = "[db]\nnode-2\nnode-3 inline=3\n[deep:children]\ndb\n[deep:vars]\nfile=1\n",
            ["group_vars/all.yml"] = "everywhere: 2\nfile: 1\nown: 1\nmost: 1\n",
            ["group_vars/generic.yml"] = "own: 2\nplain: 7\ngen: 1\n",
            ["group_vars/web/a.yml"] = "twice: 1\nfile: 2\nmost: 2\n",
            ["group_vars/web/b.yml"] = "twice: 2\ninline: 5\n",
            ["group_vars/db.yml"] = "file: 3\nmost: 3\ngen: 2\n",
            ["group_vars/db/x.yml"] = "file: 4\nmost: 4\n",
            ["host_vars/node-1.yml"] = "own: 3\nplain: 8\n",
            ["host_vars/node-2.yml"] = "own: 3\nplain: 8\ninline: 4\n",
            ["host_vars/node-3.yml"] = "own: 4\ngen: 5\n",
            ["host_vars/node-4.yml"] = "own: 4\n",
        };
        using var folder = new InventoryCase(files);
        var findings = Check(folder);
        var before = await AskAsync();
        var (hidden, counting) = (0, 0);
        foreach (var (name, content) in files)
        {
            var lines = content.Split('\n');
            for (var i = 0; i < lines.Length; i++)
            {
                foreach (var pair in lines[i].Split(' ').Length > 2 || name.Contains('/', StringComparison.Ordinal) ? [lines[i]] : lines[i].Split(' '))
                {
                    if (pair.IndexOfAny(['=', ':']) < 0 || pair.StartsWith('['))
                        continue;
                    var changed = System.Text.RegularExpressions.Regex.Replace(lines[i], "([=:] ?)[0-9]$", "${1}99");
                    if (changed == lines[i])
                        continue;
                    folder.Write(name, string.Join('\n', [.. lines[..i], changed, .. lines[(i + 1)..]]));
                    var changes = await AskAsync() != before;
                    folder.Write(name, content);
                    var variable = changed.Split(' ')[^1].Split('=')[0].Split(':')[0];
                    variable = name.Contains('/', StringComparison.Ordinal) ? changed.Split(':')[0] : variable;
                    var isFound = findings.Exists(finding => finding.File == folder[name]
                        && (finding.Line == 0 || (finding.Line == i + 1 && finding.Message.Contains($"'{variable}'", StringComparison.Ordinal))));
                    var isFoundAbove = findings.Exists(finding => folder[name].StartsWith($"{finding.File}/", StringComparison.Ordinal));
                    Assert.True((isFound || isFoundAbove) != changes, $"{name}:{i + 1} {pair}: {(changes ? "counts" : "does not count")}\n{string.Join('\n', findings)}");
                    _ = changes ? counting++ : hidden++;
                }
            }
        }

        Assert.True(hidden >= 8 && counting >= 12, $"{hidden} {counting}");

        async Task<string> AskAsync() => (await oracle.AskAsync(["-i", folder.Inventory, "--list"], folder: folder.Elsewhere)).Output;
    }

    [Fact]
    public async Task The_program_ends_with_10_when_there_is_something_and_with_0_when_there_is_nothing()
    {
        using var folder = new InventoryCase([new("hosts", Hosts), new("host_vars/node-9.yml", "a: 1\n"), new("more", "[x]\nnode-1\nnode-1\n")]);
        var text = await RunAsync("-i", folder.Inventory);
        Assert.Equal(
            (ExitCode.Configuration, $"{folder["host_vars/node-9.yml"]}: variables.no_host: there is no host 'node-9' in the inventory: nobody gets these variables\n"
                + $"{folder["more"]}:3: host.duplicate: the host 'node-1' is in the group 'x' twice\n"), (text.ExitCode, text.Text));
        var json = await RunAsync("-i", folder.Inventory, "--format", "json");
        var findings = JsonSerializer.Deserialize(json.Text, OsismJson.Default.ListInventoryFindingInfo)!;
        Assert.Equal(new InventoryFindingInfo(folder["more"], 3, "host.duplicate", "the host 'node-1' is in the group 'x' twice", "warning"), findings[1]);
        File.Delete(folder["more"]);
        Directory.Delete(folder["host_vars"], recursive: true);
        var clean = await RunAsync("-i", folder.Inventory, "--format", "json");
        Assert.Equal((0, "[]"), (clean.ExitCode, clean.Text.Trim()));
        Assert.Equal(ExitCode.Usage, (await RunAsync("-i", folder.Inventory, "--format", "csv")).ExitCode);

        async Task<CommandResult> RunAsync(params string[] arguments) =>
            await new Command(Checkout.Cli) { Arguments = ["inventory", "lint", .. arguments], Folder = folder.Elsewhere }.RunAsync(TestContext.Current.CancellationToken);
    }

    private static List<Finding> Check(InventoryCase folder) => InventoryLint.Check([folder.Inventory], AnsibleSettings.Default, VaultSecrets.None, isPod: true);

    private static string Filled(string content) => content
        .Replace("{FF}", "\udcff", StringComparison.Ordinal)
        .Replace("{VAULT}", Vault("a: 1\n"), StringComparison.Ordinal)
        .Replace("{INLINE}", string.Join('\n', Vault("x").Trim().Split('\n').Select(line => $"    {line}")) + "\n", StringComparison.Ordinal);

    private static string Vault(string text) => Encoding.UTF8.GetString(AnsibleVault.Encrypt(Encoding.UTF8.GetBytes(text), "pass"));
}
