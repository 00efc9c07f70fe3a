using Osism.Daemon.Ansible;
using Osism.Daemon.Platform;
using Osism.Daemon.Remote;

namespace Osism.Tests.Remote;

/// <summary>What operators write, and what becomes of it.</summary>
public sealed class RemoteTextTests
{
    private static readonly RemoteHost Node = RemoteHost.Of("node-0", "192.0.2.10", "dragon");

    [Theory]
    [InlineData("node-0", null, "Ssh", "node-0", null)]
    [InlineData("node-0/", null, "Container", "node-0", null)]
    [InlineData("node-0/nova_api", null, "Container", "node-0", "nova_api")]
    [InlineData("node-0/a/b", null, "Container", "node-0", "a/b")]
    [InlineData(".control", null, "Ansible", "control", null)]
    [InlineData(".*.example", null, "Ansible", "*.example", null)]
    [InlineData(":compute", null, "Clush", "compute", null)]
    [InlineData("compute", "clush", "Clush", "compute", null)]
    [InlineData("node-0", "container", "Container", "node-0", null)]
    [InlineData("node-0/x", "container", "Container", "node-0", "x")]
    [InlineData("control", "ansible", "Ansible", "control", null)]
    [InlineData("web:!old", "ssh", "Ssh", "web:!old", null)]
    public void The_signs_of_a_console_say_what_it_is(string text, string? type, string kind, string pattern, string? container)
    {
        var target = ConsoleTarget.Parse(text, type);

        Assert.Equal((kind, pattern, container), ($"{target.Kind}", target.Pattern, target.Container));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("/", null)]
    [InlineData(".", null)]
    [InlineData(":", null)]
    [InlineData("-oProxyCommand=reboot", null)]
    [InlineData(":-oProxyCommand=reboot", null)]
    [InlineData("node-0", "telnet")]
    public void What_names_no_host_is_no_console(string text, string? type) =>
        Assert.Equal("request.invalid", Assert.Throws<OsismException>(() => ConsoleTarget.Parse(text, type)).Code.Code);

    [Theory]
    [InlineData("-oProxyCommand=reboot", "192.0.2.1", "dragon", null, null)]
    [InlineData("node 0", "192.0.2.1", "dragon", null, null)]
    [InlineData("node\nProxyCommand reboot", "192.0.2.1", "dragon", null, null)]
    [InlineData("node*", "192.0.2.1", "dragon", null, null)]
    [InlineData("node-0", "-oProxyCommand=reboot", "dragon", null, null)]
    [InlineData("node-0", "192.0.2.1\n  ProxyCommand reboot", "dragon", null, null)]
    [InlineData("node-0", "192.0.2.1\n", "dragon", null, null)]
    [InlineData("node-0", "$(reboot)", "dragon", null, null)]
    [InlineData("node-0", "192.0.2.1", "-x", null, null)]
    [InlineData("node-0", "192.0.2.1", "dragon\n", null, null)]
    [InlineData("node-0", "192.0.2.1", "dragon;reboot", null, null)]
    [InlineData("node-0", "192.0.2.1", "dragon", "22 -x", null)]
    [InlineData("node-0", "192.0.2.1", "dragon", "0", null)]
    [InlineData("node-0", "192.0.2.1", "dragon", "65536", null)]
    [InlineData("node-0", "192.0.2.1", "dragon", null, "/key\nProxyCommand reboot")]
    [InlineData("node-0", "192.0.2.1", "dragon", null, "/key\" \"")]
    public void What_an_inventory_says_that_ssh_must_not_be_told_is_refused(string name, string address, string user, string? port, string? key) =>
        Assert.Equal("configuration.broken", Assert.Throws<OsismException>(() => RemoteHost.Of(name, address, user, port, key)).Code.Code);

    [Fact]
    public void A_host_becomes_a_block_of_ssh_with_the_settings_of_all_behind_it()
    {
        var text = SshFolder.Text(
            [RemoteHost.Of("node-0", "fe80::1%eth0", "dragon", "2222"), RemoteHost.Of("node-1", "192.0.2.11", "root", keyFile: "~/own key")], "/dev/shm/x/key",
            new OsismHome("/var/lib/os%ism"), new SshOptions(), new ConsoleOptions { HostKeys = "yes" });

        Assert.StartsWith(
            "Host node-0\n  HostName fe80::1%%eth0\n  User dragon\n  Port 2222\n  IdentityFile \"/dev/shm/x/key\"\n  IdentitiesOnly yes\n"
            + "Host node-1\n  HostName 192.0.2.11\n  User root\n  IdentityFile \"~/own key\"\n  IdentitiesOnly yes\nMatch all\n", text, StringComparison.Ordinal);
        Assert.Contains("  StrictHostKeyChecking yes\n  UserKnownHostsFile \"/var/lib/os%%ism/share/known_hosts\"\n", text, StringComparison.Ordinal);
        Assert.Contains("  ControlPath none\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("syslog", "/var/log/syslog")]
    [InlineData("kolla/nova/nova-api.log", "/var/log/kolla/nova/nova-api.log")]
    [InlineData("/var/log/kolla/a b.log", "/var/log/kolla/a b.log")]
    [InlineData("-n", "/var/log/-n")]
    [InlineData("..log", "/var/log/..log")]
    public void A_log_file_lies_below_var_log(string path, string full) => Assert.Equal(["log-file", full, "-n", "5"], LogFile.Tail(path, 5, follow: false).Skip(3));

    [Theory]
    [InlineData("/etc/shadow")]
    [InlineData("/var/logs/x")]
    [InlineData("/var/log")]
    [InlineData("/var/log/")]
    [InlineData("")]
    [InlineData("../../etc/shadow")]
    [InlineData("kolla/../../../etc/shadow")]
    [InlineData("/var/log/../../etc/shadow")]
    [InlineData("a\0b")]
    public void Another_file_is_refused(string path) =>
        Assert.Equal("request.invalid", Assert.Throws<OsismException>(() => LogFile.Tail(path, 5, follow: false)).Code.Code);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(100_001)]
    public void So_many_lines_are_not_to_be_had(int lines) => Assert.Throws<OsismException>(() => LogFile.Tail("syslog", lines, follow: true));

    [Fact]
    public void Words_for_the_engine_stay_as_they_are()
    {
        Assert.Equal(["docker", "ps", "-q", "; reboot"], EngineCommand.Any(Node, ["ps", "-q", "; reboot"]));
        Assert.Equal(["docker", "logs", "--tail", "5", "nova_api"], EngineCommand.Logs(Node, "nova_api", ["--tail", "5"]));
        Assert.Equal(["docker", "compose", "--project-directory=/opt/manager", "logs", "a b"], EngineCommand.Compose(Node, "manager", ["logs", "a b"]));
        Assert.Equal(["sudo", "podman", "exec", "-it", "nova_api"], EngineCommand.Shell(RemoteHost.Of("n", "n", "u", engine: ContainerEngine.Podman), "nova_api", hasTerminal: true).Take(5));
    }

    [Theory]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("a;b")]
    [InlineData("../etc")]
    [InlineData("a/b")]
    [InlineData("a\n")]
    [InlineData("")]
    public void A_name_that_no_container_or_folder_has_is_refused(string name)
    {
        Assert.Throws<OsismException>(() => EngineCommand.Logs(Node, name, []));
        Assert.Throws<OsismException>(() => EngineCommand.Shell(Node, name, hasTerminal: false));
        Assert.Throws<OsismException>(() => EngineCommand.Compose(Node, name, []));
    }

    [Theory]
    [InlineData("2\n", "node-1")]
    [InlineData("0\n3\nnode-9\n\n 1 \n", "node-0")]
    [InlineData("node-1\n", "node-1")]
    [InlineData("q\n", null)]
    [InlineData("quit\n", null)]
    [InlineData("exit\n", null)]
    [InlineData("", null)]
    public void Of_several_hosts_one_is_chosen_by_its_number_or_its_name(string typed, string? name)
    {
        using var input = new StringReader(typed);
        using var talk = new StringWriter();

        Assert.Equal(name, HostChooser.Choose([Node, RemoteHost.Of("node-1", "192.0.2.11", "dragon")], "control", input, talk)?.Name);
        Assert.StartsWith("1) node-0\n2) node-1\nWhich host", talk.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_anybody_to_ask_the_hosts_are_named()
    {
        var error = Assert.Throws<OsismException>(() => HostChooser.Choose([Node, RemoteHost.Of("node-1", "192.0.2.11", "dragon")], "control", null, TextWriter.Null));

        Assert.Contains("node-0, node-1", error.Message, StringComparison.Ordinal);
        Assert.Equal("node-0", HostChooser.Choose([Node], "node-0", null, TextWriter.Null)?.Name);
    }

    [Fact]
    public void More_hosts_than_one_would_mean_by_mistake_are_refused()
    {
        var error = Assert.Throws<OsismException>(() => ManyHosts.RequireFew([Node, Node, Node], "all", 2));

        Assert.Contains("--max-hosts 3", error.Message, StringComparison.Ordinal);
        ManyHosts.RequireFew([Node, Node], "all", 2);
    }
}
