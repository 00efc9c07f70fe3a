using System.Text;
using System.Text.Json;
using Osism.Daemon.Runtimes;

namespace Osism.Tests.Ansible;

/// <summary>What was composed, given to the real ansible-playbook.</summary>
public sealed class RunComposerPeerTests
{
    private const string Printing =
        """
        - hosts: generic
          gather_facts: false
          tasks:
            - ansible.builtin.debug:
                msg: "RESULT:{{ query('ansible.builtin.vars', *(wanted.split(';')), default='none') | to_json | b64encode }}:"
        """;

    [Theory]
    [InlineData("show", "generic", null, "configuration.yml secrets.yml generic/secrets.yml generic/images.yml generic/configuration.yml")]
    [InlineData("show", "infrastructure", null, "configuration.yml secrets.yml monitoring/configuration.yml monitoring/secrets.yml infrastructure/secrets.yml infrastructure/images.yml infrastructure/configuration.yml")]
    [InlineData("show", "manager", null, "configuration.yml secrets.yml manager/secrets.yml manager/images.yml manager/configuration.yml")]
    [InlineData("show", "custom", null, "configuration.yml secrets.yml custom/secrets.yml custom/images.yml custom/configuration.yml")]
    [InlineData("show", "kolla", "zone-a", "configuration.yml secrets.yml kolla.zone-a/secrets.yml kolla.zone-a/images.yml kolla.zone-a/configuration.yml")]
    [InlineData("show", "ceph", null, "configuration.yml secrets.yml ceph/secrets.yml ceph/images.yml ceph/configuration.yml")]
    [InlineData("show", "kubernetes", null, "configuration.yml secrets.yml kubernetes/secrets.yml kubernetes/images.yml kubernetes/configuration.yml")]
    public async Task Later_files_win_as_in_the_run_scripts(string role, string environment, string? sub, string order)
    {
        await using var pod = await Pod.CreateAsync();
        var folder = sub is null ? environment : $"{environment}.{sub}";
        foreach (var file in new[] { "configuration", "images", "secrets" })
            pod.Write($"environments/{folder}/{file}.yml", "dummy: x\n");
        pod.Write($"environments/{folder}/playbook-show.yml", Printing);

        // Each place sets its own variable and those of all places that win over it.
        List<string> places = ["inventory/group_vars/all.yml", "inventory/host_vars/localhost.yml", .. order.Split(' ').Select(name => $"environments/{name}")];
        for (var place = 0; place < places.Count; place++)
            pod.Write(places[place], string.Concat(Enumerable.Range(place, places.Count + 1 - place).Select(i => $"v{i}: \"{places[place]}\"\n")));
        var last = $"v{places.Count}";
        var names = Enumerable.Range(0, places.Count + 1).Select(i => $"v{i}");

        var run = await pod.ComposeAsync(new RunRequest(role)
        {
            Environment = environment,
            Sub = sub,
            Arguments = [$"-e {last}=operator", "-e", JsonSerializer.Serialize(new { wanted = string.Join(';', names) })],
        });
        var (exit, output) = await Pod.StartAsync(run);

        Assert.True(exit == 0, output);
        Assert.Equal([.. places, "operator"], Result(output));
    }

    [Fact]
    public async Task Kolla_is_told_its_folder_and_the_action_of_the_operator_wins()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write(pod.Root("runtimes/kolla-ansible/kolla-nova.yml"), Printing);

        var run = await pod.ComposeAsync(new RunRequest("nova") { Action = "pull", Arguments = ["-e", "wanted=CONFIG_DIR;kolla_action;kolla_action_stop_ignore_missing", "-e kolla_action=stop"] });
        var (exit, output) = await Pod.StartAsync(run);

        Assert.True(exit == 0, output);
        Assert.Equal([pod.Path("environments/kolla"), "stop", "true"], Result(output));
        Assert.Equal("stop", run.Route.Action);
    }

    [Fact]
    public async Task Hostile_arguments_arrive_as_single_elements()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/custom/playbook-show.yml", Printing);
        const string Hostile = "it's \"quoted\" $(touch /tmp/osism-hostile) `id` ; rm -rf / | & > x\n\tsecond line ☂ \\ * {a,b} -e x=y";

        var run = await pod.ComposeAsync("show", "-e", JsonSerializer.Serialize(new { hostile = Hostile }), "-e", "wanted=hostile");
        var (exit, output) = await Pod.StartAsync(run);

        Assert.True(exit == 0, output);
        Assert.Equal([Hostile], Result(output));
        Assert.False(File.Exists("/tmp/osism-hostile"));
    }

    [Fact]
    public async Task A_list_of_services_ends_with_the_first_that_failed()
    {
        await using var pod = await Pod.CreateAsync();
        string Playbook(string name, bool fails) => $$"""
            - hosts: generic
              gather_facts: false
              tasks:
                - ansible.builtin.command: "{{(fails ? "false" : "true")}}"
                - ansible.builtin.debug: msg="DONE-{{name}}"
            """;
        pod.Write(pod.Root("runtimes/kolla-ansible/kolla-nova.yml"), Playbook("nova", fails: false));
        pod.Write(pod.Root("runtimes/kolla-ansible/kolla-keystone.yml"), Playbook("keystone", fails: true));
        pod.Write(pod.Root("runtimes/kolla-ansible/kolla-mariadb.yml"), Playbook("mariadb", fails: false));

        var (exit, output) = await Pod.StartAsync(await pod.ComposeAsync("nova,keystone,mariadb"));

        Assert.Equal(2, exit);
        Assert.Contains("DONE-nova", output, StringComparison.Ordinal);
        Assert.DoesNotContain("DONE-keystone", output, StringComparison.Ordinal);
        Assert.DoesNotContain("DONE-mariadb", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Encrypted_files_and_values_are_opened_with_the_managers_password()
    {
        await using var pod = await Pod.CreateAsync();
        pod.VaultPassword = Pod.Password;
        pod.Write("environments/custom/playbook-show.yml", Printing);
        pod.WriteEncrypted("environments/custom/secrets.yml", "from_file: opened-file\n");
        pod.WriteEncrypted("inventory/host_vars/localhost/secrets.yml", "from_inventory: opened-inventory\n");
        pod.Write("inventory/group_vars/all.yml", "from_value: " + Inline("opened-value"));

        var run = await pod.ComposeAsync("show", "-e", "wanted=from_file;from_inventory;from_value");
        var (exit, output) = await Pod.StartAsync(run);

        Assert.True(exit == 0, output);
        Assert.Equal(["opened-file", "opened-inventory", "opened-value"], Result(output));
        Assert.Superset(new HashSet<string>(["opened-file", "opened-inventory", "opened-value", Pod.Password]), run.Secrets.ToHashSet());
        Assert.True(run.Plan.Vault.Needed);
        Assert.Equal(["environments/custom/secrets.yml", "inventory/group_vars/all.yml", "inventory/host_vars/localhost/secrets.yml"], run.Plan.Vault.Files);
    }

    internal static string Inline(string value, string password = Pod.Password)
    {
        var text = Encoding.UTF8.GetString(Protocols.Vault.AnsibleVault.Encrypt(Encoding.UTF8.GetBytes(value), password));
        return "!vault |\n" + string.Concat(text.TrimEnd().Split('\n').Select(line => $"    {line}\n"));
    }

    private static string[] Result(string output)
    {
        var start = output.IndexOf("RESULT:", StringComparison.Ordinal);
        Assert.True(start >= 0, output);
        start += "RESULT:".Length;
        var encoded = output[start..output.IndexOf(':', start)];
        return JsonSerializer.Deserialize<string[]>(Convert.FromBase64String(encoded))!;
    }
}
