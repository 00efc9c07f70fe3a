using Osism.Daemon.Platform;
using Osism.Daemon.Remote;

namespace Osism.Tests.Remote;

public sealed class RemoteHostsTests : IAsyncLifetime
{
    private readonly RemoteFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public void Address_user_port_key_and_engine_are_those_a_run_would_have()
    {
        _folder.Publish("hosts.json", """
            {"all": {"hosts": {"node-0": {"ansible_host": "192.0.2.10", "ansible_port": 2222}, "node-1": {"internal_address": "192.0.2.11"}, "node-2": {}, "here": {"ansible_connection": "local"}}},
             "control": {"hosts": {"node-0": {}, "node-1": {}}}}
            """);
        _folder.Publish("host_vars/node-1.yml", "ansible_host: '{{ internal_address }}'\nansible_user: root\nansible_ssh_private_key_file: /keys/own\nkolla_container_engine: podman\n");
        _folder.Write("environments/ansible.cfg", "[defaults]\nremote_user = operator\nremote_port = 2022\n");
        var hosts = _folder.Get<RemoteHosts>();

        var (first, second) = (hosts.Match("control", null)[0], hosts.Match("control", null)[1]);
        Assert.Equal(("node-0", "192.0.2.10", "operator", 2222, null, ContainerEngine.Docker), (first.Name, first.Address, first.User, first.Port, first.KeyFile, first.Engine));
        Assert.Equal(("node-1", "192.0.2.11", "root", 2022, "/keys/own", ContainerEngine.Podman), (second.Name, second.Address, second.User, second.Port, second.KeyFile, second.Engine));
        Assert.Equal(("node-2", false), (hosts.Match("node-2", null)[0].Address, hosts.Match("node-2", null)[0].IsLocal));
        Assert.True(hosts.Match("here", null)[0].IsLocal);
    }

    [Fact]
    public void A_limit_leaves_those_that_it_means_too()
    {
        _folder.Publish("hosts.json", """{"all": {"hosts": {"node-0": {}, "node-1": {}, "node-2": {}}}}""");
        var hosts = _folder.Get<RemoteHosts>();

        Assert.Equal(["node-1", "node-2"], hosts.Match("all", "!node-0").Select(host => host.Name));
        Assert.Empty(hosts.Match("node-0", "node-1"));
        Assert.Empty(hosts.Match("node-9", null));
        Assert.Contains("node-0", hosts.Unknown("node_0", null).Nearest!);
    }

    [Fact]
    public void What_only_Ansible_can_find_out_is_said_and_not_guessed()
    {
        _folder.Publish("hosts.json", """{"all": {"hosts": {"node-0": {"ansible_host": "{{ lookup('pipe', 'reboot') }}"}}}}""");

        var error = Assert.Throws<OsismException>(() => _folder.Get<RemoteHosts>().Match("node-0", null));

        Assert.Equal("configuration.broken", error.Code.Code);
        Assert.Contains("ansible_host of the host node-0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_inventory_it_is_said_what_to_do() =>
        Assert.Contains("osism sync inventory", Assert.Throws<OsismException>(() => _folder.Get<RemoteHosts>().Match("all", null)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task The_key_of_the_home_or_of_the_secrets_reaches_ssh_in_files_for_the_caller_alone()
    {
        var token = TestContext.Current.CancellationToken;
        _folder.Write("environments/secrets.yml", "operator_private_key: |\n  of the secrets\n");
        var (accesses, config) = (_folder.Get<OperatorAccesses>(), _folder.Get<RemoteHosts>().Config);
        await File.WriteAllTextAsync(Path.Combine(_folder.Home, "secrets/id_rsa.operator"), "of the home\n", token);

        var access = await accesses.FindAsync(config, withVault: false, token);

        Assert.Equal("of the home\n"u8.ToArray(), access.Key);
        string key;
        using (var folder = SshFolder.Make([RemoteHost.Of("n", "n", "u")], access, _folder.Get<OsismHome>(), new(), new()))
        {
            key = folder.Key!;
            Assert.Equal("of the home\n", await File.ReadAllTextAsync(key, token));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(key)!));
            Assert.Contains($"IdentityFile \"{key}\"", await File.ReadAllTextAsync(folder.Config, token), StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(Path.GetDirectoryName(key)));
    }

    [Fact]
    public void A_folder_of_keys_that_is_not_there_says_who_may_call()
    {
        var error = Assert.Throws<OsismException>(() => OperatorAccesses.RequireReadable(new OsismHome(Path.Combine(_folder.Home, "elsewhere"))));

        Assert.Equal("access.denied", error.Code.Code);
        Assert.Contains("sudo", error.Message, StringComparison.Ordinal);
    }
}
