using Osism.Daemon.Ansible;
using Osism.Daemon.Runtimes;

namespace Osism.Tests.Ansible;

/// <summary>The object that is executed, for every environment.</summary>
public sealed class RunComposerTests
{
    // E = environments, R = runtimes, G = global files, all shortened for reading.
    [Theory]
    [InlineData("ping", null, null, "generic", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/generic/secrets.yml -e @E/generic/images.yml -e @E/generic/configuration.yml -l node-0 R/osism-ansible/generic/ping.yml")]
    [InlineData("facts", null, null, "generic", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/generic/secrets.yml -e @E/generic/images.yml -e @E/generic/configuration.yml -l node-0 R/osism-ansible/generic-facts.yml")]
    [InlineData("netbox", null, null, "infrastructure", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/monitoring/configuration.yml -e @E/monitoring/secrets.yml -e @E/infrastructure/secrets.yml -e @E/infrastructure/images.yml -e @E/infrastructure/configuration.yml -l node-0 R/osism-ansible/infrastructure/netbox.yml")]
    [InlineData("configuration", null, null, "manager", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/manager/secrets.yml -e @E/manager/images.yml -e @E/manager/configuration.yml -l node-0 R/osism-ansible/manager/configuration.yml")]
    [InlineData("netdata", null, null, "monitoring", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/monitoring/secrets.yml -e @E/monitoring/images.yml -e @E/monitoring/configuration.yml -l node-0 R/osism-ansible/monitoring/netdata.yml")]
    [InlineData("flavors", null, null, "openstack", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/openstack/secrets.yml -e @E/openstack/images.yml -e @E/openstack/configuration.yml -l node-0 R/osism-ansible/openstack/flavors.yml")]
    [InlineData("nova", null, null, "kolla", "ansible-playbook -e CONFIG_DIR=E/kolla -e @E/configuration.yml -e @E/secrets.yml -e @E/kolla/secrets.yml -e @E/kolla/images.yml -e @E/kolla/configuration.yml -e kolla_action=deploy -l node-0 R/kolla-ansible/kolla-nova.yml")]
    [InlineData("nova", null, "zone-a", "kolla.zone-a", "ansible-playbook -e CONFIG_DIR=E/kolla.zone-a -e @E/configuration.yml -e @E/secrets.yml -e @E/kolla.zone-a/secrets.yml -e @E/kolla.zone-a/images.yml -e @E/kolla.zone-a/configuration.yml -e kolla_action=deploy -l node-0 R/kolla-ansible/kolla-nova.yml")]
    [InlineData("stepca", null, null, "kolla", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/kolla/secrets.yml -e @E/kolla/images.yml -e @E/kolla/configuration.yml -l node-0 R/osism-ansible/kolla/stepca.yml")]
    [InlineData("ceph", null, null, "ceph", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/ceph/secrets.yml -e @E/ceph/images.yml -e @E/ceph/configuration.yml --skip-tags=with_pkg -l node-0 R/ceph-ansible/ceph-ceph.yml")]
    [InlineData("ceph-pools", null, "test", "ceph.test", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/ceph.test/secrets.yml -e @E/ceph.test/images.yml -e @E/ceph.test/configuration.yml --skip-tags=with_pkg -l node-0 R/ceph-ansible/ceph-pools.yml")]
    [InlineData("validate-ceph-mons", null, null, "ceph", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/ceph/secrets.yml -e @E/ceph/images.yml -e @E/ceph/configuration.yml -l node-0 R/osism-ansible/ceph/validate-ceph-mons.yml")]
    [InlineData("k9s", null, null, "kubernetes", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/kubernetes/secrets.yml -e @E/kubernetes/images.yml -e @E/kubernetes/configuration.yml -l node-0 R/osism-kubernetes/kubernetes-k9s.yml")]
    [InlineData("hello", null, null, "custom", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/custom/secrets.yml -e @E/custom/images.yml -e @E/custom/configuration.yml -l node-0 E/custom/playbook-hello.yml")]
    [InlineData("ping", "infrastructure", null, "infrastructure", "ansible-playbook -e @E/configuration.yml -e @E/secrets.yml -e @E/monitoring/configuration.yml -e @E/monitoring/secrets.yml -e @E/infrastructure/secrets.yml -e @E/infrastructure/images.yml -e @E/infrastructure/configuration.yml -l node-0 E/infrastructure/playbook-ping.yml")]
    public async Task Arguments_follow_the_run_script_of_each_environment(string role, string? environment, string? sub, string folder, string expected)
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/custom/playbook-hello.yml", Pod.Play);
        pod.Write("environments/infrastructure/playbook-ping.yml", Pod.Play);
        foreach (var name in new[] { "kolla.zone-a", "ceph.test" })
        {
            foreach (var file in new[] { "configuration", "images", "secrets" })
                pod.Write($"environments/{name}/{file}.yml", "dummy: x\n");
        }

        var run = await pod.ComposeAsync(new RunRequest(role) { Environment = environment, Sub = sub, Arguments = ["-l node-0"] });

        Assert.Equal(expected, Short(pod, run.Plan.Argv));
        Assert.Equal(pod.Path($"environments/{folder}"), run.Plan.Cwd);
        Assert.Equal(run.Plan.Argv[^1], run.Plan.Playbook);
        Assert.True(File.Exists(run.Plan.Playbook));
        Assert.Equal(folder.Split('.')[0], run.Plan.Env["ENVIRONMENT"]);
        Assert.Equal(sub is null ? null : folder, run.Plan.Env.GetValueOrDefault("SUB"));
        Assert.Equal(run.Plan.ExtraVarsFiles, run.Plan.Argv.Where(argument => argument.StartsWith('@')).Select(argument => argument[1..]));
    }

    [Fact]
    public async Task The_environment_of_a_run_is_complete_and_nothing_else_is_inherited()
    {
        await using var pod = await Pod.CreateAsync(new Dictionary<string, string>
        {
            ["SECRET_OF_THE_DAEMON"] = "x",
            ["ANSIBLE_VERBOSITY"] = "1",
            ["ANSIBLE_CONFIG"] = "/elsewhere",
            ["ANSIBLE_ASK_PASS"] = "1",
            ["https_proxy"] = "http://proxy:3128",
        });

        var run = await pod.ComposeAsync("ping");

        var user = pod.Get<RunUser>();
        var env = run.Plan.Env.ToDictionary(pair => pair.Key, pair => pair.Value.Replace(pod.Root("x")[..^2], "T", StringComparison.Ordinal));
        var callbacks = env["ANSIBLE_CALLBACK_PLUGINS"];
        env.Remove("ANSIBLE_CALLBACK_PLUGINS");
        Assert.EndsWith("/callback_plugins:/usr/share/ansible/plugins/callback", callbacks, StringComparison.Ordinal);
        Assert.Equal(
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                ["HOME"] = user.Home,
                ["USER"] = user.Name,
                ["LOGNAME"] = user.Name,
                ["LANG"] = "C.UTF-8",
                ["LC_ALL"] = "C.UTF-8",
                ["PYTHONUNBUFFERED"] = "1",
                ["PY_COLORS"] = "1",
                ["ANSIBLE_FORCE_COLOR"] = "1",
                ["ANSIBLE_VERBOSITY"] = "1",
                ["ANSIBLE_RETRY_FILES_ENABLED"] = "0",
                ["ANSIBLE_SSH_RETRIES"] = "2",
                ["ANSIBLE_CALLBACKS_ENABLED"] = "osism_events,osism_patience",
                ["ANSIBLE_CACHE_PLUGIN"] = "jsonfile",
                ["ANSIBLE_CACHE_PLUGIN_CONNECTION"] = "T/home/cache/facts",
                ["ANSIBLE_HOME"] = "T/home/cache/ansible",
                ["ANSIBLE_LOCAL_TEMP"] = "T/home/cache/ansible/tmp",
                ["ANSIBLE_INVENTORY"] = "T/home/inventory/revisions/1",
                ["ANSIBLE_CONFIG"] = run.Plan.Env["ANSIBLE_CONFIG"].Replace(pod.Root("x")[..^2], "T", StringComparison.Ordinal),
                ["ANSIBLE_SSH_CONTROL_PATH_DIR"] = run.SshControlFolder,
                ["ENVIRONMENT"] = "generic",
                ["https_proxy"] = "http://proxy:3128",
                ["OSISM_ATTEMPT"] = "0198c0de-0000-7000-8000-000000000001.1",
                ["OSISM_EVENTS"] = "T/home/spool/0198c0de-0000-7000-8000-000000000001.1/events.ndjson",
            },
            new SortedDictionary<string, string>(env, StringComparer.Ordinal));
        Assert.True(run.SshControlFolder.Length + "/0123456789abcdef.0123456789abcdef".Length < 108);
    }

    [Fact]
    public async Task The_same_request_gives_the_same_plan_and_hash_and_a_changed_file_another_hash()
    {
        await using var pod = await Pod.CreateAsync();
        var first = await pod.ComposeAsync("ping");
        var second = await pod.ComposeAsync("ping");
        pod.Write("environments/generic/configuration.yml", "changed: 1\n");
        var third = await pod.ComposeAsync("ping");
        var fourth = await pod.ComposeAsync("ping", "-v");

        Assert.Equal(first.Plan.Argv, second.Plan.Argv);
        Assert.Equal(first.Plan.Env, second.Plan.Env);
        Assert.Equal(first.ConfigurationHash, second.ConfigurationHash);
        Assert.NotEqual(first.ConfigurationHash, third.ConfigurationHash);
        Assert.NotEqual(third.ConfigurationHash, fourth.ConfigurationHash);
    }

    [Fact]
    public async Task A_dry_run_is_ansibles_check_mode()
    {
        await using var pod = await Pod.CreateAsync();
        var run = await pod.ComposeAsync(new RunRequest("ping") { DryRun = true });
        Assert.Contains("--check", run.Plan.Argv);
    }

    [Fact]
    public async Task A_list_of_services_is_one_call_with_the_playbooks_in_order()
    {
        await using var pod = await Pod.CreateAsync();
        var run = await pod.ComposeAsync("nova,keystone");
        Assert.Equal([pod.Root("runtimes/kolla-ansible/kolla-nova.yml"), pod.Root("runtimes/kolla-ansible/kolla-keystone.yml")], run.Plan.Argv.TakeLast(2));
        Assert.Equal("kolla-ansible", run.Plan.Queue);
    }

    private static string Short(Pod pod, IEnumerable<string> argv) =>
        string.Join(' ', argv.Select(argument => argument
            .Replace(pod.Path("environments"), "E", StringComparison.Ordinal)
            .Replace(pod.Root("runtimes"), "R", StringComparison.Ordinal)
            .Replace("/usr/bin/ansible-playbook", "ansible-playbook", StringComparison.Ordinal)));
}
