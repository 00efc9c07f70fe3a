using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;
using Osism.Tests.Ansible;

namespace Osism.Tests.Runtimes;

/// <summary>Where a role leads.</summary>
public sealed class RunRouterTests
{
    [Theory]
    // role, -e, --overwrite, --sub -> runtime, queue, environment, sub, play
    [InlineData("ping", null, null, null, "osism-ansible osism-ansible generic - ping")]
    [InlineData("ping", "custom", null, null, "custom osism-ansible custom - ping")]
    [InlineData("ping", null, "manager", null, "osism-ansible osism-ansible manager - ping")]
    [InlineData("ping", null, null, "zone-a", "osism-ansible osism-ansible generic - ping")]
    [InlineData("ceph", null, null, null, "ceph-ansible ceph-ansible ceph - ceph")]
    [InlineData("ceph", "generic", null, null, "ceph-ansible ceph-ansible ceph - ceph")]
    [InlineData("ceph", null, null, "test", "ceph-ansible ceph-ansible ceph test ceph")]
    [InlineData("ceph-pools", null, null, null, "ceph-ansible ceph-ansible ceph - pools")]
    [InlineData("ceph-pools", null, "generic", null, "ceph-ansible ceph-ansible ceph - pools")]
    [InlineData("facts", "ceph", null, null, "ceph-ansible ceph-ansible ceph - facts")]
    [InlineData("validate-ceph-mons", null, null, null, "osism-ansible osism-ansible ceph - validate-ceph-mons")]
    [InlineData("k9s", null, null, "x", "osism-kubernetes osism-kubernetes kubernetes x k9s")]
    [InlineData("kubernetes", null, null, null, "osism-kubernetes osism-kubernetes kubernetes - kubernetes")]
    [InlineData("nova", null, null, "zone-a", "kolla-ansible kolla-ansible kolla zone-a nova")]
    [InlineData("nova", "kolla.zone-a", null, null, "kolla-ansible kolla-ansible kolla zone-a nova")]
    [InlineData("kolla-ceph-rgw", null, null, null, "kolla-ansible kolla-ansible kolla - ceph-rgw")]
    [InlineData("kolla-facts", null, null, null, "kolla-ansible kolla-ansible kolla - facts")]
    [InlineData("facts", "kolla", null, null, "osism-ansible osism-ansible kolla - facts")]
    [InlineData("common", null, null, null, "kolla-ansible kolla-ansible kolla - common")]
    [InlineData("stepca", null, null, null, "osism-ansible osism-ansible kolla - stepca")]
    [InlineData("validate-kolla-connectivity", null, null, "zone-a", "osism-ansible osism-ansible kolla zone-a validate-kolla-connectivity")]
    [InlineData("mariadb-backup", null, null, null, "kolla-ansible kolla-ansible kolla - mariadb")]
    [InlineData("mariadb_backup", null, null, null, "kolla-ansible kolla-ansible kolla - mariadb")]
    [InlineData("keystone,nova", null, null, null, "kolla-ansible kolla-ansible kolla - keystone,nova")]
    [InlineData("ceph-mons,ceph-osds", null, null, null, "ceph-ansible ceph-ansible ceph - mons,osds")]
    [InlineData("mine", null, null, null, "custom osism-ansible custom - mine")]
    [InlineData("theirs", null, null, null, "osism-ansible osism-ansible openstack - theirs")]
    [InlineData("traefik", null, null, null, "osism-ansible osism-ansible manager - traefik")]
    [InlineData("reboot", null, null, null, "osism-ansible osism-ansible generic - reboot")]
    public async Task Follows_the_order_of_decisions(string role, string? environment, string? overwrite, string? sub, string expected)
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/custom/playbook-mine.yml", Pod.Play);
        pod.Write("environments/openstack/playbook-theirs.yml", Pod.Play);
        pod.Write(pod.Root("runtimes/osism-ansible/manager/reboot.yml"), Pod.Play);
        var route = pod.Composer.Route(new RunRequest(role) { Environment = environment, Overwrite = overwrite, Sub = sub });
        Assert.Equal(expected, $"{route.Runtime} {route.Queue} {route.Environment} {route.Sub ?? "-"} {route.Role}");
    }

    [Theory]
    [InlineData("nova", null, "", "deploy", "-e kolla_action=deploy")]
    [InlineData("nova", "pull", "-l node-0", "pull", "-e kolla_action=pull -l node-0")]
    [InlineData("nova", "stop", "-v", "stop", "-e kolla_action=stop -v -e kolla_action_stop_ignore_missing=true")]
    [InlineData("nova", null, "-e kolla_action=stop", "stop", "-e kolla_action=deploy -e kolla_action=stop -e kolla_action_stop_ignore_missing=true")]
    [InlineData("nova", "stop", "-e kolla_action=pull", "pull", "-e kolla_action=stop -e kolla_action=pull")]
    [InlineData("mariadb-backup", "deploy", "-e kolla_action=deploy -e my_kolla_action=x", "backup", "-e kolla_action=backup -e kolla_action=backup -e my_kolla_action=x")]
    [InlineData("stepca", "stop", "-v", null, "-v")]
    [InlineData("ping", "stop", "-v", null, "-v")]
    public async Task The_action_is_for_plays_of_kolla(string role, string? action, string arguments, string? effective, string expected)
    {
        await using var pod = await Pod.CreateAsync();
        var route = pod.Composer.Route(new RunRequest(role) { Action = action, Arguments = arguments.Length == 0 ? [] : arguments.Split(' ') });
        Assert.Equal(effective, route.Action);
        Assert.Equal(expected, string.Join(' ', route.Arguments));
    }

    [Theory]
    [InlineData("facts", true)]
    [InlineData("gather-facts", true)]
    [InlineData("ping", true)]
    [InlineData("reboot", false)]
    [InlineData("kolla-facts", false)]
    public async Task Only_harmless_roles_may_be_repeated_by_themselves(string role, bool idempotent)
    {
        await using var pod = await Pod.CreateAsync();
        Assert.Equal(idempotent, pod.Composer.Route(new RunRequest(role)).Idempotent);
    }

    [Theory]
    [InlineData("../ping", null, null, null)]
    [InlineData("a/b", null, null, null)]
    [InlineData("", null, null, null)]
    [InlineData("-x", null, null, null)]
    [InlineData("ping\n", null, null, null)]
    [InlineData("ping", "../x", null, null)]
    [InlineData("ping", null, "a/b", null)]
    [InlineData("nova", null, null, "..")]
    [InlineData("ping,facts", null, null, null)]
    [InlineData("nova,ping", null, null, null)]
    [InlineData("nova,", null, null, null)]
    public async Task Names_that_lead_out_of_their_folder_and_mixed_lists_are_refused(string role, string? environment, string? overwrite, string? sub)
    {
        await using var pod = await Pod.CreateAsync();
        var refused = Assert.Throws<OsismException>(() => pod.Composer.Route(new RunRequest(role) { Environment = environment, Overwrite = overwrite, Sub = sub }));
        Assert.Equal(ErrorCodes.RequestInvalid, refused.Code);
    }

    [Fact]
    public async Task An_unknown_action_is_refused()
    {
        await using var pod = await Pod.CreateAsync();
        var refused = Assert.Throws<OsismException>(() => pod.Composer.Route(new RunRequest("nova") { Action = "delpoy" }));
        Assert.Equal(ErrorCodes.RequestInvalid, refused.Code);
        Assert.Equal("deploy", refused.Nearest![0]);
    }

    [Fact]
    public async Task A_table_of_a_runtime_wins_and_a_broken_one_is_left_out()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write(pod.Root("home/interface/playbooks/osism-ansible.yml"), "ping: monitoring\nnewcomer: manager\n");
        pod.Write(pod.Root("home/interface/playbooks/kolla-ansible.yml"), "nova: [\n");
        Assert.Equal("monitoring", pod.Composer.Route(new RunRequest("ping")).Environment);
        Assert.Equal("manager", pod.Composer.Route(new RunRequest("newcomer")).Environment);
        Assert.Equal("kolla", pod.Composer.Route(new RunRequest("nova")).Environment);
    }

    [Fact]
    public async Task Lists_what_can_be_run_here()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/custom/playbook-mine.yml", Pod.Play);
        var roles = pod.Composer.ListRoles();
        Assert.Equal(
            [
                "ceph-ceph ceph ceph-ansible runtime", "ceph-pools ceph ceph-ansible runtime", "configuration manager osism-ansible runtime",
                "facts generic osism-ansible runtime", "flavors openstack osism-ansible runtime", "k9s kubernetes osism-kubernetes runtime",
                "keystone kolla kolla-ansible runtime", "kolla-facts kolla kolla-ansible runtime", "mariadb kolla kolla-ansible runtime",
                "mine custom custom repository", "netbox infrastructure osism-ansible runtime", "netdata monitoring osism-ansible runtime",
                "nova kolla kolla-ansible runtime", "ping generic osism-ansible runtime", "stepca kolla osism-ansible runtime",
                "validate-ceph-mons ceph osism-ansible runtime",
            ],
            roles.Select(role => $"{role.Role} {role.Environment} {role.Runtime} {role.Source}"));

        pod.Write("environments/custom/playbook-second.yml", Pod.Play);
        Assert.Contains(pod.Composer.ListRoles(), role => role.Role == "second");
    }
}
