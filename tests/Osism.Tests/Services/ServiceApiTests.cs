using System.Net.Http.Json;
using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Services;
using Osism.Testing;
using Osism.Tests.Cli;
using Osism.Tests.Hosting;

namespace Osism.Tests.Services;

/// <summary>Services through the real manager and the command line; a script stands in for ansible-playbook: it writes down what it was told, and fails when a file says so.</summary>
public sealed class ServiceApiTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private Manager _manager = null!;

    public async ValueTask InitializeAsync()
    {
        var program = _folder["ansible-playbook"];
        await File.WriteAllTextAsync(program, $"""
            #!/bin/sh
            for each; do
              case "$each" in kolla_action=*) action=$(echo "$each" | cut -d= -f2);; esac
            done
            role=$(basename "$each" .yml)
            echo "$role $action" >>{_folder.Path}/ran
            [ ! -e {_folder.Path}/fail-$role ]

            """, _token);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var role in new[] { "mariadb", "keystone", "glance" })
            Write(_folder[$"kolla/kolla-{role}.yml"], "- hosts: all\n");
        _manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OSISM_WORKER__HEARTBEAT"] = "00:00:00.2",
            ["OSISM_WORKER__SLOTS"] = "4",
            ["OSISM_RUNTIMES__KOLLA-ANSIBLE__PATH"] = _folder["kolla"],
            ["OSISM_RUNTIMES__KOLLA-ANSIBLE__ANSIBLE_PLAYBOOK"] = program,
        });
        foreach (var file in new[] { "images", "secrets" })
            Write(InRepository($"environments/kolla/{file}.yml"), "a: b\n");
        Write(InRepository("environments/kolla/configuration.yml"), "kolla_internal_fqdn: api-int.pod.example\nkolla_external_fqdn: api.pod.example\n");
        Write(InRepository("inventory/hosts"), "[control]\nlocalhost ansible_connection=local\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Services_are_listed_with_what_the_pod_makes_of_them()
    {
        var page = await _manager.GetAsync(ApiRoutes.ServicesOf(null, all: true), OsismJson.Default.ServicePage);
        var keystone = page.Items.Single(service => service.Name == "keystone");

        Assert.Empty(page.Problems);
        Assert.Equal(("kolla", "kolla-ansible", "cluster", "built-in"), (keystone.Environment, keystone.Runtime, keystone.Kind, keystone.Source));
        Assert.Equal(["localhost"], keystone.Hosts!);
        Assert.Equal("http://api.pod.example:5000", keystone.Urls.Single(url => url.Name == "api").Url);
        Assert.Equal(new ServicePortInfo("api", 5000), keystone.Ports.Single());
        Assert.Equal(("http {internal}:{port} 200-499", "kolla_keystone_version", true), (keystone.Probe, keystone.VersionVariable, keystone.Wanted));
        Assert.Contains(page.Items, service => service is { Name: "senlin", Retired: true });
        var wanted = await Manager.GetAsync(_manager.Tcp, ApiRoutes.ServicesOf("shared", all: false), OsismJson.Default.ServicePage);
        Assert.All(wanted.Items, service => Assert.Equal(("shared", false), (service.Layer, service.Retired)));
        Assert.Equal("service.unknown", (await Manager.ProblemAsync(_manager.Http.GetAsync(new Uri(ApiRoutes.Service("nothing"), UriKind.Relative), _token))).Code);
        Assert.Equal("request.invalid", (await Manager.ProblemAsync(_manager.Http.GetAsync(new Uri(ApiRoutes.ServicesOf("cellar", all: false), UriKind.Relative), _token))).Code);
    }

    [Fact]
    public async Task The_command_line_lists_shows_and_links_and_says_what_is_wrong_with_the_file()
    {
        Write(InRepository("environments/services.yml"), "services:\n  shop: {layer: controller, urls: {web: \"https://shop.example\"}, prots: 1}\n");

        var (exit, output, error) = await CliAsync("services", "list", "--layer", "controller", "--format", "json");
        Assert.Equal(0, exit);
        Assert.Contains("warning: environments/services.yml, line 2: shop has no field 'prots'", error, StringComparison.Ordinal);
        using var list = JsonDocument.Parse(output);
        Assert.Contains(list.RootElement.EnumerateArray(), service => service.GetProperty("name").GetString() == "shop");
        Assert.DoesNotContain(list.RootElement.EnumerateArray(), service => service.GetProperty("name").GetString() == "senlin");
        Assert.Contains("senlin", (await CliAsync("services", "list", "--all")).Output, StringComparison.Ordinal);

        var shown = (await CliAsync("services", "show", "keystone")).Output;
        Assert.Contains("role         keystone (kolla, kolla-ansible)\n", shown, StringComparison.Ordinal);
        Assert.Contains("url          http://api.pod.example:5000 (api)\n", shown, StringComparison.Ordinal);
        Assert.Contains("requires     mariadb, memcached, rabbitmq\n", shown, StringComparison.Ordinal);

        var links = (await CliAsync("services", "links", "--format", "csv")).Output.ReplaceLineEndings("\n");
        Assert.StartsWith("service,for,url,description\n", links, StringComparison.Ordinal);
        Assert.Contains("\nshop,web,https://shop.example,", links, StringComparison.Ordinal);
        Assert.Contains("\nkeystone,api,http://api.pod.example:5000,", links, StringComparison.Ordinal);
        Assert.DoesNotContain("\nheat,", links, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await CliAsync("services", "show", "keyston")).Exit);
    }

    [Fact]
    public async Task A_plan_is_shown_and_nothing_is_run()
    {
        var (exit, output, _) = await CliAsync("services", "deploy", "mariadb", "keystone", "--dry-run");

        Assert.Equal(0, exit);
        Assert.Equal("""
            A [0] - pull-mariadb (mariadb, kolla, kolla-ansible, pull)
            A [1] -- mariadb (kolla, kolla-ansible)
            A [2] --- keystone (kolla, kolla-ansible), also after pull-keystone
            A [0] - pull-keystone (keystone, kolla, kolla-ansible, pull)

            """, output);
        using var json = JsonDocument.Parse((await CliAsync("services", "upgrade", "--from", "mariadb", "--layer", "shared", "--dry-run", "--format", "json")).Output);
        Assert.Equal("upgrade", json.RootElement.GetProperty("action").GetString());
        Assert.Equal(ExitCode.Usage, (await CliAsync("services", "deploy", "--layer", "cellar", "--dry-run")).Exit);
        Assert.Empty((await _manager.GetAsync(ApiRoutes.CollectionRuns, OsismJson.Default.PageCollectionRunInfo)).Items);
    }

    [Fact]
    public async Task What_has_no_hosts_is_left_out_and_what_the_inventory_switches_off_too()
    {
        Directory.CreateDirectory(InRepository("inventory/group_vars"));
        Write(InRepository("inventory/group_vars/control.yml"), "enable_horizon: false\nenable_heat: true\n");

        using var answer = await _manager.Http.PostAsJsonAsync(ApiRoutes.ServicesPlan, new PlanServices { Action = "deploy" }, OsismJson.Default.PlanServices, _token);
        var plan = await Manager.ReadAsync(answer, OsismJson.Default.ServicePlanInfo);

        Assert.Contains(plan.Nodes, node => node is { Name: "heat", Environment: "kolla", Runtime: "kolla-ansible" });
        Assert.Contains(new LeftOutServiceInfo("horizon", "enable_horizon is false"), plan.LeftOut);
        Assert.Contains(new LeftOutServiceInfo("ceph", "there are no hosts in its groups ceph-mon, ceph-mgr, ceph-osd"), plan.LeftOut);
        Assert.DoesNotContain(plan.Nodes, node => node.Role is "ceph" or "homer");
    }

    [Fact]
    public async Task A_run_that_failed_is_gone_on_with_where_it_stopped()
    {
        await File.WriteAllTextAsync(_folder["fail-kolla-keystone"], "", _token);

        var (exit, _, error) = await CliAsync("services", "deploy", "glance", "keystone", "mariadb", "--no-pull");

        Assert.Equal(ExitCode.Failed, exit);
        Assert.Equal(["kolla-mariadb deploy", "kolla-keystone deploy"], Ran());
        Assert.Contains("node glance skipped", error, StringComparison.Ordinal);
        var run = Assert.Single((await _manager.GetAsync(ApiRoutes.CollectionRuns, OsismJson.Default.PageCollectionRunInfo)).Items);
        Assert.Equal(("services-deploy", CollectionRunStates.Failed), (run.Name, run.State));

        File.Delete(_folder["fail-kolla-keystone"]);
        Assert.Equal(0, (await CliAsync("collection", "resume", $"{run.Id}")).Exit);
        Assert.Equal(["kolla-keystone deploy", "kolla-glance deploy"], Ran()[2..]);
    }

    [Fact]
    public async Task An_upgrade_pulls_first_and_then_upgrades()
    {
        Assert.Equal(0, (await CliAsync("services", "upgrade", "keystone")).Exit);

        Assert.Equal(["kolla-keystone pull", "kolla-keystone upgrade"], Ran());
    }

    [Fact]
    public async Task A_submission_that_is_sent_again_makes_no_second_run_and_not_everybody_may_submit()
    {
        var first = await SubmitAsync(_manager.Http, "0198aaaa-0000-7000-8000-00000000cccc");
        var again = await SubmitAsync(_manager.Http, "0198aaaa-0000-7000-8000-00000000cccc");

        Assert.Equal(first.Id, again.Id);
        Assert.Equal("access.denied", (await Manager.ProblemAsync(_manager.Tcp.PostAsJsonAsync(ApiRoutes.ServicesRuns, Mariadb, OsismJson.Default.PlanServices, _token))).Code);
        Assert.Equal("request.invalid", (await Manager.ProblemAsync(_manager.Http.PostAsJsonAsync(ApiRoutes.ServicesRuns, new PlanServices(), OsismJson.Default.PlanServices, _token))).Code);
        Assert.Equal("role.unknown", (await Manager.ProblemAsync(_manager.Http.PostAsJsonAsync(
            ApiRoutes.ServicesRuns, new PlanServices { Action = "deploy", Names = ["nova"] }, OsismJson.Default.PlanServices, _token))).Code);
    }

    private static PlanServices Mariadb => new() { Action = "deploy", Names = ["mariadb"], NoPull = true };

    private async Task<CollectionRunInfo> SubmitAsync(HttpClient client, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, ApiRoutes.ServicesRuns) { Content = JsonContent.Create(Mariadb, OsismJson.Default.PlanServices) };
        request.Headers.Add(ApiRoutes.IdempotencyKeyHeader, key);
        using var answer = await client.SendAsync(request, _token);
        return await Manager.ReadAsync(answer, OsismJson.Default.CollectionRunInfo);
    }

    private string[] Ran() => File.Exists(_folder["ran"]) ? File.ReadAllLines(_folder["ran"]) : [];

    private async Task<(int Exit, string Output, string Error)> CliAsync(params string[] arguments)
    {
        using var run = new CliRun();
        File.CreateSymbolicLink(Path.Combine(run.Home, "osismd.sock"), _manager.Home.Socket);
        return (await run.Start(arguments), run.Output, run.Error);
    }

    private string InRepository(string name) => Path.Combine(_manager.Repository, name);

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
