using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Osism.Daemon.Hosting;
using Osism.Daemon.Inventory.Lint;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Setup;
using Osism.Testing;

namespace Osism.Tests.Setup;

/// <summary><c>osism init</c>, with the programs as they are built.</summary>
public sealed class InitTests : IDisposable
{
    private static readonly string[] Needed = ["--domain", "pod.example.org", "--internal-address", "192.0.2.9", "--node", "node-0=192.0.2.10", "--node", "node-1=192.0.2.11:compute,manager"];

    private readonly TempFolder _folder = new();

    private string Pod => _folder["pod"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_repository_reconciles_with_the_eight_base_groups_and_a_missing_one_would_be_found()
    {
        await MakeAsync();
        await using var app = DaemonApplication.Build(Settings(), NullLoggerProvider.Instance);
        var made = await app.Services.GetRequiredService<Reconciler>().MakeAsync(app.Services.GetRequiredService<InventoryLayers>().Read(null), Token);

        Assert.Empty(made.Findings);
        using var hosts = JsonDocument.Parse(made.Files.Single(file => file.Name == "hosts.json").Content);
        Assert.All(PodPlan.BaseGroups, group => Assert.Contains($"\"{group}\"", hosts.RootElement.GetRawText(), StringComparison.Ordinal));
        Assert.Equal(2, made.Hosts);
        var check = app.Services.GetRequiredService<UnmanagedCheck>();
        Assert.Empty(await check.CheckAsync(Password(), Token));

        // The same check sees what is wrong.
        var roles = Path.Combine(Pod, "inventory/20-roles");
        await File.WriteAllTextAsync(roles, (await File.ReadAllTextAsync(roles, Token)).Replace("[network]\nnode-0\n", "", StringComparison.Ordinal), Token);
        await File.WriteAllTextAsync(Path.Combine(Pod, "environments/kolla/images.yml"), "---\n", Token);
        var found = await check.CheckAsync(Password(), Token);
        Assert.Equal([FindingCodes.BaseGroupMissing, FindingCodes.EnvironmentFileEmpty], found.Select(finding => finding.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Reverse());
    }

    [Fact]
    public async Task Every_secrets_file_opens_with_vaultpass_and_no_secret_is_in_a_commit_or_in_the_output()
    {
        var run = await MakeAsync();
        var files = Directory.GetFiles(Path.Combine(Pod, "environments"), "secrets.yml", SearchOption.AllDirectories);
        Assert.Equal(10, files.Length);
        List<string> secrets = [Password()];
        foreach (var file in files)
        {
            var view = await new Command("ansible-vault") { Arguments = ["view", "--vault-password-file", Path.Combine(Pod, "secrets/vaultpass"), file] }.MustAsync(Token);
            Assert.StartsWith("---\n", view.Text, StringComparison.Ordinal);
            secrets.AddRange(view.Text.Split('\n').Where(line => !line.Contains("public_key", StringComparison.Ordinal)).Select(line => line.Split(": ")[^1].Trim().Trim('\''))
                .Where(text => text.Length > 16 && !text.StartsWith("-----", StringComparison.Ordinal) && !text.EndsWith(':') && !text.EndsWith('|')));
        }

        Assert.True(secrets.Count > 120, $"only {secrets.Count} secrets");
        var objects = await new Command("git") { Arguments = ["-C", Pod, "cat-file", "--batch", "--batch-all-objects", "--unordered"] }.MustAsync(Token);
        var published = objects.Text + run.Text + run.Errors;
        Assert.DoesNotContain(secrets, secret => published.Contains(secret, StringComparison.Ordinal));
        Assert.Contains("pod.example.org", published, StringComparison.Ordinal);
        Assert.Contains($"{Pod}/secrets", run.Errors, StringComparison.Ordinal);
        Assert.Contains("$ANSIBLE_VAULT", published, StringComparison.Ordinal);
        Assert.Equal("1", (await GitAsync("rev-list", "--all", "--count")).Trim());
        Assert.Empty(await GitAsync("status", "--porcelain"));
        Assert.DoesNotContain((await GitAsync("ls-files")).Split('\n'), name => name.StartsWith("secrets/", StringComparison.Ordinal));
        Assert.All((string[])["vaultpass", "id_rsa.operator", "id_rsa.configuration"], name => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Pod, "secrets", name))));
        Assert.Equal([Pod], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_key_that_is_there_is_taken_and_a_pod_without_Ceph_and_Kubernetes_has_none_of_them()
    {
        var key = _folder["key"];
        await new Command("ssh-keygen") { Arguments = ["-q", "-t", "ed25519", "-N", "", "-C", "it's me: # 1", "-f", key] }.MustAsync(Token);

        await MakeAsync("--operator-key", key, "--without-ceph", "--without-kubernetes", "--manager", "boss=192.0.2.5", "--release", "9.5.0", "--timezone", "Europe/Berlin");

        Assert.Equal(await File.ReadAllTextAsync(key, Token), await File.ReadAllTextAsync(Path.Combine(Pod, "secrets/id_rsa.operator"), Token));
        var settings = await File.ReadAllTextAsync(Path.Combine(Pod, "environments/configuration.yml"), Token);
        Assert.Contains($"operator_public_key: '{(await File.ReadAllTextAsync($"{key}.pub", Token)).Trim().Replace("'", "''", StringComparison.Ordinal)}'\n", settings, StringComparison.Ordinal);
        Assert.Contains("timezone_name: Europe/Berlin\n", settings, StringComparison.Ordinal);
        Assert.DoesNotContain("ceph", settings, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Pod, "environments/ceph")));
        Assert.False(Directory.Exists(Path.Combine(Pod, "environments/kubernetes")));
        var roles = await File.ReadAllTextAsync(Path.Combine(Pod, "inventory/20-roles"), Token);
        Assert.Contains("[ceph-control]\n\n[ceph-resource]\n", roles, StringComparison.Ordinal);
        Assert.Contains("manager_version: 9.5.0\n", await File.ReadAllTextAsync(Path.Combine(Pod, "environments/manager/configuration.yml"), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_holds_something_is_refused_and_stays_as_it_is()
    {
        Directory.CreateDirectory(Pod);
        await File.WriteAllTextAsync(Path.Combine(Pod, ".mine"), "x", Token);

        var run = await Init([Pod, .. Needed]).RunAsync(Token);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"error: repository.exists: {Pod} holds something", run.Errors, StringComparison.Ordinal);
        Assert.Equal([Pod], Directory.GetFileSystemEntries(_folder.Path));
        Assert.Equal([Path.Combine(Pod, ".mine")], Directory.GetFileSystemEntries(Pod));
    }

    [Fact]
    public async Task An_empty_folder_is_taken_and_the_default_is_that_of_the_settings()
    {
        Directory.CreateDirectory(Pod);

        var command = Init(Needed);
        var run = await (command with { Environment = new Dictionary<string, string?>(command.Environment, StringComparer.Ordinal) { ["GIT_DIR"] = _folder["other"] } }).MustAsync(Token);

        Assert.Equal($"{Pod}\n", run.Text);
        Assert.True(Directory.Exists(Path.Combine(Pod, ".git")));
    }

    [Fact]
    public async Task Without_a_terminal_what_is_missing_is_named_and_nothing_is_made()
    {
        var run = await Init(Pod, "--domain", "pod.example.org").RunAsync(Token);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("error: request.invalid: --node, --internal-address must be given", run.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("request.invalid: /dev/null is no private key", 2, "--operator-key", "/dev/null")]
    [InlineData("release.unknown: there is no release '1.2.3'; known are 10.2.0, 10.1.0, 9.5.0, latest", 9, "--release", "1.2.3")]
    [InlineData("request.invalid: node-0 cannot be in ceph-control, as the pod is to be without Ceph", 2, "--without-ceph", "--node", "node-0=192.0.2.20:ceph-control")]
    public async Task What_cannot_be_is_refused_and_leaves_nothing(string error, int exit, params string[] more)
    {
        var run = await Init([Pod, .. Needed, .. more]).RunAsync(Token);

        Assert.Equal(exit, run.ExitCode);
        Assert.StartsWith($"error: {error}", run.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Killed_in_the_middle_there_is_nothing_in_the_place_and_the_next_call_cleans_up()
    {
        var points = new Failpoints(_folder["points"]);
        points.Arm("init.made");
        using (var run = Init([Pod, .. Needed], points).Start())
        {
            await points.ReachedAsync("init.made", Bounds.Long, Token);
            var second = await Init([Pod, .. Needed]).RunAsync(Token);
            Assert.StartsWith("error: repository.busy: ", second.Errors, StringComparison.Ordinal);
            await run.SignalAsync("KILL", Token);
            await run.WaitAsync(Bounds.Long, Token);
        }

        Assert.False(Path.Exists(Pod));
        var left = $"{Pod}.new/left";
        await File.WriteAllTextAsync(left, "", Token);
        await MakeAsync();
        Assert.False(File.Exists(Path.Combine(Pod, "left")));
        Assert.Equal([Pod, points.Folder], Directory.GetFileSystemEntries(_folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Interrupted_it_takes_away_what_it_began()
    {
        var points = new Failpoints(_folder["points"]);
        points.Arm("init.made");
        using var run = Init([Pod, .. Needed], points).Start();
        await points.ReachedAsync("init.made", Bounds.Long, Token);

        await run.SignalAsync("INT", Token);

        Assert.Equal(6, (await run.WaitAsync(Bounds.Long, Token)).ExitCode);
        Assert.Equal([points.Folder], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task On_a_terminal_it_asks_again_for_what_cannot_be_and_takes_the_defaults()
    {
        // Domain, Ceph, Kubernetes, nodes, manager, internal and external address, network, interface, name servers, time servers, time zone, release, and whether to go on.
        string[] answers = ["Not A Domain", "pod.example.org", "no", "", "node-0", "node-0=192.0.2.10", "", "", "192.0.2.9", "192.0.2.8", "", "ens3", "192.0.2.1 192.0.2.2", "", "Europe/Berlin", "10.1.0", "yes"];
        using var run = Terminal(answers).Start();
        var ended = await run.WaitAsync(Bounds.Long, Token);

        Assert.True(ended.ExitCode == 0, ended.Text);
        Assert.Contains("'Not A Domain' cannot be the domain", ended.Text, StringComparison.Ordinal);
        Assert.Contains("'node-0' is not NAME=ADDRESS", ended.Text, StringComparison.Ordinal);
        Assert.Contains("Network of the nodes [192.0.2.0/24]", ended.Text, StringComparison.Ordinal);
        var settings = await File.ReadAllTextAsync(Path.Combine(Pod, "environments/configuration.yml"), Token);
        Assert.Contains("resolvconf_nameserver:\n  - '192.0.2.1'\n  - '192.0.2.2'\n", settings, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Pod, "environments/ceph")));
        Assert.Equal("---\ninternal_interface: ens3\n", await File.ReadAllTextAsync(Path.Combine(Pod, "inventory/group_vars/generic.yml"), Token));
        Assert.Contains("manager_version: 10.1.0\n", await File.ReadAllTextAsync(Path.Combine(Pod, "environments/manager/configuration.yml"), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_says_no_on_the_terminal_gets_nothing()
    {
        string[] answers = ["pod.example.org", "", "", "node-0=192.0.2.10", "", "", "192.0.2.9", "", "", "", "", "", "", "", "no"];
        using var run = Terminal(answers).Start();
        var ended = await run.WaitAsync(Bounds.Long, Token);

        Assert.Equal(6, ended.ExitCode);
        Assert.Contains("nothing was changed", ended.Text, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    private Task<CommandResult> MakeAsync(params string[] more) => Init([Pod, .. Needed, .. more]).MustAsync(Token);

    private Command Init(params string[] arguments) => Init(arguments, null);

    private Command Init(string[] arguments, Failpoints? points) => new(Checkout.Cli)
    {
        Arguments = ["init", .. arguments],
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["OSISM_HOME"] = "/nonexistent/osism",
            ["OSISM_CONFIGURATION"] = Pod,
            ["OSISM_TEST__FAILPOINTS"] = points?.Folder,
        },
    };

    /// <summary>The program on a pseudo terminal of its own, with somebody who types.</summary>
    private Command Terminal(string[] answers) => new("script")
    {
        Arguments = ["-qec", $"{Checkout.Cli} init", "/dev/null"],
        Environment = Init().Environment,
        Input = Encoding.UTF8.GetBytes(string.Concat(answers.Select(answer => $"{answer}\n"))),
        Interactive = true,
    };

    private DaemonSettings Settings() => DaemonSettings.Of(
        null, new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_HOME"] = _folder["home"], ["OSISM_CONFIGURATION"] = Pod }, _folder["none"]);

    private string Password() => File.ReadAllText(Path.Combine(Pod, "secrets/vaultpass")).Trim();

    private async Task<string> GitAsync(params string[] arguments) => (await new Command("git") { Arguments = ["-C", Pod, .. arguments] }.MustAsync(Token)).Text;
}
