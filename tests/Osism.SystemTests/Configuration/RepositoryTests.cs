using System.Security.Cryptography;
using System.Text;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Configuration;

/// <summary>The configuration repository in the hands of runs, and as a checkout over SSH.</summary>
public sealed class RepositoryTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_cannot_change_the_repository_even_as_the_user_who_owns_it()
    {
        await using var site = await Site.StartAsync(0, SiteFixture.Settings, _token);
        await site.Pod.PlayAsync("vandal", $$$"""
            ---
            - name: Try to change the repository
              hosts: localhost
              connection: local
              gather_facts: false
              tasks:
                - name: By every way there is
                  ansible.builtin.shell: |
                    echo "I am $(id -un), it belongs to $(stat -c %U {{{site.Pod.Path}}})"
                    for place in {{{site.Pod.Path}}} /opt/configuration; do
                        [ -e $place/environments/configuration.yml ] && echo "SEEN $place"
                        for what in "touch $place/new" "touch $place/environments/new" "cp /etc/hostname $place/inventory/20-roles" "cp /etc/hostname $place/environments/custom/playbook-vandal.yml" \
                            "rm -f $place/environments/configuration.yml" "mkdir $place/inventory/host_vars/new" "mv $place/inventory $place/elsewhere" "cp /etc/hostname $place/.git/HEAD" \
                            "chmod 777 $place/environments" "ln -s /etc $place/environments/link"; do
                            $what 2>/dev/null && echo "DONE $what"
                        done
                    done
                    true
            """, _token);
        await site.Pod.CommitAsync("Add the vandal", _token);
        await new Command("chown") { Arguments = ["-R", "dragon:", site.Pod.Path] }.MustAsync(_token);
        // Nothing but the manager is in the way: this user may write there.
        await new Command("setpriv") { Arguments = ["--reuid=dragon", "--regid=dragon", "--init-groups", "--", "touch", site.Pod.PathOf("environments", "configuration.yml")] }.MustAsync(_token);
        var before = Fingerprint(site.Pod.Path);

        var id = await site.Daemon.SubmitAsync(_token, "vandal", "-v");
        await site.Daemon.EndAsync(id, _token);

        var output = Encoding.UTF8.GetString(await site.Daemon.OutputAsync(id, _token));
        Assert.Contains("I am dragon, it belongs to dragon", output, StringComparison.Ordinal);
        Assert.Contains($"SEEN {site.Pod.Path}", output, StringComparison.Ordinal);
        Assert.Contains("SEEN /opt/configuration", output, StringComparison.Ordinal);
        Assert.DoesNotContain("DONE ", output.Replace("echo \\\"DONE", "", StringComparison.Ordinal).Replace("echo \"DONE", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(before, Fingerprint(site.Pod.Path));
    }

    [Fact]
    public async Task A_sync_over_ssh_uses_the_key_of_the_secrets_and_leaves_nothing_of_it()
    {
        await using var site = await Site.StartAsync(1, SiteFixture.Settings, _token);
        var node = site.Lab!.Nodes[0];
        await site.Lab.ExecAsync(node.Name, ["su", "dragon", "-c", "git init -q --bare -b main /home/dragon/configuration.git"], _token);
        var key = await File.ReadAllTextAsync(site.Lab.PrivateKey, _token);
        await site.Pod.WriteAsync("environments/manager/secrets.yml", $"---\nconfiguration_git_private_key: |\n{string.Join('\n', key.Trim().Split('\n').Select(line => $"  {line}"))}\n", _token);
        using var password = new TempFolder();
        await File.WriteAllTextAsync(password["p"], site.Pod.VaultPassword, _token);
        await new Command("ansible-vault") { Arguments = ["encrypt", "--vault-password-file", password["p"], site.Pod.PathOf("environments", "manager", "secrets.yml")] }.MustAsync(_token);
        await site.Pod.WriteAsync(
            "environments/manager/configuration.yml",
            $"---\nconfiguration_git_host: {node.Address}\nconfiguration_git_username: dragon\nconfiguration_git_repository: home/dragon/configuration.git\nconfiguration_git_version: main\n", _token);
        await site.Pod.CommitAsync("Say where this is kept", _token);
        var remote = $"ssh://dragon@{node.Address}/home/dragon/configuration.git";
        var ssh = new Dictionary<string, string?>(StringComparer.Ordinal) { ["GIT_SSH_COMMAND"] = $"ssh -i {site.Lab.PrivateKey} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null" };
        await GitAsync(site.Pod.Path, "push", "-q", remote, "HEAD:refs/heads/main");
        await GitAsync(password.Path, "clone", "-q", remote, "work");
        await File.WriteAllTextAsync(password["work/environments/new.yml"], "a: 1\n", _token);
        await GitAsync(password["work"], "add", "-A");
        await GitAsync(password["work"], "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "theirs");
        await GitAsync(password["work"], "push", "-q");

        var result = await site.Cli.MustAsync(_token, "sync", "configuration");

        Assert.StartsWith($"main of {remote}: ", result.Text, StringComparison.Ordinal);
        Assert.True(File.Exists(site.Pod.PathOf("environments", "new.yml")));
        // Another test of this machine may be at it just now.
        await Eventually.TrueAsync(() => Directory.GetDirectories("/dev/shm", "osism-sync-*").Length == 0, "no key is left", _token);
        // Debian's ssh writes hashes instead of names.
        Assert.NotEmpty(await File.ReadAllTextAsync(Path.Combine(site.Daemon.Home, "known_hosts"), _token));
        Assert.DoesNotContain(key.Split('\n')[1], site.Daemon.Log, StringComparison.Ordinal);

        // Another host in its place is not trusted.
        var known = await File.ReadAllTextAsync(Path.Combine(site.Daemon.Home, "known_hosts"), _token);
        var other = (await File.ReadAllTextAsync($"{site.Lab.PrivateKey}.pub", _token)).Split(' ')[1];
        await File.WriteAllTextAsync(Path.Combine(site.Daemon.Home, "known_hosts"), string.Concat(known.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"{line[..(line.LastIndexOf(' ') + 1)]}{other}\n")), _token);
        var refused = await site.Cli.RunAsync(_token, "sync", "configuration");
        Assert.Equal(8, refused.ExitCode);
        Assert.StartsWith("error: remote.unreachable: ", refused.Errors, StringComparison.Ordinal);

        async Task GitAsync(string folder, params string[] arguments) =>
            await new Command("git") { Arguments = ["-C", folder, "-c", "safe.directory=*", .. arguments], Environment = ssh }.MustAsync(_token);
    }

    /// <summary>Names, modes and contents of everything below a folder.</summary>
    private static string Fingerprint(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{File.GetUnixFileMode(path)}\0"));
            if (File.Exists(path))
                hash.AppendData(File.ReadAllBytes(path));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
