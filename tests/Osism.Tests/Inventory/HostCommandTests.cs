using System.Text.Json;
using Osism.Contracts;
using Osism.Testing;
using Osism.Tests.Cli;

namespace Osism.Tests.Inventory;

/// <summary><c>osism get hosts|hostvars</c> and <c>osism inventory search</c> against a real manager.</summary>
public sealed class HostCommandTests(InventoryFixture fixture) : IClassFixture<InventoryFixture>, IDisposable
{
    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Hosts_are_listed_in_every_format()
    {
        Assert.Equal(0, await RunAsync("get", "hosts", "-l", "web:!node-1"));
        Assert.Equal("+--------+\n| Host   |\n|--------|\n| node-0 |\n| node-2 |\n+--------+\n", _run.Output);

        Assert.Equal(0, await RunAsync("get", "hosts", "--limit", "db", "--format", "json"));
        using var json = JsonDocument.Parse(_run.Output[_run.Output.IndexOf('[', StringComparison.Ordinal)..]);
        Assert.Equal(["node-2", "node-3"], json.RootElement.EnumerateArray().Select(row => row.GetProperty("host").GetString()));
        Assert.Equal(0, await RunAsync("get", "hosts", "--format", "csv"));
        Assert.EndsWith("host\nnode-0\nnode-1\nnode-2\nnode-3\n", _run.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_without_hosts_ends_with_1_and_an_empty_list()
    {
        Assert.Equal(ExitCode.Failed, await RunAsync("get", "hosts", "-l", "wbe", "--format", "json"));
        Assert.Equal("[]", _run.Output.Trim());
        Assert.Equal("no host matches 'wbe' (nearest: web, db)\n", _run.Error);
    }

    [Fact]
    public async Task The_variables_of_a_host_are_byte_for_byte_what_Ansible_prints()
    {
        Assert.Equal(0, await RunAsync("get", "hostvars", "node-1", "--format", "json"));
        using var password = new TempFolder();
        await File.WriteAllTextAsync(password["p"], InventoryFixture.Password, TestContext.Current.CancellationToken);
        var expected = await new Command("ansible-inventory")
        {
            Arguments = ["-i", Path.Combine(fixture.Manager.Repository, "inventory"), "--vault-password-file", password["p"], "--host", "node-1"],
            Folder = "/",
        }.MustAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected.Text, _run.Output);
    }

    [Theory]
    [InlineData("plain", "\"own\"\n")]
    [InlineData("big", "123456789012345678901234567890\n")]
    public async Task One_variable_is_its_bare_value(string variable, string value)
    {
        Assert.Equal(0, await RunAsync("get", "hostvars", "node-1", variable, "--format", "json"));
        Assert.Equal(value, _run.Output);
    }

    [Theory]
    [InlineData("host.unknown", "node-1", "get", "hostvars", "node-11")]
    [InlineData("variable.unknown", "plain", "get", "hostvars", "node-1", "plian")]
    [InlineData("variable.unknown", "plain", "dump", "inventory", "node-1", "plian", "--explain")]
    public async Task What_is_not_there_ends_with_9_and_names_what_is_near(string code, string nearest, params string[] arguments)
    {
        Assert.Equal(ExitCode.NotFound, await RunAsync(arguments));
        Assert.StartsWith($"error: {code}: ", _run.Error, StringComparison.Ordinal);
        Assert.Contains(nearest, _run.Error, StringComparison.Ordinal);
        Assert.Empty(_run.Output);
    }

    [Fact]
    public async Task An_explained_value_stands_above_those_it_hides()
    {
        Assert.Equal(0, await RunAsync("get", "hostvars", "node-1", "plain", "--explain"));
        string[] rows = [.. _run.Output.Split('\n')[3..7]];
        Assert.Equal(
            ["plain|own|inventory/host_vars/node-1.yml:1|host_vars/node-1|repository|80", "|second|inventory/group_vars/web/b.yml:3|group_vars/web|repository|50",
                "|first|inventory/group_vars/web/a.yml:1|group_vars/web|repository|50", "|ü|inventory/group_vars/all.yml:3|group_vars/all|repository|30"],
            rows.Select(row => string.Join('|', row.Trim('|').Split('|').Select(cell => cell.Trim()))));

        Assert.Equal(0, await RunAsync("get", "hostvars", "node-1", "plain", "--explain", "--format", "json"));
        using var json = JsonDocument.Parse(_run.Output[_run.Output.IndexOf('[', StringComparison.Ordinal)..]);
        Assert.Equal(3, json.RootElement[0].GetProperty("shadowed").GetArrayLength());
    }

    [Fact]
    public async Task A_search_shows_file_and_line_and_ends_with_1_when_there_is_nothing()
    {
        Assert.Equal(0, await RunAsync("inventory", "search", "node-2", "--format", "csv"));
        Assert.Equal("kind,name,of,value,file\nhost,node-2,,,inventory/10-custom:2\n", _run.Output.ReplaceLineEndings("\n"));
        Assert.Equal(0, await RunAsync("inventory", "search", "plain", "-n", "1"));
        Assert.Contains("there is more", _run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await RunAsync("inventory", "search", "nowhere at all"));
    }

    [Fact]
    public async Task Lint_ends_with_10_and_names_files_as_the_repository_does()
    {
        Assert.Equal(ExitCode.Configuration, await RunAsync("inventory", "lint", "--format", "json"));
        using var json = JsonDocument.Parse(_run.Output);
        Assert.Contains(json.RootElement.EnumerateArray(), finding => finding.GetProperty("file").GetString() == "inventory/hosts"
            && finding.GetProperty("line").GetInt32() == 3 && finding.GetProperty("code").GetString() == "host.not_generic" && finding.GetProperty("message").GetString()!.Contains("node-3", StringComparison.Ordinal));
        Assert.Contains(json.RootElement.EnumerateArray(), finding => finding.GetProperty("file").GetString() == "inventory/group_vars/web/a.yml"
            && finding.GetProperty("code").GetString() == "variables.shadowed" && finding.GetProperty("message").GetString()!.Contains("inventory/group_vars/web/b.yml:3", StringComparison.Ordinal));
        Assert.DoesNotContain(json.RootElement.EnumerateArray(), finding => finding.GetProperty("severity").GetString() == "error");
    }

    private Task<int> RunAsync(params string[] arguments)
    {
        var socket = Path.Combine(_run.Home, "osismd.sock");
        if (!File.Exists(socket))
            File.CreateSymbolicLink(socket, fixture.Manager.Home.Socket);
        return _run.Start(arguments);
    }
}
