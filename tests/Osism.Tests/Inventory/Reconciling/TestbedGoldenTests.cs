using Osism.Daemon.Inventory;
using Osism.Testing;
using Osism.Tests.Ansible;
using Osism.Tests.Inventory.Differential;

namespace Osism.Tests.Inventory.Reconciling;

/// <summary>The tree of groups of the testbed, as it is published. <c>./dev golden</c> writes it anew.</summary>
public sealed class TestbedGoldenTests(AnsibleOracle ansible) : IClassFixture<AnsibleOracle>
{
    private static readonly string Folder = Checkout.PathOf("tests", "Osism.Tests", "Inventory", "Reconciling", "testbed");

    [Fact]
    public async Task The_testbed_has_293_groups_and_this_tree()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Delete("inventory/hosts");
        foreach (var file in new[] { "10-custom", "20-roles", "99-overwrite" })
            pod.Write($"inventory/{file}", await File.ReadAllTextAsync(Path.Combine(Folder, file), TestContext.Current.CancellationToken));
        var state = await pod.Get<InventorySnapshots>().LookAsync("test", TestContext.Current.CancellationToken);

        // The tree that the real Ansible reads from what was published.
        var graph = (await ansible.AskAsync(["-i", state.Snapshot!.Path, "--graph"])).Output;
        var golden = Path.Combine(Folder, "graph.golden");
        if (Environment.GetEnvironmentVariable("OSISM_GOLDEN") == "write")
        {
            await File.WriteAllTextAsync(golden, graph, TestContext.Current.CancellationToken);
            return;
        }

        Assert.Equal(await File.ReadAllTextAsync(golden, TestContext.Current.CancellationToken), graph);
        Assert.Equal(293, state.Made.Groups);
        Assert.Equal(4, state.Made.Hosts);
        Assert.Null(state.Made.Fault);
    }
}
