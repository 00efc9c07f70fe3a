using Osism.Testing;

namespace Osism.SystemTests.Lab;

/// <summary><c>scripts/nodes</c>: what every other system test stands on.</summary>
public sealed class NodeLabTests(LabFixture fixture) : IClassFixture<LabFixture>
{
    private static readonly TimeSpan Soon = Bounds.Long;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_has_its_own_name_processes_and_a_dragon_who_may_become_root()
    {
        foreach (var node in fixture.Lab.Nodes)
        {
            var answer = await fixture.SshAsync(node, "hostname; id -u; sudo -n id -u; ps -e --no-headers | wc -l", _token);

            var lines = answer.Text.Split('\n');
            Assert.Equal([node.Name, "45000", "0"], lines[..3]);
            Assert.InRange(int.Parse(lines[3]), 3, 20);
        }
    }

    [Fact]
    public async Task A_change_on_one_node_is_seen_on_no_other_and_not_here()
    {
        await fixture.Lab.ExecAsync("node-0", ["touch", "/etc/only-here"], _token);

        Assert.Equal(0, (await fixture.Lab.ExecAsync("node-0", ["test", "-e", "/etc/only-here"], _token)).ExitCode);
        Assert.Equal(1, (await fixture.Lab.ExecAsync("node-1", ["test", "-e", "/etc/only-here"], _token)).ExitCode);
        Assert.False(File.Exists("/etc/only-here"));
    }

    [Fact]
    public async Task A_cut_node_does_not_answer_until_it_is_healed()
    {
        var node = fixture.Lab.Nodes[2];

        await fixture.Lab.CutAsync(node.Name, _token);
        var cut = await fixture.SshAsync(node, "true", _token);
        await fixture.Lab.HealAsync(node.Name, _token);

        Assert.Equal(255, cut.ExitCode);
        await Eventually.TrueAsync("the healed node answers", async token => (await fixture.SshAsync(node, "true", token)).ExitCode == 0, Soon, _token);
    }

    [Fact]
    public async Task A_reboot_ends_its_processes_and_gives_it_a_new_boot_id()
    {
        var node = fixture.Lab.Nodes[1];
        var before = (await fixture.SshAsync(node, "cat /proc/sys/kernel/random/boot_id; setsid -f sleep 1000 >/dev/null 2>&1", _token)).Text;

        await fixture.SshAsync(node, "sudo -n shutdown -r now", _token);

        await Eventually.TrueAsync("the node is back with another boot id", async token =>
        {
            var now = await fixture.SshAsync(node, "cat /proc/sys/kernel/random/boot_id", token);
            return now.ExitCode == 0 && now.Text != before;
        }, Soon, _token);
        Assert.Equal("", (await fixture.SshAsync(node, "pgrep -x sleep", _token)).Text);
    }

    [Fact]
    public async Task A_lab_that_was_taken_away_leaves_nothing()
    {
        var lab = await NodeLab.StartAsync(1, null, _token);
        var pid = int.Parse((await new Command(Checkout.PathOf("scripts", "nodes")) { Arguments = ["list", "--prefix", lab.Prefix] }
            .MustAsync(_token)).Text.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]);
        Assert.True(Signals.IsAlive(pid));

        await lab.DisposeAsync();

        Assert.False(Signals.IsAlive(pid));
        Assert.False(Directory.Exists($"/sys/class/net/{lab.Prefix}br"));
        Assert.False(Directory.Exists($"/run/osism-nodes/{lab.Prefix}"));
        Assert.DoesNotContain(Directory.GetFiles("/run/netns"), path => Path.GetFileName(path).StartsWith($"{lab.Prefix}-", StringComparison.Ordinal));
    }
}
