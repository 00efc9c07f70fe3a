using System.Diagnostics;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Runtimes;

/// <summary>The plays of <c>ansible/osism-ansible</c> on real nodes, without a manager.</summary>
public sealed class BuiltInPlaysTests(LabFixture fixture) : IClassFixture<LabFixture>
{
    /// <summary>Far less than waiting for somebody's word, which has no end; Ansible alone may take many seconds to start.</summary>
    private static readonly TimeSpan AtOnce = Bounds.Usual;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ping")]
    [InlineData("facts")]
    [InlineData("gather-facts")]
    public async Task A_play_is_ok_on_all_nodes_and_changes_nothing_in_check_mode_either(string play)
    {
        foreach (var extra in new string[][] { [], ["--check"] })
        {
            var result = await PlayAsync(play, extra);

            Assert.Equal(0, result.ExitCode);
            Assert.All(fixture.Lab.Nodes, node => Assert.Matches($@"{node.Name} +: ok=1 +changed=0 +unreachable=0 +failed=0", result.Text));
        }
    }

    [Fact]
    public async Task Wait_for_connection_comes_back_when_all_nodes_answer()
    {
        var result = await PlayAsync("wait-for-connection");

        Assert.Equal(0, result.ExitCode);
        Assert.All(fixture.Lab.Nodes, node => Assert.Contains($"ok: [{node.Name}]", result.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Noop_sends_no_task_anywhere()
    {
        var result = await PlayAsync("noop");

        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("ok:", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_writes_all_names_once_and_is_quiet_the_second_time()
    {
        var check = await PlayAsync("hosts", "--check");
        var first = await PlayAsync("hosts");
        var second = await PlayAsync("hosts");

        Assert.Equal([0, 0, 0], [check.ExitCode, first.ExitCode, second.ExitCode]);
        Assert.Contains("changed=1", first.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("changed=1", second.Text, StringComparison.Ordinal);
        var file = (await fixture.Lab.ExecAsync("node-1", ["cat", "/etc/hosts"], _token)).Text;
        Assert.All(fixture.Lab.Nodes, node => Assert.Contains($"{node.Address} {node.Name} {node.Name}.pod.example\n", file, StringComparison.Ordinal));
        Assert.Contains("198.18.0.9 api-int.pod.example\n", file, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Facts_hands_out_custom_facts()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["rack.fact"], "#!/bin/sh\necho '{\"row\": 7}'\n", _token);

        var result = await PlayAsync("facts", "-e", $$"""{"facts_files": ["{{folder["rack.fact"]}}"]}""", "-l", "node-0");

        Assert.Equal(0, result.ExitCode);
        var setup = await fixture.Lab.ExecAsync("node-0", ["/etc/ansible/facts.d/rack.fact"], _token);
        Assert.Equal("{\"row\": 7}\n", setup.Text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no")]
    [InlineData("false")]
    public async Task Reboot_refuses_at_once_unless_it_is_meant(string? word)
    {
        var since = Stopwatch.GetTimestamp();

        var result = await PlayAsync("reboot", word is null ? [] : ["-e", $"ireallymeanit={word}"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("ireallymeanit=yes", result.Text, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.Zero, AtOnce);
    }

    [Fact]
    public async Task Reboot_does_not_wait_for_a_word_on_stdin()
    {
        // The write end stays open and nothing is ever written: a read would wait for ever.
        var result = await new Command("/bin/sh")
        {
            Arguments = ["-c", "mkfifo \"$0\" && exec 3<>\"$0\" && \"$@\" <&3; rc=$?; rm \"$0\"; exit $rc", fixture.Pod.PathOf("silence"), .. Line("reboot")],
            Folder = fixture.Pod.PathOf("environments", "generic"),
            Environment = Variables,
            Timeout = AtOnce,
        }.RunAsync(_token);

        Assert.Equal(2, result.ExitCode);
    }

    [Fact]
    public async Task Reboot_waits_until_the_node_is_back_when_asked_to()
    {
        var before = await BootIdAsync();

        var result = await PlayAsync("reboot", "-e", "ireallymeanit=yes", "-e", "reboot_wait=true", "-l", "node-2");

        Assert.Equal(0, result.ExitCode);
        Assert.NotEqual(before, await BootIdAsync());
    }

    [Fact]
    public async Task Reboot_takes_other_commands_for_nodes_that_are_no_machines()
    {
        var result = await PlayAsync(
            "reboot", "-e", "ireallymeanit=yes", "-e", "reboot_wait=true", "-l", "node-2",
            "-e", """{"reboot_command": "pkill -x sshd", "boot_time_command": "cat /etc/osism-node/boot_id"}""");

        Assert.Equal(0, result.ExitCode);
    }

    private static Dictionary<string, string?> Variables => new(StringComparer.Ordinal) { ["ANSIBLE_NOCOLOR"] = "1" };

    private async Task<string> BootIdAsync() => (await fixture.Lab.ExecAsync("node-2", ["cat", "/proc/sys/kernel/random/boot_id"], _token)).Text;

    private Task<CommandResult> PlayAsync(string play, params string[] arguments) => new Command(Line(play)[0])
    {
        Arguments = [.. Line(play)[1..], .. arguments],
        Folder = fixture.Pod.PathOf("environments", "generic"),
        Environment = new Dictionary<string, string?>(Variables, StringComparer.Ordinal) { ["ANSIBLE_CONFIG"] = fixture.Pod.PathOf("environments", "ansible.cfg") },
    }.RunAsync(_token);

    private string[] Line(string play) =>
    [
        "ansible-playbook", "-i", fixture.Pod.PathOf("inventory"), "--vault-password-file", fixture.Pod.PathOf("secrets", "vaultpass"),
        "--private-key", fixture.Lab.PrivateKey, "-e", "@../configuration.yml", "-e", "@../secrets.yml", "-e", "@secrets.yml", "-e", "@images.yml", "-e", "@configuration.yml",
        Checkout.PathOf("ansible", "osism-ansible", "generic", $"{play}.yml"),
    ];
}
