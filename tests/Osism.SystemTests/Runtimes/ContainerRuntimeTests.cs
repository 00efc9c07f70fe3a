using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Runtimes;

/// <summary>A runtime that is an image: podman runs its Ansible with the files, secrets, facts and hosts of any run.</summary>
public sealed class ContainerRuntimeTests(ContainerSite site) : IClassFixture<ContainerSite>
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_roles_are_known_and_it_says_which_ansible_it_has()
    {
        var runtimes = JsonElement.Parse((await site.Cli.MustAsync(_token, "runtime", "list", "--format", "json")).Text).EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!);

        var acme = runtimes["acme"];
        Assert.Equal(("container", "ready", AnsibleImage.Name), (acme.GetProperty("kind").GetString(), acme.GetProperty("state").GetString(), acme.GetProperty("place").GetString()));
        Assert.Equal(2, acme.GetProperty("roles").GetInt32());
        Assert.Equal(runtimes["osism-ansible"].GetProperty("ansible").GetString(), acme.GetProperty("ansible").GetString());
        Assert.Contains("\nreport,acme,acme,runtime,", (await site.Cli.MustAsync(_token, "apply", "--format", "csv")).Text.ReplaceLineEndings("\n"), StringComparison.Ordinal);

        // One that cannot be used says so, and keeps none of the others from their work.
        Assert.Equal("broken", runtimes["gone"].GetProperty("state").GetString());
        Assert.Contains("could not be pulled", runtimes["gone"].GetProperty("detail").GetString(), StringComparison.Ordinal);
        var refused = await site.Cli.RunAsync(_token, "apply", "-e", "gone", "anything");
        Assert.Equal(ExitCode.Configuration, refused.ExitCode);
        Assert.Contains("error: runtime.unusable: ", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("could not be pulled", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_sees_what_it_would_see_on_this_machine_and_is_recorded_as_any()
    {
        var apply = await site.Cli.RunAsync(_token, "apply", "report", "--format", "script", "-e", """{"word": "hello there"}""");

        Assert.True(apply.ExitCode == 0, apply.Text + apply.Errors);
        var id = Guid.Parse(apply.Errors.Split('\n')[0]);
        var report = JsonElement.Parse((await site.Lab.ExecAsync("node-0", ["cat", "/tmp/report.json"], _token)).Text);
        // What podman says of itself; docker says nothing.
        Assert.Equal(AnsibleImage.Docker is null ? "podman" : "", report.GetProperty("container").GetString());
        Assert.Equal("dragon", report.GetProperty("user").GetString());
        Assert.Equal("hello there", report.GetProperty("word").GetString());
        Assert.Equal("from the image", report.GetProperty("file").GetString());
        Assert.Equal("acme", report.GetProperty("environment").GetString());
        Assert.Equal("node-0", report.GetProperty("host").GetString());
        Assert.True(report.GetProperty("repository").GetBoolean());
        Assert.True(report.GetProperty("production").GetBoolean());
        Assert.Equal("a secret", report.GetProperty("secret").GetString());

        // The record, the masker and the fact cache do not know the difference.
        var results = JsonElement.Parse((await site.Cli.MustAsync(_token, "results", "--job", $"{id}", "--host", "node-0", "--format", "json")).Text);
        Assert.Contains(results.EnumerateArray(), result => result.GetProperty("task").GetString() == "Write the report" && result.GetProperty("status").GetString() == "changed");
        Assert.DoesNotContain("a secret", apply.Text, StringComparison.Ordinal);
        Assert.Contains("***", apply.Text, StringComparison.Ordinal);
        var kernel = (await new Command("uname") { Arguments = ["-r"] }.MustAsync(_token)).Text.Trim();
        Assert.Contains(kernel, (await site.Cli.MustAsync(_token, "get", "facts", "node-0", "ansible_kernel")).Text, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(site.Daemon.Home, "cache", "facts", "node-0")));
        await GoneAsync(id);
    }

    [Fact]
    public async Task Nothing_of_a_revoked_run_lives_and_no_container_stays()
    {
        var (id, _) = await HoldingAsync();
        Assert.Contains($"osism-{id}.1", await site.Image.ContainersAsync(_token), StringComparison.Ordinal);

        await site.Cli.MustAsync(_token, "task", "revoke", $"{id}");

        Assert.Equal(JobState.Cancelled, (await site.Daemon.JobAsync(id, _token)).State);
        Assert.Empty(AttemptProcesses.Described(id));
        await GoneAsync(id);
    }

    [Fact]
    public async Task A_run_outlives_the_manager_and_is_taken_up_by_the_next()
    {
        var (id, sign) = await HoldingAsync();
        await site.Daemon.KillAsync(_token);

        await site.Daemon.StartAsync(_token);
        await site.Lab.ExecAsync("node-0", ["touch", $"/tmp/go-{sign}"], _token);

        Assert.Equal(JobState.Succeeded, (await site.Daemon.EndAsync(id, _token)).State);
        var output = (await site.Cli.MustAsync(_token, "task", "output", $"{id}")).Text;
        Assert.Contains("and it went on", output, StringComparison.Ordinal);
        Assert.Contains("node-0", output, StringComparison.Ordinal);
        await GoneAsync(id);
    }

    /// <summary>A run that waits on node-0 for its own sign.</summary>
    private async Task<(Guid Job, Guid Sign)> HoldingAsync()
    {
        var sign = Guid.NewGuid();
        var submitted = await site.Cli.MustAsync(_token, "apply", "hold", "--format", "script", "--no-wait", "-e", $"sign={sign}");
        var id = Guid.Parse(submitted.Text.Trim());
        await Eventually.TrueAsync("the play waits on the node", async token => (await site.Lab.ExecAsync("node-0", ["test", "-e", $"/tmp/began-{sign}"], token)).ExitCode == 0, Bounds.Long, _token);
        return (id, sign);
    }

    private async Task GoneAsync(Guid id)
    {
        await Leftovers.GoneAsync(site.Daemon, id, _token);
        await Eventually.TrueAsync("no container stays", async token => !(await site.Image.ContainersAsync(token)).Contains($"{id}", StringComparison.Ordinal), Bounds.Long, _token);
    }
}

/// <summary>A pod of one node, with a runtime that is an image and one whose image does not exist.</summary>
public sealed class ContainerSite : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Playbooks = new(StringComparer.Ordinal)
    {
        ["files/word"] = "from the image",
        ["acme-report.yml"] = """
            - name: Report
              hosts: node-0
              tasks:
                - name: Write the report
                  ansible.builtin.copy:
                    dest: /tmp/report.json
                    content: >-
                      {{ {'container': lookup('env', 'container'), 'user': lookup('pipe', 'id -un'), 'word': word, 'file': lookup('file', 'word'), 'host': inventory_hostname,
                          'environment': lookup('env', 'ENVIRONMENT'), 'secret': acme_secret, 'repository': (lookup('env', 'PWD') ~ '/configuration.yml') is file or '/opt/configuration/environments/acme/configuration.yml' is file,
                          'production': '/opt/configuration/environments/configuration.yml' is file and '/share' is directory and '/interface' is directory} | to_json }}
                - name: Say the secret
                  ansible.builtin.debug:
                    msg: "it is {{ acme_secret }}"
            """,
        ["acme-hold.yml"] = """
            - name: Hold
              hosts: node-0
              gather_facts: false
              tasks:
                - name: Say that it began
                  ansible.builtin.file: {path: "/tmp/began-{{ sign }}", state: touch, mode: "0644"}
                - name: Wait for the sign
                  ansible.builtin.wait_for: {path: "/tmp/go-{{ sign }}", timeout: 120}
                - name: Go on
                  ansible.builtin.debug: {msg: and it went on}
            """,
    };

    private Site? _site;

    public AnsibleImage Image { get; private set; } = null!;

    public NodeLab Lab => _site!.Lab!;

    public Daemon Daemon => _site!.Daemon;

    public Cli Cli => _site!.Cli;

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Image = await AnsibleImage.BuildAsync(Playbooks, token);
        var settings = Image.Settings("acme", "acme");
        foreach (var (name, value) in Image.Settings("gone", "gone"))
            settings[name] = value;
        settings["OSISM_RUNTIMES__GONE__IMAGE"] = "localhost/there-is-none:1";
        _site = await Site.StartAsync(1, settings, token);
        foreach (var environment in new[] { "acme", "gone" })
        {
            foreach (var file in new[] { "configuration", "images" })
                await _site.Pod.WriteAsync($"environments/{environment}/{file}.yml", "---\ndummy: true\n", token);
            await _site.Pod.WriteAsync($"environments/{environment}/secrets.yml", "---\nacme_secret: a secret\n", token);
        }

        await Eventually.TrueAsync(
            "the images were looked at",
            async cancellation => !(await Cli.MustAsync(cancellation, "runtime", "list", "--format", "json")).Text.Contains("pulling", StringComparison.Ordinal), Bounds.Long, token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_site is not null)
            await _site.DisposeAsync();
        await Image.DisposeAsync();
    }
}
