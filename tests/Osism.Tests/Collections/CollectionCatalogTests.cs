using Microsoft.Extensions.DependencyInjection;
using Osism.Daemon.Collections;
using Osism.Daemon.Platform;
using Osism.Tests.Ansible;

namespace Osism.Tests.Collections;

/// <summary>The collections there are, and how one is told from a role.</summary>
public sealed class CollectionCatalogTests : IAsyncLifetime
{
    private Pod _pod = null!;
    private CollectionCatalog _catalog = null!;

    public async ValueTask InitializeAsync()
    {
        _pod = await Pod.CreateAsync();
        _catalog = ActivatorUtilities.CreateInstance<CollectionCatalog>(_pod.Services);
    }

    public ValueTask DisposeAsync() => _pod.DisposeAsync();

    /// <remarks>Names, roles and depths of the trees at python-osism d8115a7f.</remarks>
    [Theory]
    [InlineData("nutshell", 39, 7)]
    [InlineData("collection-bootstrap", 23, 7)]
    [InlineData("collection-infrastructure", 12, 3)]
    [InlineData("collection-kubernetes", 3, 2)]
    [InlineData("collection-openstack-core", 10, 4)]
    [InlineData("collection-openstack", 14, 4)]
    [InlineData("collection-ceph", 5, 5)]
    [InlineData("collection-monitoring", 3, 2)]
    [InlineData("cloudpod-infrastructure", 12, 3)]
    [InlineData("cloudpod-openstack", 12, 4)]
    [InlineData("cloudpod-ceph", 7, 6)]
    public void The_eleven_of_the_original_are_built_in(string name, int nodes, int depth)
    {
        var collection = _catalog.Require(name);

        Assert.Equal((nodes, depth), (collection.Nodes.Count, GraphOrder.Depths(collection.Nodes).Values.Max()));
        Assert.True(_catalog.IsCollection(name));
        Assert.Equal(11, _catalog.List().Count);
    }

    [Fact]
    public void Those_of_the_repository_come_beside_them_and_win_over_one_of_the_same_name()
    {
        _pod.Write("environments/collections.yml", "collections:\n  mine: {nodes: {ping: }}\n  nutshell: {nodes: {ping: }}\n");

        Assert.Equal(12, _catalog.List().Count);
        Assert.True(_catalog.IsCollection("mine"));
        Assert.Equal((CollectionSource.Repository, 1), (_catalog.Require("nutshell").Source, _catalog.Require("nutshell").Nodes.Count));

        _pod.Delete("environments/collections.yml");

        Assert.False(_catalog.IsCollection("mine"));
        Assert.Equal(39, _catalog.Require("nutshell").Nodes.Count);
    }

    [Fact]
    public void A_broken_collection_is_refused_with_file_and_line_and_an_unknown_one_with_the_nearest()
    {
        _pod.Write("environments/collections.yml", "collections:\n  mine:\n    nodes:\n      a: {after: [a]}\n");

        var broken = Assert.Throws<OsismException>(() => _catalog.Require("mine"));
        var unknown = Assert.Throws<OsismException>(() => _catalog.Require("nutshel"));

        Assert.Equal(("collection.broken", "environments/collections.yml", 4), (broken.Code.Code, broken.File, broken.Line));
        Assert.Equal(("collection.not_found", "nutshell"), (unknown.Code.Code, unknown.Nearest![0]));
    }

    [Fact]
    public void A_file_that_is_no_yaml_does_not_stand_in_the_way_of_a_role()
    {
        _pod.Write("environments/collections.yml", "collections: [");

        Assert.False(_catalog.IsCollection("ping"));
        Assert.Equal("yaml.broken", Assert.Throws<OsismException>(() => _catalog.IsCollection("mine")).Code.Code);
        Assert.Equal("yaml.broken", Assert.Throws<OsismException>(() => _catalog.Require("nutshell")).Code.Code);
    }
}
