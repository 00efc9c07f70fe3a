using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Osism.Contracts;
using Osism.Contracts.Services;
using Osism.Testing;
using Osism.Tests.Cli;
using Osism.Tests.Hosting;
using Osism.Tests.Notifications;

namespace Osism.Tests.Services;

/// <summary>Looks at real listeners on this machine, through the real manager and the command line.</summary>
public sealed class ServiceHealthTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TcpListener _tcp = new(IPAddress.Loopback, 0);
    private Manager _manager = null!;
    private HttpReceiver _web = null!;

    private int TcpPort => ((IPEndPoint)_tcp.LocalEndpoint).Port;

    public async ValueTask InitializeAsync()
    {
        _tcp.Start();
        _web = await HttpReceiver.StartAsync();
        _manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api", ["OSISM_SERVICES__PROBE_TIMEOUT"] = "00:00:01" });
        await WriteAsync("inventory/hosts", """
            [pair]
            node-0 ansible_host=127.0.0.1
            node-1 ansible_host=127.0.0.1
            [none]
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        await _web.DisposeAsync();
        _tcp.Dispose();
    }

    [Fact]
    public async Task A_port_takes_connections_on_every_host_or_refuses_them()
    {
        var refused = FreePort.Next();
        await DefineAsync($$$"""
            up: {layer: shared, groups: [pair], ports: {api: {{{TcpPort}}}}, probe: {tcp: "{host}:{port}"}}
            down: {layer: shared, probe: {tcp: "127.0.0.1:{{{refused}}}"}}
            """);

        var health = await LookAsync("up", "down");

        Assert.Equal((ServiceStates.Healthy, "all 2 hosts answer"), (health["up"].State, health["up"].Detail));
        Assert.Equal([("node-0", $"127.0.0.1:{TcpPort}", true), ("node-1", $"127.0.0.1:{TcpPort}", true)], health["up"].Targets.Select(target => (target.Host!, target.Target, target.Healthy)));
        Assert.Equal((ServiceStates.Unhealthy, $"127.0.0.1:{refused} refuses connections"), (health["down"].State, health["down"].Detail));
        Assert.Equal("shared", health["up"].Layer);
        Assert.True(health["up"].CheckedAt > DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task A_page_answers_with_a_good_status_with_another_or_never()
    {
        await DefineAsync($$$"""
            page: {layer: shared, probe: {http: "{{{_web.Url}}}/x"}}
            strict: {layer: shared, probe: {http: "{{{_web.Url}}}", status: [204, 300-302]}}
            """);

        Assert.Equal((ServiceStates.Healthy, "answers 200"), await SeenAsync("page"));
        Assert.Equal((ServiceStates.Unhealthy, $"{_web.Url} answers 200; good is 204, 300-302"), await SeenAsync("strict"));

        _web.Status = 503;
        Assert.Equal((ServiceStates.Unhealthy, $"{_web.Url}/x answers 503; good is 200-399"), await SeenAsync("page"));

        _web.Status = 302;
        Assert.Equal((ServiceStates.Healthy, "answers 302"), await SeenAsync("strict"));

        _web.Status = 0;
        Assert.Equal((ServiceStates.Unhealthy, $"{_web.Url}/x no answer within 1 s"), await SeenAsync("page"));
    }

    [Fact]
    public async Task A_listener_that_says_nothing_is_not_waited_for_longer_than_its_probe_says()
    {
        // Takes the connection and never answers.
        await DefineAsync($$$"""
            silent: {layer: shared, probe: {http: "http://127.0.0.1:{{{TcpPort}}}", timeout: 2}}
            """);

        var health = (await LookAsync("silent"))["silent"];

        Assert.Equal($"http://127.0.0.1:{TcpPort} no answer within 2 s", health.Detail);
        Assert.InRange(health.DurationMs, 1900, 20_000);
        Assert.InRange(health.Targets.Single().DurationMs, 1900, 20_000);
    }

    [Fact]
    public async Task A_certificate_must_be_trusted_unless_the_probe_says_otherwise()
    {
        await using var secure = await SecureAsync();
        var url = secure.Urls.Single();
        await DefineAsync($$$"""
            strict: {layer: shared, probe: {http: "{{{url}}}"}}
            lenient: {layer: shared, probe: {http: "{{{url}}}", verify: false}}
            """);

        var (state, detail) = await SeenAsync("strict");

        Assert.Equal(ServiceStates.Unhealthy, state);
        Assert.Contains("its certificate is not trusted here", detail, StringComparison.Ordinal);
        Assert.Equal((ServiceStates.Healthy, "answers 200"), await SeenAsync("lenient"));
    }

    [Fact]
    public async Task Where_nobody_can_say_it_is_said_why()
    {
        await DefineAsync("""
            mute: {layer: shared}
            empty: {layer: shared, groups: [none], probe: {tcp: "{host}:1"}}
            nowhere: {layer: shared, probe: {tcp: "{my_address|other_address}:1"}}
            part: {layer: shared, part_of: mute}
            """);

        var health = await LookAsync("mute", "empty", "nowhere", "part", "senlin");

        Assert.All(health.Values, one => Assert.Equal(ServiceStates.Unknown, one.State));
        Assert.Equal("there is no probe for it; 'probe' in environments/services.yml gives it one", health["mute"].Detail);
        Assert.Equal("there are no hosts in its groups none", health["empty"].Detail);
        Assert.Equal("its address is not known: the configuration says nothing of my_address or other_address", health["nowhere"].Detail);
        Assert.Equal("there is no probe for it; it comes with mute", health["part"].Detail);
        Assert.Equal("it is retired", health["senlin"].Detail);
    }

    [Fact]
    public async Task The_command_line_shows_it_and_ends_with_1_when_one_is_unhealthy()
    {
        await DefineAsync($$$"""
            up: {layer: mine, probe: {tcp: "127.0.0.1:{{{TcpPort}}}"}}
            mute: {layer: mine}
            spare: {layer: mine, optional: true, probe: {tcp: "127.0.0.1:{{{FreePort.Next()}}}"}}
            """);

        var (exit, output, _) = await CliAsync("services", "health", "--layer", "mine", "--format", "csv");
        Assert.Equal(ExitCode.Success, exit);
        Assert.StartsWith("service,layer,state,took,checked,detail\n", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("up,mine,healthy,", output, StringComparison.Ordinal);
        Assert.Contains("mute,mine,unknown,", output, StringComparison.Ordinal);
        Assert.DoesNotContain("spare", output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, (await CliAsync("services", "health", "up", "spare")).Exit);
        var (missing, _, error) = await CliAsync("services", "health", "upp");
        Assert.Equal(ExitCode.NotFound, missing);
        Assert.StartsWith("error: service.unknown: there is no service 'upp'; did you mean up", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_inventory_hides_hosts_and_not_services()
    {
        await DefineAsync($$$"""
            hosted: {layer: shared, groups: [pair], probe: {tcp: "{host}:1"}}
            fixed: {layer: shared, probe: {tcp: "127.0.0.1:{{{TcpPort}}}"}}
            """);
        await WriteAsync("inventory/hosts", "[pair\n");

        var health = await LookAsync("hosted", "fixed");

        Assert.Equal(ServiceStates.Unknown, health["hosted"].State);
        Assert.StartsWith("the inventory cannot be asked: ", health["hosted"].Detail, StringComparison.Ordinal);
        Assert.Equal(ServiceStates.Healthy, health["fixed"].State);
        Assert.Null((await _manager.GetAsync(ApiRoutes.Service("hosted"), OsismJson.Default.ServiceInfo)).Hosts);
    }

    private async Task<(string State, string Detail)> SeenAsync(string name) => (await LookAsync(name))[name] is var one ? (one.State, one.Detail) : default;

    private async Task<Dictionary<string, ServiceHealthInfo>> LookAsync(params string[] names) =>
        (await _manager.GetAsync(ApiRoutes.ServicesHealthOf(names, null), OsismJson.Default.PageServiceHealthInfo)).Items.ToDictionary(one => one.Service, StringComparer.Ordinal);

    private async Task<(int Exit, string Output, string Error)> CliAsync(params string[] arguments)
    {
        using var run = new CliRun();
        File.CreateSymbolicLink(Path.Combine(run.Home, "osismd.sock"), _manager.Home.Socket);
        return (await run.Start(arguments), run.Output, run.Error);
    }

    private Task DefineAsync(string services) => WriteAsync(
        "environments/services.yml", "layers: [mine]\nservices:\n" + string.Join('\n', services.Split('\n').Select(line => $"  {line}")) + "\n");

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(_manager.Repository, name), text, _token);

    private async Task<WebApplication> SecureAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync("ok", context.RequestAborted));
        await app.StartAsync(_token);
        return app;
    }
}
