using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;
using Osism.Daemon.Services;
using Osism.Testing;

namespace Osism.Tests.Services;

/// <summary><c>catalog/services.yml</c>, and what a repository makes of it.</summary>
public sealed class ServiceCatalogTests : IDisposable
{
    private readonly PodFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_has_no_faults() => Assert.Empty(_folder.Catalog.Current().Faults);

    /// <remarks>Source: the chapter on the service architecture of the original's documentation.</remarks>
    [Theory]
    [InlineData("infrastructure", "ara homer netbox osism patchman phpmyadmin nexus")]
    [InlineData("monitoring", "elasticsearch fluentd grafana kibana netdata prometheus rsyslog")]
    [InlineData("shared", "haproxy keepalived mariadb memcached rabbitmq redis keycloak")]
    [InlineData("controller", "aodh ceilometer gnocchi barbican cinder cloudkitty designate glance heat horizon ironic keystone magnum manila mistral nova octavia placement rally senlin")]
    [InlineData("compute", "kvm qemu")]
    [InlineData("network", "ovn openvswitch")]
    [InlineData("storage", "ceph glusterfs")]
    public void Every_service_of_the_architecture_is_in_its_layer(string layer, string names)
    {
        var index = _folder.Catalog.Current();

        Assert.All(names.Split(' '), name => Assert.Equal(layer, index.Find(name)?.Layer));
    }

    [Theory]
    [InlineData("patchman", "patch-status")]
    [InlineData("elasticsearch", "opensearch")]
    [InlineData("kibana", "opensearch-dashboards")]
    [InlineData("keycloak", "k8s-keycloak-operator")]
    [InlineData("senlin", null)]
    [InlineData("rally", null)]
    public void What_is_retired_stays_with_what_took_its_place(string name, string? successor)
    {
        var service = _folder.Catalog.Current().Find(name)!;

        Assert.Equal((true, successor), (service.IsRetired, service.Successor));
        Assert.False(_folder.Look().IsWanted(service).Is);
    }

    /// <remarks>Roles of <c>catalog/roles.yml</c> that deploy something which goes on to run or is used; the others do something once.</remarks>
    [Theory]
    [InlineData("adminer cephclient cgit containerlab dnsdist dnsmasq homer httpd mirror netbird netbox nexus openstackclient phpmyadmin squid substation teleport wazuh-agent wireguard zuul")]
    [InlineData("gnmic kepler netdata opentelemetry-collector scaphandre zabbix-agent stepca traefik rsyslog frr tempest")]
    [InlineData("aodh barbican bifrost ceilometer cinder cloudkitty collectd common designate etcd glance gnocchi grafana hacluster heat horizon ironic iscsi keystone kolla-ceph-rgw kuryr letsencrypt loadbalancer")]
    [InlineData("magnum manila mariadb masakari memcached mistral multipathd neutron nova octavia opensearch openvswitch ovn placement prometheus rabbitmq redis skyline trove valkey watcher zun")]
    [InlineData("ceph ceph-bootstrap-dashboard kubernetes clusterapi kubectl k9s k8s-cert-manager k8s-cloudnative-pg k8s-headlamp k8s-keycloak-operator k8s-mariadb-operator k8s-memcached k8s-node-feature-discovery k8s-rabbitmq-operator")]
    public void Every_role_that_deploys_a_service_has_one(string roles)
    {
        var pod = _folder.Look();
        var deployed = pod.Index.Services.Select(service => pod.RoleOf(service)?.Role).ToHashSet(StringComparer.Ordinal);

        Assert.All(roles.Split(' '), role => Assert.Contains(role, deployed));
    }

    [Fact]
    public void Every_role_that_it_names_is_in_the_tables_of_roles_and_every_group_in_those_of_groups()
    {
        var pod = _folder.Look();
        var own = RoleNotes.Read(Checkout.PathOf("ansible", "osism-ansible", RoleNotes.File), Assert.Fail);
        var groups = Directory.EnumerateFiles(Checkout.PathOf("catalog", "inventory", "groups")).SelectMany(File.ReadLines)
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Trim('[', ']').Split(':')[0])
            .Concat(["manager", "generic", "monitoring", "compute"]).ToHashSet(StringComparer.Ordinal);
        foreach (var service in pod.Index.Services)
        {
            foreach (var role in (service.Deploy ?? []).Concat(service.Upgrade ?? []).Select(step => step.Role).Append(service.Role).OfType<string>())
            {
                Assert.True(pod.FindRole(role) is not null || own.ContainsKey(role), $"{service.Name}: there is no role {role}");
            }

            Assert.True(
                pod.RoleOf(service) is not null || service.HasNoRole || service.Name is "glusterfs" || own.ContainsKey(service.Name), $"{service.Name} has no role, and does not say so");
            Assert.All(service.Groups, group => Assert.Contains(group, groups));
        }
    }

    [Fact]
    public void Environment_and_runtime_are_those_of_the_role()
    {
        var pod = _folder.Look();

        Assert.Equal(("keystone", "kolla", RuntimeCatalog.Kolla), Of("keystone"));
        Assert.Equal(("ceph", "ceph", RuntimeCatalog.Ceph), Of("ceph"));
        Assert.Equal(("kolla-ceph-rgw", "kolla", RuntimeCatalog.Kolla), Of("ceph-rgw"));
        Assert.Equal(("homer", "infrastructure", RuntimeCatalog.Osism), Of("homer"));
        Assert.Equal(("kubernetes", "kubernetes", RuntimeCatalog.Kubernetes), Of("kubernetes"));
        Assert.Null(pod.RoleOf(pod.Index.Find("haproxy")!));

        (string Role, string Environment, string Runtime) Of(string name) =>
            pod.RoleOf(pod.Index.Find(name)!) is { } role ? (role.Role, role.Environment, role.Runtime) : default;
    }

    [Fact]
    public void URLs_follow_the_configuration()
    {
        var pod = _folder.Look();
        Assert.Null(Url("keystone"));

        _folder.Write("environments/configuration.yml", "domain: pod.example\nkolla_external_fqdn: other.example\n");
        _folder.Write("environments/kolla/configuration.yml", """
            kolla_internal_fqdn: "api-int.{{ domain }}"
            kolla_external_fqdn: "{{ kolla_internal_fqdn }}"
            kolla_enable_tls_external: "yes"
            keystone_public_port: 5555
            glance_api_port: "{{ 9000 + 1 }}"
            """);
        pod = _folder.Look();

        Assert.Equal("https://api-int.pod.example:5555", Url("keystone"));
        Assert.Equal("https://api-int.pod.example:9292", Url("glance"));
        Assert.Equal("http://api-int.pod.example:3000", Url("grafana"));
        Assert.Equal("http://127.0.0.1:8080", Url("homer"));
        _folder.Write("environments/infrastructure/configuration.yml", "homer_traefik: true\nhomer_fqdn: homer.pod.example\n");
        Assert.Equal("https://homer.pod.example", Url("homer"));

        string? Url(string name) => pod.Index.Find(name)!.Urls[0].Texts.Select(text => text.Resolve(pod.ScopeOf(pod.Index.Find(name)!, null), out _)).FirstOrDefault(url => url is not null);
    }

    [Fact]
    public void Versions_are_those_of_the_configuration_and_secrets_are_none()
    {
        _folder.Write("environments/kolla/versions.yml", "kolla_keystone_version: 27.0.1\nkeystone_admin_password: geheim\nbad: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n");
        var pod = _folder.Look();
        var keystone = pod.Index.Find("keystone")!;

        Assert.Equal("27.0.1", pod.Find(keystone, "kolla_keystone_version", null));
        Assert.Null(pod.Find(keystone, "keystone_admin_password", null));
        Assert.Null(pod.Find(keystone, "bad", null));
        Assert.Null(pod.Find(keystone, "nothing", null));
    }

    [Fact]
    public void The_configuration_switches_services_on_and_off()
    {
        Assert.Equal((true, false), (IsWanted("horizon"), IsWanted("heat")));

        _folder.Write("environments/kolla/configuration.yml", "enable_heat: true\nenable_horizon: \"no\"\nenable_ceph_rgw: yes\n");

        Assert.Equal((false, true, true), (IsWanted("horizon"), IsWanted("heat"), IsWanted("ceph-rgw")));
        Assert.Equal("enable_horizon is false", _folder.Look().IsWanted(_folder.Look().Index.Find("horizon")!).Why);

        bool IsWanted(string name) => _folder.Look() is var pod && pod.IsWanted(pod.Index.Find(name)!).Is;
    }

    [Fact]
    public void The_file_of_the_repository_is_read_again_when_it_changes()
    {
        _folder.Write("environments/services.yml", "services: {shop: {layer: controller}, zuul: {enabled: false}}\n");
        Assert.NotNull(_folder.Catalog.Current().Find("shop"));
        Assert.Null(_folder.Catalog.Current().Find("zuul"));

        _folder.Write("environments/services.yml", "services: {\n");
        var broken = _folder.Catalog.Current();

        Assert.Equal("environments/services.yml", Assert.Single(broken.Faults).File);
        Assert.Null(broken.Find("shop"));
        Assert.NotNull(broken.Find("zuul"));
    }

    [Fact]
    public void An_unknown_service_is_refused_with_the_nearest()
    {
        var refusal = Assert.Throws<OsismException>(() => ServiceCatalog.Require(_folder.Catalog.Current(), "keyston"));

        Assert.Equal(ErrorCodes.ServiceUnknown, refusal.Code);
        Assert.Contains("did you mean keystone", refusal.Message, StringComparison.Ordinal);
    }
}
