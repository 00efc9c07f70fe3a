using Osism.Daemon.Drift;
using Osism.Tests.Services;

namespace Osism.Tests.Drift;

/// <summary>Whose a container is and which tag it should have, by the catalogue and by what a repository says.</summary>
public sealed class WantedTagTests : IDisposable
{
    private readonly PodFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("nova_api", "nova")]
    [InlineData("nova_libvirt", "nova")]
    [InlineData("keystone", "keystone")]
    [InlineData("keystone_fernet", "keystone")]
    [InlineData("opensearch", "opensearch")]
    [InlineData("opensearch_dashboards", "opensearch-dashboards")]
    [InlineData("prometheus_server", "prometheus")]
    [InlineData("prometheus_alertmanager", "alertmanager")]
    [InlineData("prometheus_node_exporter", "prometheus-node-exporter")]
    [InlineData("ironic_conductor", "ironic")]
    [InlineData("ironic_neutron_agent", "neutron")]
    [InlineData("kolla_toolbox", "common")]
    [InlineData("ceph-osd-3", "ceph")]
    [InlineData("cephclient", "cephclient")]
    [InlineData("netbox-redis", "netbox")]
    [InlineData("redis_sentinel", "redis")]
    [InlineData("somebody-elses", null)]
    public void A_container_belongs_to_the_service_that_names_it_most_closely(string container, string? service) =>
        Assert.Equal(service, new ContainerOwners(_folder.Catalog.Current()).Find(container)?.Service.Name);

    [Theory]
    [InlineData("nova_api", "openstack_version: 2025.1", "2025.1")]
    [InlineData("nova_api", "openstack_version: 2025.1\nkolla_image_version: 0.20260814.0", "0.20260814.0")]
    [InlineData("nova_api", "kolla_image_version: 1\nkolla_nova_version: 2", "2")]
    [InlineData("nova_api", "kolla_nova_version: 2\nnova_tag: 3", "3")]
    [InlineData("nova_api", "nova_tag: 3\nnova_api_tag: 4", "4")]
    [InlineData("nova_scheduler", "nova_tag: 3\nnova_api_tag: 4", "3")]
    [InlineData("nova_libvirt", "kolla_nova_version: 2\nkolla_nova_libvirt_version: 9", "9")]
    [InlineData("kolla_toolbox", "kolla_common_version: 5\nopenstack_version: 6", "5")]
    [InlineData("cron", "kolla_common_version: 5\nkolla_cron_version: 6", "6")]
    [InlineData("fluentd", "kolla_fluentd_version: 6", "6")]
    [InlineData("glance_tls_proxy", "glance_tag: 1\nkolla_haproxy_version: 2", "2")]
    [InlineData("horizon", "openstack_release: '{{ openstack_version }}'\nopenstack_version: 2025.1", "2025.1")]
    [InlineData("homer", "homer_tag: v26.4.2", "v26.4.2")]
    [InlineData("homer", "homer_tag: v1\nhomer_image: registry.example:5000/homer:v2", "v2")]
    [InlineData("netbox-redis", "netbox_tag: v4.1\nnetbox_redis_tag: 7-alpine", "7-alpine")]
    [InlineData("openstackclient", "openstackclient_version: 2025.1", "2025.1")]
    [InlineData("ceph-mon-node-0", "ceph_image_version: v18", "v18")]
    public void The_closest_variable_says_which_tag_is_wanted(string container, string variables, string tag)
    {
        _folder.Write("environments/configuration.yml", variables + "\n");

        Assert.Equal(new WantedTag(tag, null), Wanted(container));
    }

    [Theory]
    [InlineData("homer", "homer_host: x", "the configuration says nothing of homer_image, homer_tag")]
    [InlineData("netbox-redis", "netbox_tag: v4.1", "the configuration says nothing of netbox_redis_image, netbox_redis_tag")]
    [InlineData("nova_api", "nova_tag: \"{{ openstack_version ~ '-x' }}\"\nopenstack_version: 2025.1", "nova_tag takes Ansible to find out: give it a plain value")]
    [InlineData("homer", "homer_image: homer@sha256:01", "homer@sha256:01 is wanted, which names no tag")]
    [InlineData("pos", "homer_tag: v1", "the catalogue names no variable with the version of till: 'version' or 'containers' in environments/services.yml does")]
    public void What_nobody_can_say_is_not_guessed(string container, string variables, string reason)
    {
        _folder.Write("environments/configuration.yml", variables + "\n");
        _folder.Write("environments/services.yml", "texts: {tag_custom: \"{version}\"}\nservices: {till: {layer: shared, environment: custom, containers: [pos]}}\n");

        Assert.Equal(new WantedTag(null, reason), Wanted(container));
    }

    [Fact]
    public void A_repository_says_it_for_its_own_services_and_in_the_place_of_the_catalogue()
    {
        _folder.Write("environments/configuration.yml", "shop_release: 7\nopenstack_version: 2025.1\n");
        _folder.Write("environments/services.yml", """
            services:
              till: {layer: shared, containers: {till-*: "{shop_release}.1", till-db: "{'16-alpine'}"}}
              nova: {containers: {nova_*: ~, nova_ssh: "{shop_release}"}}
            """);

        Assert.Equal("7.1", Wanted("till-web").Tag);
        Assert.Equal("16-alpine", Wanted("till-db").Tag);
        Assert.Equal("7", Wanted("nova_ssh").Tag);
        Assert.Equal("2025.1", Wanted("nova_api").Tag);
    }

    private WantedTag Wanted(string container)
    {
        var pod = _folder.Look();
        var owner = new ContainerOwners(pod.Index).Find(container)!;
        return WantedTag.Of(pod, owner.Service, owner.Rule, null, container);
    }
}
