using System.Diagnostics;
using Osism.Contracts;
using Osism.Daemon.Runtimes;

namespace Osism.Tests.Ansible;

/// <summary>What stands in the way of a run is said in one line with a stable code.</summary>
public sealed class RunRefusalTests
{
    [Fact]
    public async Task A_missing_repository_is_named()
    {
        await using var pod = await Pod.CreateAsync();
        Directory.Delete(pod.Repository, recursive: true);
        var refused = await pod.RefusedAsync("ping");
        Assert.Equal(ErrorCodes.RepositoryMissing, refused.Code);
        Assert.Contains(pod.Repository, refused.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.RepositoryMissing, (await pod.RefusedAsync("nobody-knows-this")).Code);
    }

    [Fact]
    public async Task A_folder_that_is_no_repository_is_named()
    {
        await using var pod = await Pod.CreateAsync();
        Directory.Delete(pod.Path("environments"), recursive: true);
        Assert.Equal(ErrorCodes.RepositoryMissing, (await pod.RefusedAsync("ping")).Code);
    }

    [Fact]
    public async Task An_unknown_role_comes_with_the_nearest_names()
    {
        await using var pod = await Pod.CreateAsync();
        var refused = await pod.RefusedAsync("factz");
        Assert.Equal(ErrorCodes.RoleUnknown, refused.Code);
        Assert.Equal("facts", refused.Nearest![0]);
        Assert.InRange(refused.Nearest.Count, 1, 5);
        Assert.Contains("keystone", (await pod.RefusedAsync("keystoen")).Nearest!);
    }

    [Fact]
    public async Task A_known_role_without_its_playbook_says_where_it_was_looked_for()
    {
        await using var pod = await Pod.CreateAsync();
        var refused = await pod.RefusedAsync("auditd");
        Assert.Equal(ErrorCodes.RoleUnknown, refused.Code);
        Assert.Contains("environments/generic/playbook-auditd.yml", refused.Message, StringComparison.Ordinal);
        Assert.Contains("generic-auditd.yml", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_of_a_runtime_that_is_not_installed_names_the_runtime()
    {
        await using var pod = await Pod.CreateAsync();
        Directory.Delete(pod.Root("runtimes/kolla-ansible"), recursive: true);
        var refused = await pod.RefusedAsync("nova");
        Assert.Equal(ErrorCodes.RuntimeMissing, refused.Code);
        Assert.Contains("kolla-ansible", refused.Message, StringComparison.Ordinal);

        // The operator's own play needs only an Ansible.
        pod.Write("environments/kolla/playbook-nova.yml", Pod.Play);
        Assert.Equal(pod.Path("environments/kolla/playbook-nova.yml"), (await pod.ComposeAsync("nova")).Plan.Playbook);
    }

    [Fact]
    public async Task A_missing_environment_is_named_with_those_there_are()
    {
        await using var pod = await Pod.CreateAsync();
        Directory.Delete(pod.Path("environments/generic"), recursive: true);
        Assert.Equal(ErrorCodes.EnvironmentMissing, (await pod.RefusedAsync("ping")).Code);
        var refused = await Assert.ThrowsAsync<Daemon.Platform.OsismException>(() => pod.ComposeAsync(new RunRequest("nosuch") { Environment = "infrastrukture" }));
        Assert.Equal(ErrorCodes.EnvironmentMissing, refused.Code);
        Assert.Equal(["infrastructure"], refused.Nearest);
    }

    [Theory]
    [InlineData("environments/configuration.yml")]
    [InlineData("environments/secrets.yml")]
    [InlineData("environments/infrastructure/configuration.yml")]
    [InlineData("environments/infrastructure/images.yml")]
    [InlineData("environments/infrastructure/secrets.yml")]
    [InlineData("environments/monitoring/secrets.yml")]
    public async Task A_missing_file_is_named(string file)
    {
        await using var pod = await Pod.CreateAsync();
        pod.Delete(file);
        var refused = await pod.RefusedAsync("netbox");
        Assert.Equal((ErrorCodes.FileMissing, file), (refused.Code, refused.File));
    }

    [Fact]
    public async Task A_missing_inventory_is_named()
    {
        await using var pod = await Pod.CreateAsync();
        Directory.Delete(pod.Path("inventory"), recursive: true);
        var refused = await pod.RefusedAsync("ping");
        Assert.Equal((ErrorCodes.FileMissing, "inventory"), (refused.Code, refused.File));
    }

    [Theory]
    [InlineData("environments/generic/configuration.yml", "a: 1\nb: [1, 2\nc: 3\n", 3)]
    [InlineData("environments/generic/images.yml", "a: b: c\n", 1)]
    [InlineData("inventory/host_vars/localhost.yml", "ok: 1\n\tx: 2\n", 2)]
    [InlineData("inventory/group_vars/all/99.yml", "a: 'x\n", 2)]
    public async Task Broken_yaml_is_named_with_its_line(string file, string text, int line)
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write(file, text);
        var refused = await pod.RefusedAsync("ping");
        Assert.Equal(ErrorCodes.YamlBroken, refused.Code);
        Assert.Equal((file, line), (refused.File, refused.Line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("---\n")]
    [InlineData("# only a comment\n")]
    [InlineData("- a\n- b\n")]
    [InlineData("just text\n")]
    public async Task An_extra_vars_file_that_is_no_mapping_is_refused_as_ansible_would(string text)
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/generic/images.yml", text);
        var refused = await pod.RefusedAsync("ping");
        Assert.Equal((ErrorCodes.ConfigurationBroken, "environments/generic/images.yml"), (refused.Code, refused.File));
    }

    [Theory]
    [InlineData("environments/.lock", "ping", null, true)]
    [InlineData("environments/generic/.lock", "ping", null, true)]
    [InlineData("environments/kolla/.lock", "ping", null, false)]
    [InlineData("environments/kolla/.lock", "nova", null, true)]
    [InlineData("environments/kolla/.lock", "nova", "zone-a", false)]
    [InlineData("environments/kolla.zone-a/.lock", "nova", "zone-a", true)]
    [InlineData("environments/kolla.zone-a/.lock", "nova", null, false)]
    public async Task A_lock_file_holds_its_environment(string file, string role, string? sub, bool held)
    {
        await using var pod = await Pod.CreateAsync();
        foreach (var name in new[] { "configuration", "images", "secrets" })
            pod.Write($"environments/kolla.zone-a/{name}.yml", "dummy: x\n");
        pod.Write(file, "\n  maintenance of the rack \nmore\n");
        var request = new RunRequest(role) { Sub = sub };
        if (!held)
        {
            Assert.All((await pod.ComposeAsync(request)).Plan.Locks, info => Assert.False(info.Held));
            return;
        }

        var refused = await Assert.ThrowsAsync<Daemon.Platform.OsismException>(() => pod.ComposeAsync(request));
        Assert.Equal(ErrorCodes.LockHeld, refused.Code);
        Assert.Equal(Environment.UserName, refused.Holder);
        Assert.NotNull(refused.Since);
        Assert.Contains("maintenance of the rack", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);

        // Who only looks is shown the lock.
        var plan = (await pod.Composer.ExplainAsync(request, TestContext.Current.CancellationToken)).Plan;
        Assert.Equal(pod.Path(file), Assert.Single(plan.Locks, info => info.Held).Path);
    }

    [Fact]
    public async Task A_lock_file_in_git_belongs_to_its_author()
    {
        await using var pod = await Pod.CreateAsync();
        pod.Write("environments/.lock", "upgrade\n");
        Git(pod.Repository, "init", "-q", "-b", "main");
        Git(pod.Repository, "add", ".");
        Git(pod.Repository, "-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.org", "commit", "-qm", "x", "--date", "2026-01-02T03:04:05+01:00");

        var refused = await pod.RefusedAsync("ping");
        Assert.Equal("Ada Lovelace", refused.Holder);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)), refused.Since);

        // Somebody wrote into it since: git does not know who.
        pod.Write("environments/.lock", "upgrade, by hand\n");
        Assert.Equal(Environment.UserName, (await pod.RefusedAsync("ping")).Holder);
    }

    [Fact]
    public async Task A_sealed_vault_refuses_only_what_needs_it()
    {
        await using var pod = await Pod.CreateAsync();
        Assert.DoesNotContain("--vault-password-file", (await pod.ComposeAsync("ping")).Plan.Argv);

        pod.WriteEncrypted("environments/generic/secrets.yml", "a: b\n");
        var refused = await pod.RefusedAsync("ping");
        Assert.Equal((ErrorCodes.VaultSealed, "environments/generic/secrets.yml"), (refused.Code, refused.File));
        Assert.False((await pod.ComposeAsync("netdata")).Plan.Vault.Needed);

        pod.Write("inventory/group_vars/all.yml", "x: " + RunComposerPeerTests.Inline("secret"));
        Assert.Equal((ErrorCodes.VaultSealed, "inventory/group_vars/all.yml"), ((await pod.RefusedAsync("netdata")).Code, (await pod.RefusedAsync("netdata")).File));

        // A repository that names a password file of its own knows what it does.
        pod.Write("environments/ansible.cfg", "[defaults]\nvault_password_file = ../secrets/vaultpass\n");
        Assert.Equal("none", (await pod.ComposeAsync("ping")).Plan.Vault.Source);
        pod.Delete("environments/ansible.cfg");

        // The operator may bring a password.
        Assert.True((await pod.ComposeAsync("ping", "--vault-password-file", "/x")).Plan.Vault.Needed);
    }

    [Fact]
    public async Task A_wrong_password_names_the_file_and_the_right_one_is_found_at_once()
    {
        await using var pod = await Pod.CreateAsync();
        pod.WriteEncrypted("environments/generic/secrets.yml", "a: b\n");
        pod.VaultPassword = "wrong";
        var refused = await pod.RefusedAsync("ping");
        Assert.Equal((ErrorCodes.VaultWrongPassword, "environments/generic/secrets.yml"), (refused.Code, refused.File));

        pod.VaultPassword = Pod.Password;
        var run = await pod.ComposeAsync("ping");
        Assert.Equal("--vault-password-file", run.Plan.Argv[1]);
        Assert.Equal("secrets/vault_password", Assert.Single(run.SecretFiles).Name);
        Assert.DoesNotContain(run.Plan.Argv.Concat(run.Plan.Env.Values), text => text.Contains(Pod.Password, StringComparison.Ordinal));

        pod.VaultPassword = "wrong";
        Assert.Equal(ErrorCodes.VaultWrongPassword, (await pod.RefusedAsync("ping")).Code);
    }

    [Fact]
    public async Task Wrong_inline_values_and_damaged_files_are_named_with_their_line()
    {
        await using var pod = await Pod.CreateAsync();
        pod.VaultPassword = Pod.Password;
        pod.Write("inventory/host_vars/localhost.yml", "a: 1\nb: " + RunComposerPeerTests.Inline("x", "another"));
        var refused = await pod.RefusedAsync("ping");
        Assert.Equal((ErrorCodes.VaultWrongPassword, "inventory/host_vars/localhost.yml", 2), (refused.Code, refused.File, refused.Line));

        pod.Delete("inventory/host_vars/localhost.yml");
        pod.Write("environments/generic/secrets.yml", "$ANSIBLE_VAULT;1.1;AES256\n00xx\n");
        refused = await pod.RefusedAsync("ping");
        Assert.Equal((ErrorCodes.VaultBroken, "environments/generic/secrets.yml", 2), (refused.Code, refused.File, refused.Line));
    }

    [Fact]
    public async Task Broken_yaml_inside_a_vault_file_is_named_too()
    {
        await using var pod = await Pod.CreateAsync();
        pod.VaultPassword = Pod.Password;
        pod.WriteEncrypted("environments/generic/secrets.yml", "a: b\nc: [\n");
        Assert.Equal(ErrorCodes.YamlBroken, (await pod.RefusedAsync("ping")).Code);
        pod.WriteEncrypted("environments/generic/secrets.yml", "");
        Assert.Equal(ErrorCodes.ConfigurationBroken, (await pod.RefusedAsync("ping")).Code);
    }

    [Fact]
    public async Task The_operators_key_comes_from_home_or_from_the_secrets_unless_the_repository_names_another()
    {
        await using var pod = await Pod.CreateAsync();
        Assert.False((await pod.ComposeAsync("ping")).Plan.Env.ContainsKey("ANSIBLE_PRIVATE_KEY_FILE"));

        pod.VaultPassword = Pod.Password;
        pod.WriteEncrypted("environments/secrets.yml", "operator_private_key: |\n  -----BEGIN KEY-----\n  c2VjcmV0\n  -----END KEY-----\nother: 1\n");
        var run = await pod.ComposeAsync("ping");
        var key = Assert.Single(run.SecretFiles, file => file.Name == "secrets/id_rsa.operator");
        Assert.Equal("-----BEGIN KEY-----\nc2VjcmV0\n-----END KEY-----\n"u8.ToArray(), key.Content);
        Assert.Equal(Path.Combine(Path.GetDirectoryName(run.Plan.Env["OSISM_EVENTS"])!, "secrets/id_rsa.operator"), run.Plan.Env["ANSIBLE_PRIVATE_KEY_FILE"]);
        Assert.Contains("c2VjcmV0", run.Secrets);

        pod.Write(pod.Root("home/secrets/id_rsa.operator"), "of the manager\n");
        Assert.Equal("of the manager\n"u8.ToArray(), Assert.Single((await pod.ComposeAsync("ping")).SecretFiles, file => file.Name == "secrets/id_rsa.operator").Content);

        pod.Write("environments/ansible.cfg", "[defaults]\nprivate_key_file = /ansible/secrets/id_rsa.operator\n");
        Assert.True((await pod.ComposeAsync("ping")).Plan.Env.ContainsKey("ANSIBLE_PRIVATE_KEY_FILE"));
        pod.Write("environments/ansible.cfg", "[defaults]\nprivate_key_file = ../my.key\n");
        Assert.False((await pod.ComposeAsync("ping")).Plan.Env.ContainsKey("ANSIBLE_PRIVATE_KEY_FILE"));
    }

    [Fact]
    public async Task A_full_disk_of_the_manager_is_named()
    {
        await using var pod = await Pod.CreateAsync();
        using var full = new Testing.SmallDisk(1);
        await full.FillAsync(TestContext.Current.CancellationToken);
        Directory.CreateDirectory(pod.Home.Root);
        File.CreateSymbolicLink(pod.Home.Cache, full.Path);
        Assert.Equal(ErrorCodes.SpoolDiskFull, (await pod.RefusedAsync("ping")).Code);
    }

    private static void Git(string folder, params string[] arguments)
    {
        using var git = Process.Start("git", ["-C", folder, .. arguments]);
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
    }
}
