using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Testing;

namespace Osism.Tests.Inventory;

public sealed class LargePodTests
{
    [Fact]
    public void A_large_pod_has_the_sizes_it_says()
    {
        using var folder = new TempFolder();
        LargePod.Write(folder["inventory"], 20);

        var reading = InventoryReading.Read([folder["inventory"]], null, playbookIsNamed: false, AnsibleSettings.Default, VaultSecrets.None);

        Assert.Equal(20, reading.Inventory.Hosts.Count);
        Assert.Equal(LargePod.Groups, reading.Inventory.Groups.Count - 2);
        Assert.All(reading.Inventory.Hosts, host => Assert.Equal(LargePod.Variables, reading.Variables.Of(host).InOrder().Count()));
        Assert.Equal(3, reading.Patterns.Match("control").Count);
        Assert.DoesNotContain(reading.Findings, finding => finding.Code != FindingCodes.GroupName);
    }
}
