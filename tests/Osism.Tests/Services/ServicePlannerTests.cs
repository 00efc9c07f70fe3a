using Osism.Contracts.Services;
using Osism.Daemon.Collections;
using Osism.Daemon.Platform;
using Osism.Daemon.Services;

namespace Osism.Tests.Services;

/// <summary>Plans that deploy and upgrade services.</summary>
public sealed class ServicePlannerTests : IDisposable
{
    private readonly PodFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_whole_pod_is_one_graph_in_which_each_stands_behind_all_it_requires()
    {
        var plan = Plan(new PlanServices { Action = "deploy" });
        var nodes = plan.Graph.Nodes;
        var place = nodes.Index().ToDictionary(node => node.Item.Name, node => node.Index, StringComparer.Ordinal);

        Assert.Null(GraphOrder.FindFault(nodes, 1));
        Assert.Equal(nodes, GraphOrder.Sort(nodes).OrderBy(node => place[node.Name]));
        Assert.All(nodes, node => Assert.All(node.After, parent => Assert.True(place[parent] < place[node.Name])));
        Assert.All(
            new[] { "common", "loadbalancer", "mariadb", "rabbitmq", "openvswitch", "ovn", "ceph", "keystone", "neutron", "nova", "octavia", "grafana" }, name => Assert.Contains(name, place.Keys));
        Assert.All(new[] { "heat", "zuul", "senlin", "haproxy", "manager" }, name => Assert.DoesNotContain(name, place.Keys));
        Assert.True(place["common"] < place["mariadb"] && place["mariadb"] < place["keystone"] && place["keystone"] < place["nova"] && place["nova"] < place["octavia"]);
        Assert.Empty(plan.LeftOut);
    }

    [Fact]
    public void Images_of_kolla_are_pulled_first_and_nothing_waits_to_be_pulled()
    {
        var nodes = Plan(new PlanServices { Action = "deploy", Names = ["keystone", "homer", "mariadb"] }).Graph.Nodes;

        Assert.Equal(["homer", "pull-mariadb", "mariadb", "pull-keystone", "keystone"], nodes.Select(node => node.Name));
        Assert.Equal(("mariadb", "pull"), (nodes[1].Role, nodes[1].Action));
        Assert.Empty(nodes[1].After);
        Assert.Equal(["mariadb", "pull-keystone"], nodes[4].After);
        Assert.Null(nodes[4].Action);
        Assert.Equal(["mariadb", "keystone"], Plan(new PlanServices { Action = "deploy", Names = ["keystone", "mariadb"], NoPull = true }).Graph.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void What_is_between_two_services_counts_although_it_is_not_in_the_plan()
    {
        var nodes = Plan(new PlanServices { Action = "deploy", Names = ["nova", "mariadb"], NoPull = true }).Graph.Nodes;

        Assert.Equal(["mariadb"], nodes.Single(node => node.Name == "nova").After);
    }

    [Fact]
    public void An_upgrade_goes_the_way_that_each_service_has()
    {
        var nodes = Plan(new PlanServices { Action = "upgrade", Names = ["keystone", "ceph", "octavia", "cephclient", "kubernetes"] }).Graph.Nodes;

        Assert.Equal(
            [
                "ceph-rolling_update - after ", "cephclient - after ceph", "keystone pull after ", "keystone upgrade after pull-keystone", "octavia pull after ",
                "octavia bootstrap after keystone,cephclient,pull-octavia", "octavia upgrade after octavia-bootstrap", "k3s-upgrade - after ",
            ],
            nodes.Select(node => $"{node.Role} {node.Action ?? "-"} after {string.Join(',', node.After)}"));
        Assert.Equal(["-e", "ireallymeanit=yes"], nodes[0].Arguments);
        Assert.Equal(["ceph", "cephclient", "pull-keystone", "keystone", "pull-octavia", "octavia-bootstrap", "octavia-upgrade", "kubernetes"], nodes.Select(node => node.Name));
    }

    [Fact]
    public void Steps_of_a_deployment_follow_each_other()
    {
        var nodes = Plan(new PlanServices { Action = "deploy", Names = ["ceph", "cephclient"] }).Graph.Nodes;

        Assert.Equal(["ceph ", "ceph-pools ceph", "copy-ceph-keys ceph-pools", "cephclient copy-ceph-keys"], nodes.Select(node => $"{node.Name} {string.Join(',', node.After)}"));
    }

    [Fact]
    public void A_plan_can_be_of_one_layer_and_begin_anywhere()
    {
        var layer = Plan(new PlanServices { Action = "deploy", Layer = "shared", NoPull = true });
        var from = Plan(new PlanServices { Action = "deploy", From = "neutron", NoPull = true });

        Assert.Equal(["common", "loadbalancer", "redis", "memcached", "rabbitmq", "mariadb"], layer.Graph.Nodes.Select(node => node.Name));
        Assert.Equal(["neutron", "nova", "octavia-certificates", "copy-octavia-certificates", "octavia"], from.Graph.Nodes.Select(node => node.Name).Where(name => name is not "horizon" and not "ceph-dashboard"));
        Assert.Equal("services-deploy", from.Graph.Name);
        Assert.Equal(["nova"], Plan(new PlanServices { Action = "deploy", From = "neutron", Names = ["nova", "keystone"], NoPull = true }).Graph.Nodes.Select(node => node.Name));
        Assert.Equal("heat", Plan(new PlanServices { Action = "deploy", From = "heat", NoPull = true }).Graph.Nodes[0].Name);
    }

    [Fact]
    public void A_service_that_comes_with_another_is_deployed_with_it()
    {
        Assert.Equal(["loadbalancer"], Plan(new PlanServices { Action = "deploy", Names = ["haproxy", "keepalived"], NoPull = true }).Graph.Nodes.Select(node => node.Name));
        Assert.Equal("nova", Plan(new PlanServices { Action = "deploy", From = "kvm", NoPull = true }).Graph.Nodes[0].Name);
    }

    [Fact]
    public void What_the_configuration_switches_off_is_left_out_and_said()
    {
        _folder.Write("environments/kolla/configuration.yml", "enable_redis: false\nenable_valkey: true\n");

        var plan = Plan(new PlanServices { Action = "deploy", Layer = "shared", NoPull = true });

        Assert.Equal(["common", "loadbalancer", "valkey", "memcached", "rabbitmq", "mariadb"], plan.Graph.Nodes.Select(node => node.Name));
        Assert.Equal(new LeftOutServiceInfo("redis", "enable_redis is false"), Assert.Single(plan.LeftOut));
    }

    [Fact]
    public void A_service_that_is_wanted_and_has_no_role_is_left_out_and_said()
    {
        _folder.Write("environments/services.yml", "services: {shop: {layer: shared}, till: {layer: shared, role: ~}}\n");

        Assert.Equal(new LeftOutServiceInfo("shop", "no role deploys it"), Assert.Single(Plan(new PlanServices { Action = "deploy", Layer = "shared" }).LeftOut));
    }

    [Theory]
    [InlineData("destroy", null, null, null, "the action is 'destroy'")]
    [InlineData("deploy", "nothing", null, null, "there is no service 'nothing'")]
    [InlineData("deploy", "patchman", null, null, "it is retired; patch-status took its place")]
    [InlineData("deploy", "glusterfs", null, null, "no role deploys glusterfs")]
    [InlineData("deploy", null, "cellar", null, "there is no layer 'cellar'; there are infrastructure,")]
    [InlineData("deploy", null, null, "nothing", "there is no service 'nothing'")]
    [InlineData("deploy", null, "kubernetes", null, "there is nothing to deploy: no service that is wanted is meant")]
    [InlineData("upgrade", "ceph-dashboard", null, null, "there is nothing to upgrade: ceph-dashboard: there is nothing to upgrade")]
    public void What_makes_no_plan_is_refused(string action, string? name, string? layer, string? from, string message)
    {
        var refusal = Assert.Throws<OsismException>(() => Plan(new PlanServices { Action = action, Names = name is null ? [] : [name], Layer = layer, From = from }));

        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    private ServicePlan Plan(PlanServices request) => ServicePlanner.Plan(_folder.Look(), request);
}
