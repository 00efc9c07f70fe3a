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
}
