using Osism.Daemon.Platform;
using Osism.Daemon.Setup;

namespace Osism.Tests.Setup;

public sealed class PodPlanTests
{
    private static readonly PodRequest Least = new() { Domain = "pod.example.org", Nodes = ["a=192.0.2.1", "b=192.0.2.2:compute"], InternalAddress = "192.0.2.9" };

    [Fact]
    public void What_was_not_said_is_the_usual()
    {
        var plan = PodPlan.Of(Least);

        Assert.Equal(("192.0.2.9", "192.0.2.0/24", "eth0", "UTC", "10.2.0", "dragon"), (plan.ExternalAddress, plan.Network, plan.Interface, plan.TimeZone, plan.Release.Version, plan.OperatorUser));
        Assert.Equal(["control", "compute", "network", "monitoring", "ceph-control", "ceph-resource", "manager"], plan.Nodes[0].Groups);
        Assert.Equal(["compute"], plan.Nodes[1].Groups);
        Assert.Equal(2, plan.TimeServers.Count);
    }

    [Fact]
    public void The_manager_is_the_first_node_or_the_one_that_is_named_or_a_machine_of_its_own()
    {
        Assert.Equal("a", ManagerOf(Least));
        Assert.Equal("b", ManagerOf(Least with { Manager = "b" }));
        Assert.Equal("b", ManagerOf(Least with { Nodes = ["a=192.0.2.1", "b=192.0.2.2:manager,compute"] }));
        Assert.Equal("m", ManagerOf(Least with { Manager = "m=192.0.2.3" }));

        static string ManagerOf(PodRequest request) => Assert.Single(PodPlan.Of(request).Nodes, node => node.Groups.Contains("manager", StringComparer.Ordinal)).Name;
    }

    [Fact]
    public void An_IPv6_address_stands_in_brackets_and_has_a_64_around_it()
    {
        var plan = PodPlan.Of(Least with { Nodes = ["a=[2001:DB8::1]:control"] });

        Assert.Equal(("2001:db8::1", "2001:db8::/64"), (plan.Nodes[0].Address, plan.Network));
    }

    [Theory]
    [InlineData("A=192.0.2.3", "'A' cannot be the name of a node")]
    [InlineData("compute=192.0.2.3", "'compute' is the name of a group")]
    [InlineData("c", "'c' is not NAME=ADDRESS")]
    [InlineData("c=192.0.2.300", "'192.0.2.300' is not an IP address")]
    [InlineData("c=192.0.2.3:web", "c cannot be in a group 'web'")]
    [InlineData("a=192.0.2.3", "the node a is named twice")]
    [InlineData("c=192.0.2.1", "the address 192.0.2.1 belongs to a and c")]
    [InlineData("c=192.0.2.9", "192.0.2.9 is the address of c")]
    public void A_node_that_cannot_be_is_refused(string node, string message) =>
        Assert.StartsWith(message, Assert.Throws<OsismException>(() => PodPlan.Of(Least with { Nodes = [.. Least.Nodes, node] })).Message, StringComparison.Ordinal);

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var message = Assert.Throws<OsismException>(() => PodPlan.Of(new PodRequest { Nodes = ["x"], TimeZone = "Mars", NameServers = ["dns"], Network = "net", Manager = "y" })).Message;

        Assert.All((string[])["--domain, --internal-address must be given", "'x' is not", "time zone 'Mars'", "'dns' is not an IP address", "'net' is not a network"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}
