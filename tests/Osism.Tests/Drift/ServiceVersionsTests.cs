using Osism.Contracts;
using Osism.Contracts.Services;
using Osism.Testing;
using Osism.Tests.Cli;
using Osism.Tests.Hosting;

namespace Osism.Tests.Drift;

/// <summary>Hosts that do not say what runs on them, through the real manager and the command line. What runs is for the system test.</summary>
public sealed class ServiceVersionsTests(SilentHosts pod) : IClassFixture<SilentHosts>
{
    [Fact]
    public async Task A_host_that_says_nothing_costs_its_own_rows()
    {
        var rows = await LookAsync([], "mine", null);

        Assert.Equal(
            [("till", "here", VersionStates.Unknown), ("till", "gone", VersionStates.Unreachable), ("shop", "strange", VersionStates.Unreachable)],
            rows.Select(row => (row.Service, row.Host, row.State)));
        Assert.StartsWith("its containers cannot be listed: ", rows[0].Detail, StringComparison.Ordinal);
        Assert.Contains("refused", rows[1].Detail, StringComparison.Ordinal);
        Assert.Contains("ansible_host of the host strange", rows[2].Detail, StringComparison.Ordinal);
        Assert.Equal(["here"], (await LookAsync([], "mine", "pair:!gone")).Select(row => row.Host));
    }

    [Fact]
    public async Task A_service_that_was_named_is_told_of_also_when_there_is_nothing_to_ask()
    {
        var rows = await LookAsync(["spare", "empty", "mute"], null, "here");

        Assert.Equal(
            [("empty", null, "there are no hosts in its groups none"), ("mute", null, "the catalogue does not say which containers are its own: 'containers' in environments/services.yml does")],
            rows.Where(row => row.Host is null).Select(row => (row.Service!, row.Host, row.Detail!)).Order());
        Assert.Equal(("spare", VersionStates.Unknown), (rows.Single(row => row.Host is not null).Service, rows.Single(row => row.Host is not null).State));
    }

    [Fact]
    public async Task Nobody_without_a_name_has_the_manager_log_in_somewhere() =>
        Assert.Equal("access.denied", (await Manager.ProblemAsync(pod.Manager.Tcp.GetAsync(new Uri(ApiRoutes.ServicesVersions, UriKind.Relative), TestContext.Current.CancellationToken))).Code);

    [Fact]
    public async Task The_command_line_says_what_it_saw_and_ends_with_8_where_somebody_was_out_of_reach()
    {
        var (exit, output, error) = await CliAsync("services", "versions", "--layer", "mine", "--drift", "--check", "--format", "csv");

        Assert.Equal(ExitCode.Unreachable, exit);
        Assert.StartsWith("service,host,container,running,wanted,state,detail\n", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("\ntill,gone,,,,unreachable,", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("unknown", output, StringComparison.Ordinal);
        Assert.Equal("1 unknown, 2 unreachable\n", error);
        Assert.Equal(ExitCode.Success, (await CliAsync("services", "versions", "till", "-l", "here", "--check")).Exit);
        Assert.Equal(ExitCode.NotFound, (await CliAsync("services", "versions", "-l", "nobody")).Exit);
        Assert.Equal(ExitCode.NotFound, (await CliAsync("services", "versions", "tyll")).Exit);
    }

    private async Task<IReadOnlyList<ServiceVersionInfo>> LookAsync(string[] names, string? layer, string? limit) =>
        (await pod.Manager.GetAsync(ApiRoutes.ServicesVersionsOf(names, layer, limit), OsismJson.Default.PageServiceVersionInfo)).Items;

    private async Task<(int Exit, string Output, string Error)> CliAsync(params string[] arguments)
    {
        using var run = new CliRun();
        File.CreateSymbolicLink(Path.Combine(run.Home, "osismd.sock"), pod.Manager.Home.Socket);
        return (await run.Start(arguments), run.Output, run.Error);
    }
}

/// <summary>A manager of hosts that say nothing: an engine that nobody has, a port at which nobody listens, an address that takes Ansible to find out.</summary>
public sealed class SilentHosts : IAsyncLifetime
{
    internal Manager Manager { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" });
        await WriteAsync("inventory/hosts", $$$"""
            [pair]
            here ansible_connection=local
            gone ansible_host=127.0.0.1 ansible_port={{{FreePort.Next()}}}
            [odd]
            strange ansible_host="{{ lookup('pipe', 'reboot') }}"
            [none]
            """);
        await WriteAsync("environments/services.yml", """
            layers: [mine]
            services:
              till: {layer: mine, groups: [pair], containers: [till]}
              spare: {layer: mine, groups: [pair], containers: [spare], optional: true}
              shop: {layer: mine, groups: [odd], containers: [shop]}
              empty: {layer: mine, groups: [none], containers: [empty]}
              mute: {layer: mine, groups: [pair]}

            """);
    }

    public ValueTask DisposeAsync() => Manager.DisposeAsync();

    private Task WriteAsync(string name, string text) =>
        File.WriteAllTextAsync(Path.Combine(Manager.Repository, name), text, TestContext.Current.CancellationToken);
}
