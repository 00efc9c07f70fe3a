using System.Net;
using System.Net.Http.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Hosting;

/// <summary>The database does not answer: the manager says so everywhere, loses nothing, and comes back by itself.</summary>
[Collection(Collections.Crashes)]
public sealed class DatabaseAwayTests(SiteFixture site)
{
    private static readonly TimeSpan Soon = Bounds.Long;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_that_hangs_makes_health_and_readiness_fail_by_name()
    {
        var daemon = await site.ReadyAsync(_token);
        var frozen = daemon.PostgresProcesses();
        await SignalAsync(frozen, "STOP");
        try
        {
            foreach (var route in new[] { ApiRoutes.Health, ApiRoutes.Ready })
            {
                using var answer = await daemon.Http.GetAsync(new Uri(route, UriKind.Relative), _token);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                var health = await answer.Content.ReadFromJsonAsync(OsismJson.Default.HealthInfo, _token);
                Assert.Contains(health!.Checks, check => check is { Name: "database", Status: "failed" });
            }
        }
        finally
        {
            await SignalAsync(frozen, "CONT");
        }

        await HealthyAsync(daemon);
    }

    [Fact]
    public async Task A_database_that_does_not_start_is_away_for_clients_and_a_run_goes_on_meanwhile()
    {
        var daemon = await site.ReadyAsync(_token);
        var run = site.Hold();
        var id = await daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);
        await run.BeganAsync(_token);
        // A server of another version cannot be started on these files.
        var version = Path.Combine(daemon.Home, "postgres", "data", "PG_VERSION");
        var right = await File.ReadAllTextAsync(version, _token);
        await File.WriteAllTextAsync(version, "9\n", _token);
        await daemon.KillPostgresAsync(_token);
        try
        {
            var result = await daemon.Cli.RunAsync(_token, "apply", "ping");
            Assert.True(result.ExitCode == ExitCode.Away, result.Errors);
            Assert.StartsWith("error: database.away: ", Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            run.Go();
            await Eventually.TrueAsync(
                "the run leaves its exit record", () => File.Exists(Path.Combine(AttemptProcesses.Folder(daemon, id), "exit")), Soon, _token);
        }
        finally
        {
            await File.WriteAllTextAsync(version, right, CancellationToken.None);
        }

        var job = await daemon.EndAsync(id, _token);
        Assert.Equal((JobState.Succeeded, 0), (job.State, job.ExitCode));
        Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(await daemon.OutputAsync(id, _token)));
        await HealthyAsync(daemon);
    }

    private Task HealthyAsync(Daemon daemon) => Eventually.TrueAsync("the manager is ready again", async token =>
    {
        using var answer = await daemon.Http.GetAsync(new Uri(ApiRoutes.Ready, UriKind.Relative), token);
        return answer.StatusCode == HttpStatusCode.OK;
    }, Soon, _token);

    private async Task SignalAsync(IReadOnlyList<int> processes, string signal)
    {
        foreach (var process in processes)
        {
            await Signals.SendAsync(process, signal, _token);
        }
    }
}
