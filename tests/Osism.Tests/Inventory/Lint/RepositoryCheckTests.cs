using System.Text;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Configuration.Vault;
using Osism.Protocols.Vault;
using Osism.Tests.Cli;
using Osism.Tests.Hosting;

namespace Osism.Tests.Inventory.Lint;

/// <summary><c>osism configuration check</c></summary>
public sealed class RepositoryCheckTests : IAsyncLifetime
{
    private static readonly string[] Bases = ["generic", "manager", "monitoring", "control", "compute", "network", "ceph-control", "ceph-resource"];

    private Manager _manager = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" });
        File.Delete(Path.Combine(_manager.Repository, "inventory/hosts"));
        Write("inventory/20-roles", string.Concat(Bases.Select(group => $"[{group}]\nnode-0\n")));
    }

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task A_repository_without_mistakes_has_no_findings()
    {
        Write("environments/kolla/configuration.yml", "a: 1\n");
        Write("environments/kolla/images.yml", "a: 1\n");
        Write("environments/kolla/secrets.yml", Vault("a: 1\n"));
        Write("environments/kolla/files/overlays/nova/node-0/nova.conf", "x");
        Write("environments/kolla/files/overlays/haproxy/services.d/x.cfg", "x");
        Write("environments/kolla/files/overlays/prometheus/prometheus.yml.d/a.yml", "{% if x %}\n a: [\n{% endif %}\n");
        Write("environments/kolla/files/k8s.yml", "a: 1\n---\nb: 1\n");
        Write("environments/kolla/files/key.pem", Vault("key"));
        Write("netbox/resources/100-a.yml", "- tenant: {name: x}\n");
        await _manager.Get<VaultKeeper>().SetPasswordAsync("pass", "test", TestContext.Current.CancellationToken);

        Assert.Empty(await CheckAsync());
        using var run = new CliRun();
        File.CreateSymbolicLink(Path.Combine(run.Home, "osismd.sock"), _manager.Home.Socket);
        Assert.Equal((0, ""), (await run.Start("configuration", "check"), run.Output));
    }

    [Fact]
    public async Task What_does_not_count_in_the_file_of_services_is_named_with_its_line_and_what_to_do()
    {
        Write("environments/services.yml", "services:\n  till:\n    layer: nowhere\n    prots: {web: 1}\n  cash: {layer: shared, requires: [keystoen]}\n");

        var findings = (await CheckAsync()).Where(finding => finding.File == "environments/services.yml").ToList();

        Assert.All(findings, finding => Assert.Equal(("services.fault", "error"), (finding.Code, finding.Severity)));
        Assert.Equal([3, 4, 5], findings.Select(finding => finding.Line!.Value).Order());
        Assert.Contains(findings, finding => finding.Message.Contains("keystoen", StringComparison.Ordinal) && finding.Message.Contains("Correct it", StringComparison.Ordinal));

        // What Ansible could not read either is said once.
        Write("environments/services.yml", "services: [\n");
        Assert.Equal("yaml.broken", Assert.Single(await CheckAsync(), finding => finding.File == "environments/services.yml").Code);
    }

    [Fact]
    public async Task Mistakes_are_named_with_file_and_line_and_end_with_10()
    {
        Write("environments/kolla/configuration.yml", "a: 1\nb: [\n");
        Write("environments/kolla/images.yml", "---\n");
        Write("environments/kolla/secrets.yml", Vault("a: 1\n"));
        Write("environments/kolla/playbook-x.yml", "- hosts: all\n  vars:\n    a: 1\n    a: 2\n");
        Write("environments/kolla/files/overlays/nova/node0/nova.conf", "x");
        Write("environments/kolla/files/broken.yml", "a: [\n");
        Write("environments/kolla/files/key.pem", Vault("key"));
        Write("environments/ceph.east/configuration.yml", $"a: 1\nb:\n  - !vault |\n{string.Join('\n', Vault("x").Trim().Split('\n').Select(line => $"    {line}"))}\n");
        Write("environments/ceph.east/images.yml", "a: \"\\xff\n");
        Write("netbox/resources/100-a.yml", "- a: {\n");
        Write("inventory/10-custom", "[web]\nnode-7\n");
        File.Delete(Path.Combine(_manager.Repository, "environments/secrets.yml"));

        var findings = await CheckAsync();

        Assert.Equal(
            [
                "environments/ceph.east/configuration.yml: variables.sealed error", "environments/ceph.east/images.yml:2 yaml.broken error", "environments/ceph.east/secrets.yml: environment.file_missing error",
                "environments/kolla/configuration.yml:3 yaml.broken error", "environments/kolla/files/broken.yml:2 yaml.broken error", "environments/kolla/files/key.pem: variables.sealed error",
                "environments/kolla/files/overlays/nova/node0: overlay.no_host warning", "environments/kolla/images.yml: environment.file_empty error",
                "environments/kolla/playbook-x.yml:3 yaml.duplicate_key warning", "environments/kolla/secrets.yml: variables.sealed error",
                "environments/secrets.yml: environment.file_missing error", "netbox/resources/100-a.yml:2 yaml.broken error", "inventory/10-custom:2 host.not_generic warning",
            ],
            findings.Select(finding => $"{finding.File}:{finding.Line} {finding.Code} {finding.Severity}"));
        Assert.Contains("nearest: node-0", findings.Single(finding => finding.Code == "overlay.no_host").Message, StringComparison.Ordinal);
        using var run = new CliRun();
        File.CreateSymbolicLink(Path.Combine(run.Home, "osismd.sock"), _manager.Home.Socket);
        Assert.Equal(ExitCode.Configuration, await run.Start("configuration", "check", "--format", "csv"));
        Assert.StartsWith("file,line,code,message\nenvironments/ceph.east/configuration.yml,,variables.sealed,", run.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<InventoryFindingInfo>> CheckAsync() => (await _manager.GetAsync(ApiRoutes.ConfigurationCheck, OsismJson.Default.PageInventoryFindingInfo)).Items;

    private static string Vault(string text) => Encoding.UTF8.GetString(AnsibleVault.Encrypt(Encoding.UTF8.GetBytes(text), "pass"));

    private void Write(string name, string text)
    {
        var path = Path.Combine(_manager.Repository, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
