using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Tests.Hosting;

namespace Osism.Tests.Inventory.Lint;

/// <summary>Lint by a manager, which knows the groups and defaults that it lays around the repository.</summary>
public sealed class RepositoryLintTests : IAsyncLifetime
{
    private Manager _manager = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" });
        File.Delete(Path.Combine(_manager.Repository, "inventory/hosts"));
        Write("20-roles", string.Concat(((string[])["generic", "manager", "monitoring", "control", "compute", "network", "ceph-control", "ceph-resource"]).Select(group => $"[{group}]\nnode-0\nnode-1\n")));
        Write("99-overwrite", "[haproxy:children]\nloadbalancer\n");
        Write("host_vars/node-0.yml", "ansible_connection: local\n");
    }

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task What_the_manager_brings_and_moves_counts_as_there()
    {
        Write("group_vars/keystone.yml", "mine: 1\n");
        Write("group_vars/generic/a.yml", "other: 1\n");
        Write("group_vars/generic.yml", "more: 1\n");
        Write("group_vars/all/zz.yml", "docker_registry: here\n");

        Assert.Empty(await LintAsync());
    }

    [Fact]
    public async Task What_is_wrong_is_named_by_its_place_in_the_repository()
    {
        Write("10-custom", "[web]\nnode-0 inline=1\nnode-2\n[web:vars]\nsection=1\n[empty]\n");
        Write("group_vars/web/a.yml", "section: 2\ntwice: 1\nnobody: 1\n");
        // It becomes web/999-web.yml, which Ansible reads before a.yml.
        Write("group_vars/web.yml", "twice: 2\n");
        Write("group_vars/web/b.orig", "twice: 3\n");
        Write("group_vars/keystnoe.yml", "mine: 1\n");
        Write("host_vars/node-0.yml", "inline: 2\nnobody: 2\n");
        Write("host_vars/node-2.yml", "nobody: 3\n");
        Write("host_vars/node-9.yml", "a: 1\n");

        Assert.Equal(
            [
                "inventory/10-custom:2 variables.shadowed", "inventory/10-custom:3 host.not_generic", "inventory/10-custom:5 variables.shadowed", "inventory/10-custom:6 group.unused",
                "inventory/group_vars/keystnoe.yml: variables.no_group", "inventory/group_vars/web.yml:1 variables.shadowed", "inventory/group_vars/web/a.yml:3 variables.shadowed",
                "inventory/group_vars/web/b.orig: variables.ignored", "inventory/host_vars/node-9.yml: variables.no_host",
            ],
            (await LintAsync()).Select(finding => $"{finding.File}:{finding.Line} {finding.Code}"));
    }

    [Fact]
    public async Task What_cannot_be_published_is_an_error()
    {
        Write("group_vars/generic.yml", "a: [\n");

        var finding = Assert.Single(await LintAsync(), one => one.Severity == "error");
        Assert.Equal(("inventory/group_vars/generic.yml", 2), (finding.File, finding.Line));
    }

    private async Task<IReadOnlyList<InventoryFindingInfo>> LintAsync() => (await _manager.GetAsync(ApiRoutes.InventoryLint, OsismJson.Default.PageInventoryFindingInfo)).Items;

    private void Write(string name, string text)
    {
        var path = Path.Combine(_manager.Repository, "inventory", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
