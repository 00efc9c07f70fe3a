using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Hosting;

/// <summary>What keeps <c>osismd</c> from starting is said in lines with codes, and nothing else happens.</summary>
[Collection(Collections.Site)]
public sealed class StartErrorTests(SiteFixture site)
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_bad_settings_are_named_at_once()
    {
        using var folder = new TempFolder();

        var result = await StartAsync(folder["home"], ("OSISM_WORKER__SLOTS", "0"), ("OSISM_LISTEN", "nonsense"), ("OSISM_SSH__CONNECT_TIMEOUT", "soon"));

        Assert.Equal(2, result.ExitCode);
        var lines = result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.StartsWith("error: settings.invalid: ", line, StringComparison.Ordinal));
        Assert.All(
            new[] { "worker.slots is '0' (OSISM_WORKER__SLOTS)", "api.listen is 'nonsense' (OSISM_LISTEN)", "ssh.connect_timeout is 'soon' (OSISM_SSH__CONNECT_TIMEOUT)" },
            setting => Assert.Contains(lines, line => line.Contains(setting, StringComparison.Ordinal)));
        Assert.False(Directory.Exists(Path.Combine(folder["home"], "postgres")));
    }

    [Fact]
    public async Task A_second_manager_of_a_folder_is_told_of_the_first()
    {
        var result = await StartAsync(site.Daemon.Home);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("error: manager.running: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains($"{site.Daemon.Id}", result.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await site.Cli.RunAsync(_token, "task", "list")).ExitCode);
    }

    [Fact]
    public async Task A_database_folder_of_somebody_else_is_not_touched()
    {
        using var folder = new TempFolder();
        var data = await DataAsync(folder, "15", "dragon");

        var result = await StartAsync(folder["home"]);

        Assert.Equal(12, result.ExitCode);
        Assert.StartsWith("error: database.folder: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("dragon", result.Errors, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(data));
    }

    [Fact]
    public async Task A_database_of_another_version_is_not_touched()
    {
        using var folder = new TempFolder();
        var data = await DataAsync(folder, "9", "postgres");

        var result = await StartAsync(folder["home"]);

        Assert.Equal(12, result.ExitCode);
        Assert.StartsWith("error: database.version: ", result.Errors, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(data));
    }

    [Fact]
    public async Task A_port_in_use_is_named_and_nothing_goes_on_running()
    {
        using var folder = new TempFolder();
        var taken = new Uri(site.Daemon.Url).Authority;

        var result = await StartAsync(folder["home"], ("OSISM_LISTEN", taken));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("error: settings.invalid: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(taken, result.Errors, StringComparison.Ordinal);
        await NothingIsLeftAsync(folder);
    }

    [Fact]
    public async Task A_start_that_fails_after_the_database_is_up_stops_it_again()
    {
        using var folder = new TempFolder();

        var result = await StartAsync(folder["home"], ("OSISM_API__SOCKET_GROUP", "no-such-group"));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("no-such-group", result.Errors, StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(folder["home"], "postgres", "data")));
        await NothingIsLeftAsync(folder);
    }

    private async Task NothingIsLeftAsync(TempFolder folder)
    {
        var left = Signals.Naming(folder.Path);
        foreach (var process in left)
        {
            await Signals.SendAsync(process, "KILL", _token);
        }

        Assert.Empty(left);
    }

    private async Task<string> DataAsync(TempFolder folder, string version, string owner)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder["home"], "postgres", "data")).FullName;
        await File.WriteAllTextAsync(Path.Combine(data, "PG_VERSION"), $"{version}\n", _token);
        await new Command("chown") { Arguments = ["-R", owner, data] }.MustAsync(_token);
        return data;
    }

    private Task<CommandResult> StartAsync(string home, params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["OSISM_HOME"] = home, ["OSISM_CONFIGURATION"] = site.Pod.Path, ["OSISM_LISTEN"] = "none" };
        foreach (var (name, value) in settings)
        {
            environment[name] = value;
        }

        return new Command(Checkout.Daemon) { Environment = environment }.RunAsync(_token);
    }
}
