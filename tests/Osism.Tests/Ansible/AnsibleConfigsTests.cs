using System.Diagnostics;
using System.Text.Json;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Tests.Ansible;

/// <summary>The merged ansible.cfg, read by Ansible itself.</summary>
public sealed class AnsibleConfigsTests
{
    [Fact]
    public async Task Without_a_file_ansible_sees_the_managers_defaults()
    {
        await using var pod = await Pod.CreateAsync();
        var run = await pod.ComposeAsync("ping");
        var dump = await DumpAsync(run);

        Assert.Empty(run.Plan.AnsibleCfg);
        Assert.Equal("7", dump["DEFAULT_FORKS"]);
        Assert.Equal("smart", dump["DEFAULT_GATHERING"]);
        Assert.Equal("False", dump["HOST_KEY_CHECKING"]);
        Assert.Equal("auto_silent", dump["INTERPRETER_PYTHON"]);
        Assert.Equal("dragon", dump["DEFAULT_REMOTE_USER"]);
        Assert.Equal("ignore", dump["TRANSFORM_INVALID_GROUP_CHARS"]);
        Assert.Equal("jsonfile", dump["CACHE_PLUGIN"]);
        Assert.Equal("86400", dump["CACHE_PLUGIN_TIMEOUT"]);
        Assert.Contains(pod.Root("runtimes/osism-ansible/roles"), dump["DEFAULT_ROLES_PATH"], StringComparison.Ordinal);
        Assert.Contains("osism_events", dump["CALLBACKS_ENABLED"], StringComparison.Ordinal);
        Assert.Empty(run.Plan.Warnings);
    }

    [Fact]
    public async Task The_environments_file_wins_over_the_global_one_key_by_key_and_relative_paths_keep_their_meaning()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/ansible.cfg", """
            [defaults]
            forks = 20 ; for the big ones
            roles_path = roles:../shared/roles:/opt/configuration/more
            log_path = {{CWD}}/ansible.log
            callbacks_enabled = profile_tasks,
              timer
            timeout: 60
            [ssh_connection]
            ssh_args = -o ControlMaster=auto -o ServerAliveInterval=15
            """);
        pod.Write("environments/generic/ansible.cfg", "[defaults]\nFORKS=3\nlibrary = library\ninventory = ./hosts, other\n[DEFAULT]\nremote_user = root\n");
        var run = await pod.ComposeAsync("ping");
        var dump = await DumpAsync(run);

        Assert.Equal([pod.Path("environments/ansible.cfg"), pod.Path("environments/generic/ansible.cfg")], run.Plan.AnsibleCfg);
        Assert.Equal("3", dump["DEFAULT_FORKS"]);
        Assert.Equal("root", dump["DEFAULT_REMOTE_USER"]);
        Assert.Equal($"['{pod.Path("environments/roles")}', '{pod.Path("shared/roles")}', '{pod.Path("more")}']", dump["DEFAULT_ROLES_PATH"]);
        Assert.Equal($"['{pod.Path("environments/generic/library")}']", dump["DEFAULT_MODULE_PATH"]);
        Assert.Equal(pod.Path("environments/generic/ansible.log"), dump["DEFAULT_LOG_PATH"]);
        Assert.Equal("60", dump["DEFAULT_TIMEOUT"]);
        Assert.Equal("['profile_tasks', 'timer', 'osism_events', 'osism_patience']", dump["CALLBACKS_ENABLED"]);
        var merged = await File.ReadAllTextAsync(run.Plan.Env["ANSIBLE_CONFIG"], TestContext.Current.CancellationToken);
        Assert.Contains("ssh_args = -o ControlMaster=auto -o ServerAliveInterval=15 -o ServerAliveCountMax=2\n", merged, StringComparison.Ordinal);
        var warning = Assert.Single(run.Plan.Warnings);
        Assert.Equal("ssh.slow_timeout", warning.Code);
        Assert.Contains("166 s", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_of_environment_manager_belongs_to_the_seed_phase_and_is_not_read()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/manager/ansible.cfg", "[defaults]\ninventory = hosts\n");
        Assert.Empty((await pod.ComposeAsync("configuration")).Plan.AnsibleCfg);
    }

    [Fact]
    public async Task A_sub_environment_has_its_own_file()
    {
        await using var pod = await Pod.CreateAsync();
        foreach (var file in new[] { "configuration.yml", "images.yml", "secrets.yml" })
            pod.Write($"environments/kolla.zone-a/{file}", "dummy: x\n");
        pod.Write("environments/kolla/ansible.cfg", "[defaults]\nforks = 1\n");
        pod.Write("environments/kolla.zone-a/ansible.cfg", "[defaults]\nforks = 2\n");
        var run = await pod.ComposeAsync(new RunRequest("nova") { Sub = "zone-a" });
        Assert.Equal([pod.Path("environments/kolla.zone-a/ansible.cfg")], run.Plan.AnsibleCfg);
    }

    [Fact]
    public async Task A_cache_of_the_repository_is_left_alone()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/ansible.cfg", "[defaults]\nfact_caching = community.general.redis\nfact_caching_connection = cache:6379:0\n");
        var run = await pod.ComposeAsync("ping");
        var dump = await DumpAsync(run);
        Assert.False(run.Plan.Env.ContainsKey("ANSIBLE_CACHE_PLUGIN"));
        Assert.Equal("community.general.redis", dump["CACHE_PLUGIN"]);
        Assert.Equal("cache:6379:0", dump["CACHE_PLUGIN_CONNECTION"]);
    }

    [Fact]
    public async Task The_same_settings_are_one_file_and_a_change_makes_another()
    {
        await using var pod = await Pod.CreateAsync();
        var first = (await pod.ComposeAsync("ping")).Plan.Env["ANSIBLE_CONFIG"];
        Assert.Equal(first, (await pod.ComposeAsync("ping")).Plan.Env["ANSIBLE_CONFIG"]);
        pod.Write("environments/ansible.cfg", "[defaults]\nforks = 1\n");
        Assert.NotEqual(first, (await pod.ComposeAsync("ping")).Plan.Env["ANSIBLE_CONFIG"]);
        pod.Delete("environments/ansible.cfg");
        Assert.Equal(first, (await pod.ComposeAsync("ping")).Plan.Env["ANSIBLE_CONFIG"]);
    }

    [Theory]
    [InlineData("forks = 1\n", 1)]
    [InlineData("[defaults]\nforks = 1\nnonsense\n", 3)]
    [InlineData("[defaults]\nforks = 1\n\nforks = 2\n", 4)]
    [InlineData("[defaults]\nforks = 1\n[defaults]\n", 3)]
    public async Task A_broken_file_is_named_with_its_line(string text, int line)
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/ansible.cfg", text);
        var refused = await pod.RefusedAsync("ping");
        Assert.Equal(ErrorCodes.ConfigurationBroken, refused.Code);
        Assert.Equal(("environments/ansible.cfg", line), (refused.File, refused.Line));
    }

    [Theory]
    [InlineData("[a]\nx = 1\ny: 2\nZ=3\n")]
    [InlineData("[a]\nx = 1 ; comment\ny = a;b\nz = ;\nw = x ;y ; z\n")]
    [InlineData("[a]\nx = one\n  two\n\n  three ; c\n  # no\n  four\ny = 1\n")]
    [InlineData("[a]\n  x = 1\n    more\n  y = 2\nz = 3\n")]
    [InlineData("[a]\nx =\n   1\n\n\n   2\n\n[b]\ny=\n")]
    [InlineData("# c\n; c\n[a b] ; c\nk e y = v = w : x\n[DEFAULT]\nd = 1\nx=9\n[c]\nx=1\n")]
    [InlineData("[a]\nx = %(y)s %% $z\nu = {{CWD}}/a:b\nurl = http://x/#y\n")]
    [InlineData("[a]\nx = \"quoted\" 'v'\r\ny = z\r\n")]
    [InlineData("[a]]\nx=1\n[[b]]\n")]
    [InlineData("\n\n[a]\nü = ß \u00a0\n")]
    [InlineData("[a]\n\tx = 1\n\t2\ny = 1\n y2\n")]
    [InlineData("[a]\nx\n")]
    [InlineData("[a]\n= x\n")]
    [InlineData("x = 1\n[a]\n")]
    [InlineData("[a]\nx=1\nX=2\n")]
    [InlineData("[a]\n[b]\n[a]\n")]
    [InlineData("[a]\n[DEFAULT]\nx=1\n[DEFAULT]\ny=1\n")]
    [InlineData("")]
    public async Task Reads_what_pythons_configparser_reads(string text)
    {
        const string Script = """
            import configparser, json, sys
            p = configparser.ConfigParser(inline_comment_prefixes=(';',))
            try:
                p.read_string(sys.stdin.read())
            except configparser.Error:
                print('null'); sys.exit()
            print(json.dumps({s: {k: p.get(s, k, raw=True) for k in p.options(s)} for s in p.sections()}))
            """;
        var start = new ProcessStartInfo("python3", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        using var python = Process.Start(start)!;
        await using (var input = python.StandardInput.BaseStream)
            await input.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
        var expected = JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(
            await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));

        if (expected is null)
        {
            Assert.Throws<OsismException>(() => IniFile.Read("/f", "f", text));
            return;
        }

        var values = IniFile.Read("/f", "f", text);
        Assert.Equal(Flat(expected), Flat(values));
        // What is written reads back as it was.
        Assert.Equal(Flat(values), Flat(IniFile.Read("/f", "f", IniFile.Write(values))));
    }

    private static List<string> Flat(Dictionary<string, Dictionary<string, string>> sections) =>
        [.. sections.SelectMany(section => section.Value.Select(pair => $"[{section.Key}] {pair.Key} = {pair.Value}")).Order(StringComparer.Ordinal)];

    private static List<string> Flat(Dictionary<(string Section, string Key), IniValue> values) =>
        [.. values.Select(value => $"[{value.Key.Section}] {value.Key.Key} = {value.Value.Value}").Order(StringComparer.Ordinal)];

    private static async Task<Dictionary<string, string>> DumpAsync(ComposedRun run)
    {
        var start = new ProcessStartInfo("ansible-config", ["dump", "--only-changed"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = run.Plan.Cwd,
        };
        start.Environment.Clear();
        foreach (var (name, value) in run.Plan.Env)
            start.Environment[name] = value;
        start.Environment["ANSIBLE_FORCE_COLOR"] = "0";
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        return output.Split('\n').Where(line => line.Contains(") = ", StringComparison.Ordinal)).ToDictionary(
            line => line[..line.IndexOf('(', StringComparison.Ordinal)],
            line => line[(line.IndexOf(") = ", StringComparison.Ordinal) + 4)..]);
    }
}
