using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Hosting;

/// <summary>An orderly stop of <c>osismd</c>.</summary>
[Collection(Collections.Crashes)]
public sealed class StopTests(SiteFixture site)
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_stops_the_database_too_and_ends_with_0()
    {
        var daemon = await site.ReadyAsync(_token);
        var postmaster = daemon.Postmaster();
        var said = daemon.Log.Length;

        Assert.Equal(0, await daemon.StopAsync(_token));

        Assert.False(Signals.IsAlive(postmaster));
        Assert.DoesNotContain("error", daemon.Log[said..], StringComparison.Ordinal);
        var away = await daemon.Cli.RunAsync(_token, "task", "list");
        Assert.Equal(12, away.ExitCode);
        Assert.StartsWith("error: manager.away: ", away.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task However_often_it_is_told_to_end_it_ends_with_0_and_takes_its_database_along()
    {
        var daemon = await site.ReadyAsync(_token);
        var postmaster = daemon.Postmaster();

        // Until the last moment, when the host has stopped and the database is being stopped.
        var stopping = daemon.StopAsync(_token);
        while (daemon.IsRunning && !stopping.IsFaulted)
        {
            await Signals.SendAsync(daemon.Id, "TERM", _token);
        }

        Assert.Equal(0, await stopping);
        Assert.False(Signals.IsAlive(postmaster));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Told_to_end_while_it_starts_it_ends_with_0_and_leaves_no_database_behind(string signal)
    {
        using var folder = new TempFolder();
        var home = Path.Combine(folder.Path, "home");
        using var starting = (new Command(Checkout.Daemon) with
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["OSISM_HOME"] = home, ["OSISM_CONFIGURATION"] = site.Pod.Path, ["OSISM_LISTEN"] = "none" },
        }).Start();
        await Eventually.TrueAsync("it has taken its place", () => File.Exists(Path.Combine(home, "osismd.pid")) || starting.HasExited, Bounds.Long, _token);

        await starting.SignalAsync(signal, _token);

        var result = await starting.WaitAsync(Bounds.Long, _token);
        Assert.True(result.ExitCode == 0, $"{result.ExitCode}: {result.Text}{result.Errors}");
        await Eventually.TrueAsync("nothing of it lives", () => Signals.Naming(folder.Path).Count == 0, Bounds.Usual, _token);
    }
}
