using System.Text.Json;
using Osism.Contracts;
using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Inventory.Sources;
using Osism.Tests.Ansible;
using Osism.Tests.Inventory.Differential;

namespace Osism.Tests.Inventory.Reconciling;

/// <summary>What the reconciler publishes, as the real Ansible reads it.</summary>
public sealed class ReconcilerTests(AnsibleOracle ansible) : IClassFixture<AnsibleOracle>
{
    private const string Roles = """
        [generic]
        node-0
        node-1
        node-10
        node-2

        [manager]
        node-0

        [monitoring]
        [control]
        node-1
        [network]
        [compute]
        node-10
        node-2
        [ceph-control]
        node-1
        [ceph-resource]
        node-2

        """;

    [Fact]
    public async Task All_groups_of_the_reference_are_there_and_hang_together()
    {
        await using var pod = await CreateAsync();
        var list = await ListAsync(await EnsureAsync(pod));

        // 271 shipped, 8 base groups, all and ungrouped.
        Assert.Equal(281, Reading(await EnsureAsync(pod)).Inventory.Groups.Count);
        Assert.Equal(["control"], Names(list, "keystone", "children"));
        Assert.Equal(["control"], Names(list, "k3s_master", "children"));
        Assert.Equal(["ceph-control"], Names(list, "ceph-mon", "children"));
        Assert.Equal(["node-0", "node-1", "node-10", "node-2"], Names(list, "generic", "hosts"));
    }

    [Fact]
    public async Task Ansible_and_the_native_engine_read_the_published_folder_alike_and_nothing_is_reported()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/10-custom", "[web]\nnode-[0:2] http_port=80 tags=\"['a', 1, None]\"\n[web:vars]\nx=1\ny=\"two words\"\nansible_group_priority=7\n[all:vars]\nz=1.5\n");
        pod.Write("inventory/30-more.yml", "all:\n  children:\n    db:\n      hosts:\n        db-1: {y: 2, day: 2024-02-03}\n      vars: {n: .5}\n");
        pod.Write("inventory/group_vars/web/10.yml", "a: ü\nb: {c: [1, 2.50, yes, ~, 0o17, 017, 1_000]}\nd: !unsafe '{{ x }}'\n");
        pod.Write("inventory/group_vars/web/20.yml", "when: 2024-02-03\n1: one\n");
        pod.Write("inventory/group_vars/all.yml", "shared: \"say \\\"x\\\" \\\\ \\t\"\n");
        pod.Write("inventory/host_vars/node-0.json", "{\"j\": [1, {\"k\": null}]}");
        pod.Write("inventory/host_vars/db-1", "b: 1\n");
        pod.Write("inventory/.hidden", "[nonsense\n");
        var snapshot = await EnsureAsync(pod);

        var answer = await ansible.AskAsync(["-i", snapshot.Path, "--list"]);
        Assert.True(answer.Succeeded, answer.Output);
        Assert.DoesNotContain("parse", answer.Talk, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(answer.Output, Native(snapshot));
    }

    [Fact]
    public async Task Inline_variables_survive_and_are_weaker_than_files()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/10-custom", "[web]\nnode-0 a=inline b=inline\n[web:vars]\nc=inline\nd=inline\n");
        pod.Write("inventory/host_vars/node-0.yml", "b: file\n");
        pod.Write("inventory/group_vars/web.yml", "d: file\n");
        var host = await HostAsync(await EnsureAsync(pod), "node-0");
        Assert.Equal("inline file inline file", $"{host["a"]} {host["b"]} {host["c"]} {host["d"]}");
    }

    [Fact]
    public async Task A_file_that_names_a_missing_base_group_loses_nothing()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("inventory/20-roles", "[generic]\nnode-0\n");
        pod.Delete("inventory/hosts");
        var state = await pod.Get<InventorySnapshots>().LookAsync("test", TestContext.Current.CancellationToken);
        Assert.Equal(281, state.Made.Groups);
        Assert.Contains(state.Made.Findings, finding => finding.Finding.Code == FindingCodes.BaseGroupMissing && finding.Finding.Message.Contains("ceph-control", StringComparison.Ordinal));
        Assert.NotNull(state.Snapshot);
    }

    [Fact]
    public async Task Names_keep_their_letters_and_comments_do_no_harm_when_a_section_is_replaced()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/10-custom", "# First\n[keep]\nNode01 Color=Blue # why\n[gone]\nOther\n[last:vars]\nUpper=Case\n[last]\n");
        pod.Write("inventory/99-overwrite", "[gone]\nnode-1\n");
        var list = await ListAsync(await EnsureAsync(pod));
        Assert.Equal(["Node01"], Names(list, "keep", "hosts"));
        Assert.Equal(["node-1"], Names(list, "gone", "hosts"));
        Assert.Equal("Blue", list.RootElement.GetProperty("_meta").GetProperty("hostvars").GetProperty("Node01").GetProperty("Color").GetString());
        Assert.DoesNotContain("Other", list.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ranges_and_inline_variables_of_roles_survive_the_union_with_netbox()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/20-roles", "[generic]\nnode-[0:2] ansible_host=198.18.1.1 v=roles\n[control]\nnode-0\n");
        var netbox = new NetboxFiles("1", [File("20-netbox", "[generic]\nnode-9\nnode-1 v=netbox\n[compute]\nnode-9\n"), File("host_vars/node-9/999-netbox.yml", "from: netbox\n")]);
        var read = new InventoryLayers(
            pod.Get<Daemon.Configuration.ConfigurationRepository>(), pod.Get<Daemon.Runtimes.RuntimeCatalog>(), () => netbox, pod.Get<InventoryConfigSource>(),
            pod.Get<Microsoft.Extensions.Options.IOptions<InventoryOptions>>(), TimeProvider.System).Read(null);
        var made = await pod.Get<Reconciler>().MakeAsync(read, TestContext.Current.CancellationToken);
        InventoryArchive.Write(made.Files, pod.Root("published"), _ => null);
        var list = await ListAsync(pod.Root("published"));
        Assert.Equal(["node-0", "node-1", "node-2", "node-9"], Names(list, "generic", "hosts"));
        var variables = list.RootElement.GetProperty("_meta").GetProperty("hostvars");
        Assert.Equal("198.18.1.1", variables.GetProperty("node-1").GetProperty("ansible_host").GetString());
        Assert.Equal("netbox", variables.GetProperty("node-1").GetProperty("v").GetString());
        Assert.Equal("netbox", variables.GetProperty("node-9").GetProperty("from").GetString());
    }

    [Theory]
    [InlineData("99-overwrite", "[keystone]\nnode-2\n", "node-2")]
    [InlineData("20-roles", Roles + "[keystone]\nnode-0\n", "node-0")]
    [InlineData("50-kolla", "[keystone]\nnode-10\n", "node-10")]
    public async Task A_group_counts_as_overwrite_says_then_roles_then_a_file_of_the_shipped_name(string file, string content, string member)
    {
        await using var pod = await CreateAsync();
        pod.Write($"inventory/{file}", content);
        var list = await ListAsync(await EnsureAsync(pod));
        Assert.Equal([member], Names(list, "keystone", "hosts"));
        Assert.Equal([], Names(list, "keystone", "children"));
    }

    [Fact]
    public async Task Overwrite_adds_to_roles()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/99-overwrite", "[control]\nnode-2\n");
        Assert.Equal(["node-1", "node-2"], Names(await ListAsync(await EnsureAsync(pod)), "control", "hosts"));
    }

    [Fact]
    public async Task Hosts_keep_the_order_in_which_they_were_written()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/20-roles", "[generic]\nnode-10\nnode-2\nnode-1\n[control]\nnode-2\nnode-10\n");
        pod.Write("play.yml", "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n    - debug: msg=\"{{ groups['control'] | join(',') }} {{ groups['all'] | join(',') }} {{ groups['keystone'] | join(',') }}\"\n");
        var output = await PlayAsync(await EnsureAsync(pod), pod.Path("play.yml"));
        Assert.Contains("node-2,node-10 node-10,node-2,node-1 node-2,node-10", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_group_stands_once_with_its_members()
    {
        await using var pod = await CreateAsync();
        var hosts = await System.IO.File.ReadAllTextAsync(Path.Combine((await EnsureAsync(pod)).Path, "hosts.json"), TestContext.Current.CancellationToken);
        Assert.Equal(1, hosts.Split("\"control\":{").Length - 1);
        Assert.DoesNotContain(' ', hosts);
    }

    [Fact]
    public async Task What_was_removed_from_the_sources_is_not_in_the_next_revision()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/host_vars/node-0.yml", "a: 1\n");
        pod.Write("inventory/group_vars/generic/10.yml", "b: 1\n");
        Assert.True(System.IO.File.Exists(Path.Combine((await EnsureAsync(pod)).Path, "host_vars/node-0.yml")));
        pod.Delete("inventory/host_vars/node-0.yml");
        pod.Delete("inventory/group_vars/generic/10.yml");
        var after = await EnsureAsync(pod);
        Assert.False(Path.Exists(Path.Combine(after.Path, "host_vars")));
        Assert.False(Path.Exists(Path.Combine(after.Path, "group_vars/generic")));
    }

    [Fact]
    public async Task Layers_lie_over_one_another_in_their_order()
    {
        using var defaults = new Testing.TempFolder();
        Directory.CreateDirectory(defaults["all"]);
        await System.IO.File.WriteAllTextAsync(defaults["all/099-ceph.yml"], "ceph_rgw_default_port: 8081\n", TestContext.Current.CancellationToken);
        await System.IO.File.WriteAllTextAsync(defaults["README.md"], "no variables\n", TestContext.Current.CancellationToken);
        await using var pod = await Pod.CreateAsync(settings: new Dictionary<string, string?> { ["inventory:defaults"] = defaults.Path });
        pod.Delete("inventory/hosts");
        pod.Write("inventory/20-roles", Roles);
        pod.Write(pod.Root("home/interface/versions/kolla-ansible.yml"), "openstack_version: '2025.1'\nv: versions\n");
        pod.Write(pod.Root("home/interface/overlays/release-kolla-ansible.yml"), "overlay: 1\n");
        pod.Write("inventory/group_vars/all.yml", "ceph_rgw_default_port: 9000\n");
        pod.Write("inventory/group_vars/all/055-mine.yml", "v: mine\nw: mine\n");
        pod.Write("inventory/group_vars/all/zzz.yml", "w: later\n");
        var snapshot = await EnsureAsync(pod);
        var host = await HostAsync(snapshot, "node-0");
        Assert.Equal("versions later 1 9000 2025.1", $"{host["v"]} {host["w"]} {host["overlay"]} {host["ceph_rgw_default_port"]} {host["openstack_version"]}");
        Assert.True(System.IO.File.Exists(Path.Combine(snapshot.Path, "group_vars/all/999-all.yml")));

        var origins = InventoryOrigins.Read(snapshot.Path).Files;
        Assert.Equal(new FileOrigin("repository", "inventory/group_vars/all.yml"), origins["group_vars/all/999-all.yml"]);
        Assert.Equal(new FileOrigin("defaults", $"{defaults.Path}/all/099-ceph.yml"), origins["group_vars/all/099-ceph.yml"]);
        Assert.Equal("versions", origins["group_vars/all/100-versions-kolla-ansible.yml"].Layer);
    }

    [Fact]
    public async Task Generated_variables_follow_the_groups_of_now_and_give_way_to_the_operator()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/20-roles", Roles + "[ceph-rgw]\nnode-2\n");
        pod.Write("environments/ceph/configuration.yml", "fsid: 11111111-2222-3333-4444-555555555555\n");
        pod.Write("inventory/host_vars/node-1.yml", "ansible_host: 198.18.0.1\n");
        pod.Write("inventory/host_vars/node-2.yml", "ansible_host: 198.18.0.2\nradosgw_address: 198.18.9.2\n");
        pod.Write("play.yml", "- hosts: node-0\n  connection: local\n  gather_facts: false\n  tasks:\n    - debug: msg=\"{{ ceph_rgw_hosts | to_json }} {{ cephclient_mons | join(',') }} {{ ceph_cluster_fsid }}\"\n");
        var output = await PlayAsync(await EnsureAsync(pod), pod.Path("play.yml"));
        Assert.Contains("""{\"host\": \"node-2\", \"ip\": \"198.18.9.2\", \"port\": \"8081\"}""", output, StringComparison.Ordinal);
        Assert.Contains("198.18.0.1 11111111-2222-3333-4444-555555555555", output, StringComparison.Ordinal);

        pod.Write("inventory/group_vars/all/ceph.yml", "ceph_cluster_fsid: mine\n");
        pod.Write("inventory/20-roles", Roles);
        var host = await HostAsync(await EnsureAsync(pod), "node-0");
        Assert.Equal("mine", host["ceph_cluster_fsid"].GetString());
        Assert.False(host.ContainsKey("ceph_rgw_hosts"));
    }

    [Fact]
    public async Task Programs_are_published_for_ansible_to_run()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/40-dynamic", "#!/bin/sh\necho '{\"found\": {\"hosts\": [\"node-7\"]}}'\n");
        System.IO.File.SetUnixFileMode(pod.Path("inventory/40-dynamic"), (UnixFileMode)0b111_101_101);
        Assert.Equal(["node-7"], Names(await ListAsync(await EnsureAsync(pod)), "found", "hosts"));
    }

    [Fact]
    public async Task Cluster_shell_gets_the_groups_with_sorted_hosts()
    {
        await using var pod = await CreateAsync();
        var snapshot = await EnsureAsync(pod);
        using var groups = JsonDocument.Parse(await System.IO.File.ReadAllTextAsync(Path.Combine(snapshot.Path, "clustershell/ansible.yaml"), TestContext.Current.CancellationToken));
        Assert.Equal(["node-0", "node-1", "node-10", "node-2"], groups.RootElement.GetProperty("ansible").GetProperty("all").EnumerateArray().Select(host => host.GetString()!));
        Assert.Equal(["node-1"], groups.RootElement.GetProperty("ansible").GetProperty("keystone").EnumerateArray().Select(host => host.GetString()!));
    }

    [Fact]
    public async Task Ansible_cfg_is_the_merged_one()
    {
        await using var pod = await CreateAsync();
        pod.Write("environments/ansible.cfg", "[defaults]\nforks = 3\n");
        var config = await System.IO.File.ReadAllTextAsync(Path.Combine((await EnsureAsync(pod)).Path, "ansible.cfg"), TestContext.Current.CancellationToken);
        Assert.Contains("forks = 3", config, StringComparison.Ordinal);
        Assert.Contains("remote_user = dragon", config, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inventory/10-custom", "[a]\nnode-0\n[b:children]\nnobody\n", 4, FindingCodes.SourceUnparsed)]
    [InlineData("inventory/10-custom", "[a:children]\nb\n\n[b:children]\na\n", 5, FindingCodes.SourceUnparsed)]
    [InlineData("inventory/10-custom", "[a]\nnode-0 x\n", 2, FindingCodes.SourceUnparsed)]
    [InlineData("inventory/10-custom", "[a]\nnode-0\nnode-0\n", 3, FindingCodes.DuplicateHost)]
    [InlineData("inventory/30-more.yml", "all:\n  hosts: [\n", 3, FindingCodes.SourceUnparsed)]
    [InlineData("inventory/group_vars/all/x.yml", "a: 1\nb: [\n", 3, FindingCodes.VariablesBroken)]
    [InlineData("inventory/host_vars/node-0.yml", "- a\n", 1, FindingCodes.VariablesBroken)]
    [InlineData("inventory/host_vars/node-0.yml", "a: 1\nb: \xff\n", 2, FindingCodes.VariablesBroken)]
    [InlineData("inventory/10-custom", "[a]\n\xff\n", 2, FindingCodes.SourceEncoding)]
    [InlineData("environments/ansible.cfg", "[defaults\n", 1, FindingCodes.ConfigBroken)]
    public async Task A_broken_source_keeps_the_last_good_revision_and_names_file_and_line(string file, string content, int line, string code)
    {
        await using var pod = await CreateAsync();
        var good = await EnsureAsync(pod);
        await System.IO.File.WriteAllBytesAsync(Prepared(pod, file), System.Text.Encoding.Latin1.GetBytes(content), TestContext.Current.CancellationToken);
        var kept = await EnsureAsync(pod);

        Assert.Equal(good.Revision, kept.Revision);
        Assert.Equal((file, line, code), (kept.Stale?.Finding?.File, kept.Stale?.Finding?.Line, kept.Stale?.Finding?.Code));
        Assert.Equal($"revisions/{good.Revision}", new FileInfo(Path.Combine(pod.Home.Inventory, "current")).LinkTarget);

        pod.Delete(file);
        Assert.Equal((good.Revision, null), ((await EnsureAsync(pod)) is var again ? again.Revision : 0, again.Stale));
    }

    [Fact]
    public async Task Before_the_first_good_state_a_run_is_refused_with_file_and_line()
    {
        await using var pod = await CreateAsync();
        pod.Write("inventory/10-custom", "[b:children]\nnobody\n");
        var refused = await pod.RefusedAsync("ping");
        Assert.Equal((ErrorCodes.ConfigurationBroken, "inventory/10-custom", 2), (refused.Code, refused.File, refused.Line));
    }

    [Fact]
    public async Task A_run_with_broken_sources_says_so_and_goes_on()
    {
        await using var pod = await CreateAsync();
        var good = await pod.ComposeAsync("ping");
        Assert.DoesNotContain(good.Plan.Warnings, warning => warning.Code == "inventory.stale");
        pod.Write("inventory/10-custom", "[b:children]\nnobody\n");
        var run = await pod.ComposeAsync("ping");
        Assert.Equal(good.Plan.Inventory.Revision, run.Plan.Inventory.Revision);
        var warning = Assert.Single(run.Plan.Warnings, warning => warning.Code == "inventory.stale");
        Assert.Contains("inventory/10-custom, line 2", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_too_large_or_a_pipe_is_a_finding_and_nobody_waits_for_it()
    {
        await using var pod = await CreateAsync();
        var good = await EnsureAsync(pod);
        await using (var large = System.IO.File.Create(Prepared(pod, "inventory/host_vars/node-0.yml")))
        {
            large.SetLength(InventoryTree.Largest + 1);
        }

        var kept = await EnsureAsync(pod);
        Assert.Equal((good.Revision, FindingCodes.SourceTooLarge), (kept.Revision, kept.Stale?.Finding?.Code));
    }

    private static async Task<Pod> CreateAsync()
    {
        var pod = await Pod.CreateAsync();
        pod.Delete("inventory/hosts");
        pod.Write("inventory/20-roles", Roles);
        return pod;
    }

    private static string Prepared(Pod pod, string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(pod.Path(file))!);
        return pod.Path(file);
    }

    private static InventoryFile File(string name, string text) => new(name, executable: false, System.Text.Encoding.UTF8.GetBytes(text));

    private static Task<InventorySnapshot> EnsureAsync(Pod pod) => pod.Get<InventorySnapshots>().EnsureAsync("test", TestContext.Current.CancellationToken);

    private static InventoryReading Reading(InventorySnapshot snapshot) =>
        InventoryReading.Read([snapshot.Path], null, playbookIsNamed: false, AnsibleSettings.Default, VaultSecrets.None);

    private static string Native(InventorySnapshot snapshot)
    {
        using var output = new MemoryStream();
        Daemon.Inventory.InventoryAnswer.Write(new Osism.Contracts.Inventory.InventoryQuery("list", null, Vars: false, Export: false, null), Reading(snapshot), output);
        return System.Text.Encoding.UTF8.GetString(output.ToArray());
    }

    private async Task<JsonDocument> ListAsync(InventorySnapshot snapshot) => await ListAsync(snapshot.Path);

    private async Task<JsonDocument> ListAsync(string folder)
    {
        var answer = await ansible.AskAsync(["-i", folder, "--list"]);
        Assert.True(answer.Succeeded, answer.Output);
        return JsonDocument.Parse(answer.Output);
    }

    private async Task<Dictionary<string, JsonElement>> HostAsync(InventorySnapshot snapshot, string host)
    {
        var answer = await ansible.AskAsync(["-i", snapshot.Path, "--host", host]);
        Assert.True(answer.Succeeded, answer.Output);
        return JsonDocument.Parse(answer.Output).RootElement.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
    }

    private static IEnumerable<string> Names(JsonDocument list, string group, string part) =>
        list.RootElement.TryGetProperty(group, out var found) && found.TryGetProperty(part, out var names) ? names.EnumerateArray().Select(name => name.GetString()!) : [];

    private static async Task<string> PlayAsync(InventorySnapshot snapshot, string play)
    {
        var run = await new Testing.Command("ansible-playbook")
        {
            Arguments = ["-i", snapshot.Path, play],
            Environment = new Dictionary<string, string?> { ["ANSIBLE_CONFIG"] = Path.Combine(snapshot.Path, "ansible.cfg"), ["ANSIBLE_REMOTE_TEMP"] = Path.Combine(Path.GetDirectoryName(play)!, "tmp") },
        }.MustAsync(TestContext.Current.CancellationToken);
        return run.Text;
    }
}
