using Osism.Contracts;
using Osism.Daemon.Hosting;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;

namespace Osism.Tests.Hosting;

/// <summary>The words of <c>--roles</c>.</summary>
public sealed class DaemonRolesTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("all")]
    [InlineData("api, all")]
    public void Without_a_choice_all_roles_are_played(string? text)
    {
        var roles = DaemonRoles.Parse(text);

        Assert.True(roles.IsAll);
        Assert.True(roles.HasApi);
        Assert.Equal(WorkerQueues.All, roles.Queues.Names);
        Assert.Equal("osismd", roles.FileName);
    }

    [Theory]
    [InlineData("api", true, "", "osismd-api")]
    [InlineData("worker:kolla-ansible", false, "kolla-ansible", "osismd-worker-kolla-ansible")]
    [InlineData("worker:netbox,worker:netbox,worker:openstack", false, "netbox,openstack", "osismd-worker-netbox+worker-netbox+worker-openstack")]
    [InlineData(" beat , listener ", false, "", "osismd-beat+listener")]
    public void A_choice_is_played_and_nothing_else(string text, bool api, string queues, string file)
    {
        var roles = DaemonRoles.Parse(text);

        Assert.False(roles.IsAll);
        Assert.Equal((api, queues, file), (roles.HasApi, string.Join(',', roles.Queues.Names), roles.FileName));
    }

    [Fact]
    public void The_role_worker_is_one_of_every_queue() => Assert.Equal(WorkerQueues.All, DaemonRoles.Parse("worker").Queues.Names);

    [Theory]
    [InlineData("apy", "'apy'")]
    [InlineData("api,worker:nova,beet", "'worker:nova', 'beet'")]
    [InlineData(",", "use all")]
    public void What_is_no_role_is_named_with_those_there_are(string text, string named)
    {
        var refused = Assert.Throws<OsismException>(() => DaemonRoles.Parse(text));

        Assert.Equal(ErrorCodes.SettingsInvalid, refused.Code);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Contains("worker:kolla-ansible", refused.Message, StringComparison.Ordinal);
    }
}
