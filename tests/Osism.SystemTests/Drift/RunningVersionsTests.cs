using System.Text.Json;
using Osism.Contracts;
using Osism.SystemTests.Lab;

namespace Osism.SystemTests.Drift;

/// <summary>Versions of containers that really run: podman's, on nodes that are reached with ssh and sudo, asked by the built programs.</summary>
[Collection(Collections.Unusual)]
public sealed class RunningVersionsTests(SiteFixture site) : IAsyncLifetime
{
    private const string Inventory = "inventory/30-engines";
    private const string Services = "environments/services.yml";

    // A storage of its own in the memory of the node, with which it is gone.
    private const string Engine = """
        #!/bin/sh
        exec /usr/bin/podman --root /run/engine/storage --runroot /run/engine/run --storage-driver vfs --runtime runc --cgroup-manager cgroupfs "$@"
        """;

    // An image is one program with its libraries, and a label that makes its content another one.
    private const string Prepare = $$"""
        set -e
        printf '%s\n' '{{Engine}}' >/usr/local/bin/podman
        chmod 755 /usr/local/bin/podman
        mkdir -p /run/engine
        # A node has no cgroups; runc wants this one at least.
        mountpoint -q /sys/fs/cgroup || { mount -t tmpfs node /sys/fs/cgroup && mkdir /sys/fs/cgroup/devices && mount -t cgroup -o devices node /sys/fs/cgroup/devices; }
        tar -C / -chf /run/engine/sleep.tar usr/bin/sleep $(ldd /usr/bin/sleep | grep -o '/[^ ]*' | sed 's,^/,,')
        image() { podman import --quiet --change "LABEL content=$2" /run/engine/sleep.tar "localhost/$1" >/dev/null; }
        start() { podman run --detach --quiet --pull=never --network=none --pids-limit=-1 --ulimit=nofile=1024:1024 --ulimit=nproc=4096:4096 --name "$1" "localhost/$2" /usr/bin/sleep 600 >/dev/null; }
        """;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await site.ReadyAsync(_token);
        // Names of their own for the nodes: others of this collection go on to use those there are.
        var (first, second, third) = (site.Lab.Nodes[0].Address, site.Lab.Nodes[1].Address, site.Lab.Nodes[2].Address);
        await site.Pod.WriteAsync(Inventory, $$$"""
            [engines]
            engine-0 ansible_host={{{first}}}
            engine-1 ansible_host={{{second}}} nova_tag="{{ nova_release | default(3) }}"
            engine-2 ansible_host={{{third}}}
            gone ansible_host={{{first}}} ansible_port=1
            [engines:vars]
            kolla_container_engine=podman
            homer_tag=1.0
            nova_tag=2

            """, _token);
        await site.Pod.WriteAsync(Services, "services:\n  homer: {groups: [engines]}\n  nova: {groups: [engines]}\n", _token);
        await site.Cli.MustAsync(_token, "sync", "inventory");
        // In the content of an image its label is what differs: the second homer:1.0 is as after a pull.
        await Task.WhenAll(
            OnNodeAsync("node-0", $"{Prepare}\nimage nova-api:2 a\nimage homer:0.9 a\nstart nova_api nova-api:2\nstart homer homer:0.9\nstart helper homer:0.9"),
            OnNodeAsync("node-1", $"{Prepare}\nimage nova-api:2 a\nimage homer:1.0 a\nstart nova_api nova-api:2\nstart homer homer:1.0\nimage homer:1.0 b"),
            OnNodeAsync("node-2", Prepare));
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(site.Pod.PathOf(Inventory));
        File.Delete(site.Pod.PathOf(Services));
        await Task.WhenAll(site.Lab.Nodes.Select(node => OnNodeAsync(
            node.Name, "podman rm --all --force --time 0 >/dev/null; umount -q /sys/fs/cgroup/devices /sys/fs/cgroup; rm /usr/local/bin/podman")));
        await site.Cli.MustAsync(_token, "sync", "inventory");
    }

    [Fact]
    public async Task What_runs_is_compared_with_what_each_host_should_run()
    {
        var all = await site.Cli.RunAsync(_token, "services", "versions", "--format", "json");

        Assert.True(all.ExitCode == ExitCode.Unreachable, all.Text + all.Errors);
        var rows = JsonElement.Parse(all.Text).EnumerateArray().Select(row => string.Join(' ', new[] { "service", "host", "container", "running", "wanted", "state" }.Select(field => $"{row.GetProperty(field)}".PadLeft(1, '-')))).ToList();
        string[] expected =
        [
            "homer engine-0 homer 0.9 1.0 drifted", "homer engine-1 homer 1.0 1.0 stale", "homer engine-2 homer - 1.0 missing", "homer gone - - - unreachable",
            "nova engine-0 nova_api 2 2 current", "nova engine-1 nova_api 2 - unknown", "nova engine-2 - - - missing", "nova gone - - - unreachable",
            "- engine-0 helper 0.9 - unknown",
        ];
        Assert.All(expected, row => Assert.Contains(row, rows));

        var drift = await site.Cli.RunAsync(_token, "services", "versions", "homer", "--drift", "--check", "-l", "engine-0,engine-1", "--format", "csv");
        Assert.Equal(ExitCode.Failed, drift.ExitCode);
        Assert.Equal(3, drift.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal("1 drifted, 1 stale\n", drift.Errors);
        Assert.Equal(ExitCode.Success, (await site.Cli.RunAsync(_token, "services", "versions", "nova", "--check", "-l", "engine-0")).ExitCode);
    }

    private async Task OnNodeAsync(string node, string script)
    {
        var result = await site.Lab.ExecAsync(node, ["sh", "-c", script], _token);
        Assert.True(result.ExitCode == 0, result.Errors);
    }
}
