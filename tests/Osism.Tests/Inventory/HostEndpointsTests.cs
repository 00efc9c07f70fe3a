using System.Net;
using System.Text;
using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Configuration.Vault;
using Osism.Protocols.Vault;
using Osism.Testing;
using Osism.Tests.Hosting;

namespace Osism.Tests.Inventory;

/// <summary>A manager whose inventory has every place where a variable can be set, and secrets.</summary>
public sealed class InventoryFixture : IAsyncLifetime
{
    public const string Password = "correct horse";

    internal Manager Manager { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" });
        Write("inventory/10-custom", "[web]\nnode-[0:2] inline=1\n\n[web:vars]\nshared=source\ninline=2\n\n[all:vars]\nshared=all\n");
        Write("inventory/hosts", "[db]\nnode-2\nnode-3\n");
        Write("inventory/group_vars/all.yml", "---\nshared: file\nplain: ü\nlimits: {db_password: x, list: [1, 2.50, {api_token: y}]}\n");
        Write("inventory/group_vars/web/a.yml", "plain: first\n");
        Write("inventory/group_vars/web/b.yml", "---\n# a remark\nplain: second\nbig: 123456789012345678901234567890\n");
        Write("inventory/host_vars/node-1.yml", $"plain: own\nadmin_password: hunter22\nironic_osism_x: q\nsealed: !vault |\n{Inline("inner")}\n");
        Write("inventory/host_vars/node-3/secrets.yml", Encrypt("quiet: whisper\n"));
        await Manager.Get<VaultKeeper>().SetPasswordAsync(Password, "test", TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => Manager.DisposeAsync();

    private static string Inline(string text) => string.Join('\n', Encrypt(text).Trim().Split('\n').Select(line => $"  {line}"));

    private static string Encrypt(string text) => Encoding.UTF8.GetString(AnsibleVault.Encrypt(Encoding.UTF8.GetBytes(text), Password));

    private void Write(string path, string text)
    {
        var file = Path.Combine(Manager.Repository, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}

/// <summary>The paths below <c>/v1/inventory</c>; <c>ansible-inventory</c> is the arbiter of hosts and values.</summary>
public sealed class HostEndpointsTests(InventoryFixture fixture) : IClassFixture<InventoryFixture>
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly Manager _manager = fixture.Manager;

    [Theory]
    [InlineData(null, "node-0 node-1 node-2 node-3")]
    [InlineData("web", "node-0 node-1 node-2")]
    [InlineData("web:&db", "node-2")]
    [InlineData("all:!web", "node-3")]
    [InlineData("~node-[12]", "node-1 node-2")]
    public async Task Hosts_are_those_that_Ansible_finds(string? pattern, string hosts)
    {
        var found = await _manager.GetAsync(ApiRoutes.InventoryHostsOf(pattern), OsismJson.Default.InventoryHostsInfo);

        Assert.Equal(hosts, string.Join(' ', found.Hosts));
        Assert.Equal(found.Hosts.Count, found.Count);
        var listed = await new Command("ansible") { Arguments = ["-i", Path.Combine(_manager.Repository, "inventory"), "--list-hosts", pattern ?? "all"], Folder = "/" }.MustAsync(_token);
        Assert.Equal(listed.Text.Split('\n').Skip(1).Select(line => line.Trim()).Where(line => line.Length > 0).Order(StringComparer.Ordinal), found.Hosts);
    }

    [Fact]
    public async Task A_pattern_without_hosts_comes_with_names_that_are_near_and_one_that_is_none_is_the_fault_of_the_asker()
    {
        var none = await _manager.GetAsync(ApiRoutes.InventoryHostsOf("wbe"), OsismJson.Default.InventoryHostsInfo);
        Assert.Equal((0, "web"), (none.Count, none.Nearest[0]));

        var problem = await Manager.ProblemAsync(_manager.Http.GetAsync(ApiRoutes.InventoryHostsOf("web[9]"), _token));
        Assert.Equal((400, "request.invalid"), (problem.Status, problem.Code));
    }

    [Fact]
    public async Task Every_value_is_explained_by_the_place_it_was_written_in_and_is_the_one_Ansible_has()
    {
        foreach (var host in (string[])["node-0", "node-1", "node-2", "node-3"])
        {
            var origins = await ExplainAsync(host, null);
            using var expected = JsonDocument.Parse(await AnsibleAsync(host));
            Assert.Equal(expected.RootElement.EnumerateObject().Select(variable => variable.Name).Order(StringComparer.Ordinal), origins.Select(origin => origin.Name));
            Assert.All(origins, origin => Assert.True(JsonElement.DeepEquals(expected.RootElement.GetProperty(origin.Name), origin.Value), $"{host} {origin.Name}: {origin.Value}"));
        }
    }

    [Theory]
    [InlineData("node-1", "plain")]
    [InlineData("node-1", "inline")]
    [InlineData("node-2", "inline")]
    [InlineData("node-2", "shared")]
    [InlineData("node-0", "limits")]
    [InlineData("node-0", "big")]
    public async Task A_play_that_gets_the_published_inventory_sees_the_same_value(string host, string variable)
    {
        var explained = Assert.Single(await ExplainAsync(host, variable));

        var shown = await new Command("ansible")
        {
            Arguments = ["-i", Path.Combine(_manager.Home.Inventory, "current"), "-m", "ansible.builtin.debug", "-a", $"var={variable}", host],
            Folder = "/",
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["ANSIBLE_NOCOLOR"] = "1", ["ANSIBLE_CONFIG"] = "/nonexistent.cfg" },
        }.MustAsync(_token);

        using var seen = JsonDocument.Parse(shown.Text[shown.Text.IndexOf('{', StringComparison.Ordinal)..]);
        Assert.True(JsonElement.DeepEquals(seen.RootElement.GetProperty(variable), explained.Value), $"{shown.Text} {explained.Value}");
    }

    [Fact]
    public async Task What_a_value_hides_is_listed_the_strongest_first_with_file_and_line()
    {
        var plain = Assert.Single(await ExplainAsync("node-1", "plain"));
        Assert.Equal(("inventory/host_vars/node-1.yml", 1, "repository", "host_vars/node-1", 80), (plain.File, plain.Line, plain.Source, plain.Place, plain.Precedence));
        Assert.Equal(
            ["second inventory/group_vars/web/b.yml:3 50", "first inventory/group_vars/web/a.yml:1 50", "ü inventory/group_vars/all.yml:3 30"],
            plain.Shadowed.Select(value => $"{value.Value} {value.File}:{value.Line} {value.Precedence}"));

        var inline = Assert.Single(await ExplainAsync("node-1", "inline"));
        Assert.Equal(("host node-1", "inventory/10-custom", 2, 70), (inline.Place, inline.File, inline.Line, inline.Precedence));
        Assert.Equal("group web", Assert.Single(inline.Shadowed).Place);
        var shared = Assert.Single(await ExplainAsync("node-3", "shared"));
        Assert.Equal(["group all"], shared.Shadowed.Select(value => value.Place));
    }

    [Fact]
    public async Task Those_who_may_only_read_see_no_secret()
    {
        using var anybody = _manager.Tcp;
        var variables = await Manager.GetAsync(anybody, "/v1/inventory/hosts/node-1/hostvars", OsismJson.Default.HostVariablesInfo);

        Assert.Equal(variables.Variables.Select(variable => variable.Name).Order(StringComparer.Ordinal), variables.Variables.Select(variable => variable.Name));
        Assert.Equal(variables.Variables.Count, variables.Count);
        var text = variables.Variables.ToDictionary(variable => variable.Name, variable => variable.Value.GetRawText(), StringComparer.Ordinal);
        Assert.Equal("\"***\" \"***\" \"***\"", $"{text["admin_password"]} {text["ironic_osism_x"]} {text["sealed"]}");
        Assert.Equal("""{"db_password":"***","list":[1,2.5,{"api_token":"***"}]}""", text["limits"]);
        Assert.Equal("\"own\"", text["plain"]);
        Assert.Equal("123456789012345678901234567890", text["big"]);

        // Of a file that is encrypted as a whole nothing is for everybody.
        Assert.Equal("***", (await Manager.GetAsync(anybody, "/v1/inventory/hosts/node-3/hostvars/quiet", OsismJson.Default.HostVariableInfo)).Value.GetString());
        Assert.Equal("***", Assert.Single((await Manager.GetAsync(anybody, "/v1/inventory/hosts/node-3/origins?variable=quiet", OsismJson.Default.PageVariableOriginInfo)).Items).Value.GetString());
        Assert.Empty((await Manager.GetAsync(anybody, ApiRoutes.InventoryFindText("whisper", 10), OsismJson.Default.PageInventoryHitInfo)).Items);
        Assert.Empty((await Manager.GetAsync(anybody, ApiRoutes.InventoryFindText("hunter2", 10), OsismJson.Default.PageInventoryHitInfo)).Items);
        using var refused = await anybody.PostAsync(new Uri(ApiRoutes.InventoryExplain, UriKind.Relative), Manager.Json("""{"host":"node-1"}"""), _token);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("hunter22", Assert.Single(await ExplainAsync("node-1", "admin_password")).Value.GetString());
    }

    [Theory]
    [InlineData("/v1/inventory/hosts/node-9/hostvars", 404, "host.unknown", "node-0")]
    [InlineData("/v1/inventory/hosts/node-1/hostvars/plian", 404, "variable.unknown", "plain")]
    [InlineData("/v1/inventory/hosts/node-1/origins?variable=plian", 404, "variable.unknown", "plain")]
    [InlineData("/v1/inventory/search?name_pattern=(", 400, "request.invalid", null)]
    [InlineData("/v1/inventory/search?source=dreams", 400, "request.invalid", null)]
    [InlineData("/v1/inventory/search?limit=0", 400, "request.invalid", null)]
    [InlineData("/v1/inventory/find?text=", 400, "request.invalid", null)]
    public async Task What_is_not_there_is_refused_with_what_is_near(string path, int status, string code, string? nearest)
    {
        var problem = await Manager.ProblemAsync(_manager.Http.GetAsync(path, _token));

        Assert.Equal((status, code), (problem.Status, problem.Code));
        if (nearest is not null)
            Assert.Contains(nearest, problem.Nearest!);
    }

    [Fact]
    public async Task Variables_are_searched_by_expressions_for_names_and_hosts()
    {
        var found = await _manager.GetAsync("/v1/inventory/search?name_pattern=PLA.N&host_pattern=-[13]$", OsismJson.Default.VariableSearchInfo);
        Assert.Equal(["node-1 plain own hostvars", "node-3 plain ü hostvars"], found.Results.Select(one => $"{one.Host} {one.Name} {one.Value} {one.Source}"));
        Assert.Equal((2, 2), (found.Count, found.HostsSearched));
        Assert.Equal(new VariableSearchQuery("PLA.N", "-[13]$", "hostvars", 100), found.Query);
        Assert.Equal(1, (await _manager.GetAsync("/v1/inventory/search?limit=1", OsismJson.Default.VariableSearchInfo)).Count);
    }

    [Fact]
    public async Task A_text_is_found_in_names_and_values_once_where_it_is_written()
    {
        var hits = (await _manager.GetAsync(ApiRoutes.InventoryFindText("SECOND", 10), OsismJson.Default.PageInventoryHitInfo)).Items;
        Assert.Equal(new InventoryHitInfo("value", "plain", "web", "second", "inventory/group_vars/web/b.yml", 3), Assert.Single(hits));

        var node = (await _manager.GetAsync(ApiRoutes.InventoryFindText("node-2", 10), OsismJson.Default.PageInventoryHitInfo)).Items;
        Assert.Equal(new InventoryHitInfo("host", "node-2", null, null, "inventory/10-custom", 2), Assert.Single(node));
        var page = await _manager.GetAsync(ApiRoutes.InventoryFindText("plain", 2), OsismJson.Default.PageInventoryHitInfo);
        Assert.Equal(["all", "web"], page.Items.Select(hit => hit.Entity));
        var rest = await _manager.GetAsync($"{ApiRoutes.InventoryFindText("plain", 2)}&next={page.Next}", OsismJson.Default.PageInventoryHitInfo);
        Assert.Equal(["web", "node-1"], rest.Items.Select(hit => hit.Entity));
        Assert.Null(rest.Next);
    }

    private async Task<IReadOnlyList<VariableOriginInfo>> ExplainAsync(string host, string? variable)
    {
        using var answer = await _manager.Http.PostAsync(
            new Uri(ApiRoutes.InventoryExplain, UriKind.Relative), Manager.Json(JsonSerializer.Serialize(new ExplainVariables(host, variable), OsismJson.Default.ExplainVariables)), _token);
        return (await Manager.ReadAsync(answer, OsismJson.Default.PageVariableOriginInfo)).Items;
    }

    private async Task<string> AnsibleAsync(string host)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["password"], InventoryFixture.Password, _token);
        return (await new Command("ansible-inventory")
        {
            Arguments = ["-i", Path.Combine(_manager.Repository, "inventory"), "--vault-password-file", folder["password"], "--host", host],
            Folder = "/",
        }.MustAsync(_token)).Text;
    }
}
