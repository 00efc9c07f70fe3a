using Osism.Daemon.Setup;
using Osism.Testing;

namespace Osism.Tests.Setup;

/// <summary><c>osism release show|set</c></summary>
public sealed class ReleaseTests : IDisposable
{
    private const string Settings = "environments/manager/configuration.yml";
    private const string Images = "environments/manager/images.yml";

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Set_changes_the_values_and_nothing_else_of_the_files()
    {
        Write(Settings, "---\n# Ours\nmanager_version: \"9.5.0\"   # since May\nceph_version: reef\ndocker_version: '5:20.1'\nlist:\n  - manager_version: x\n");
        Write(Images, "---\nosism_ansible_tag: 1.2.3 # old\nother: x");
        Write("environments/configuration.yml", "a: 1\r\ndocker_version: '5:20.1'\r\n");
        Write("gilt.yml", "- git: x\n  version: v1\n");

        var run = await ReleaseAsync("set", "10.2.0");

        Assert.Equal((0, $"environments/configuration.yml\n{Settings}\n{Images}\ngilt.yml\n"), (run.ExitCode, run.Text));
        Assert.Equal("---\n# Ours\nmanager_version: \"10.2.0\"   # since May\nceph_version: reef\ndocker_version: '5:27.5.1'\nlist:\n  - manager_version: x\n", Read(Settings));
        Assert.StartsWith("---\nosism_ansible_tag: 0.20260811.0 # old\nother: x\nadminer_tag: 5.5.1\n", Read(Images), StringComparison.Ordinal);
        Assert.Contains("\ndnsmasq_tag: '2.91'\n", Read(Images), StringComparison.Ordinal);
        Assert.Equal("a: 1\r\ndocker_version: '5:27.5.1'\r\n", Read("environments/configuration.yml"));
        Assert.Equal("- git: x\n  version: v0.20260808.0\n", Read("gilt.yml"));
        Assert.Contains($"warning: {Settings}:4: ceph_version counts with the release latest only", run.Errors, StringComparison.Ordinal);
        var again = await ReleaseAsync("set", "10.2.0");
        Assert.Equal((0, ""), (again.ExitCode, again.Text));
    }

    [Fact]
    public async Task An_unknown_release_is_refused_with_the_known_ones_and_changes_nothing()
    {
        Write(Settings, "manager_version: 9.5.0\n");
        Write("release/11.0.0/base.yml", "docker_images: {osism: 7.7.7}\n");

        var run = await ReleaseAsync("set", "12.0.0");

        Assert.Equal(9, run.ExitCode);
        Assert.StartsWith("error: release.unknown: there is no release '12.0.0'; known are 11.0.0, 10.2.0, 10.1.0, 9.5.0, latest, ", run.Errors, StringComparison.Ordinal);
        Assert.Equal("manager_version: 9.5.0\n", Read(Settings));
        Assert.False(File.Exists(_folder[Images]));
        Assert.Equal(0, (await ReleaseAsync("set", "11.0.0")).ExitCode);
        Assert.Equal("---\nosism_tag: 7.7.7\n", Read(Images));
    }

    [Fact]
    public async Task An_encrypted_file_is_refused_before_anything_is_written()
    {
        Write(Settings, "manager_version: 9.5.0\n");
        Write(Images, "$ANSIBLE_VAULT;1.1;AES256\n00\n");

        Assert.Equal(10, (await ReleaseAsync("set", "10.2.0")).ExitCode);
        Assert.Equal("manager_version: 9.5.0\n", Read(Settings));
    }

    [Fact]
    public async Task Show_names_each_version_with_what_says_it()
    {
        Write(Settings, "---\nmanager_version: 10.1.0\nosism_ansible_version: 0.1\n");
        Write(Images, "osism_tag: 9.9.9\n");

        var table = (await ReleaseAsync("show")).Text.Split('\n').Select(line => string.Join('|', line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))).ToList();
        var json = (await ReleaseAsync("show", "--format", "json")).Text;

        Assert.Equal($"manager_version|10.1.0|{Settings}:2", table[0]);
        Assert.Contains($"osism_ansible_version|0.1|{Settings}:3", table);
        Assert.Contains($"osism_tag|9.9.9|{Images}:1", table);
        Assert.Contains("traefik_tag|v3.5.0|release 10.1.0", table);
        Assert.StartsWith($$"""[{"name":"manager_version","version":"10.1.0","source":"{{Settings}}:2"},""", json, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_goes_on_in_further_lines_is_not_taken_for_a_version() =>
        Assert.Equal([("b", "2", 3)], VariableLines.Read("a: |\n  x: 1\nb: 2\nc:\n  - d: 1\ne: [1]\n"));

    private Task<CommandResult> ReleaseAsync(params string[] arguments) =>
        new Command(Checkout.Cli) { Arguments = ["release", .. arguments, "--configuration-path", _folder.Path], Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["OSISM_HOME"] = _folder["home"] } }.RunAsync(Token);

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllText(_folder[path], text);
    }

    private string Read(string path) => File.ReadAllText(_folder[path]);
}
