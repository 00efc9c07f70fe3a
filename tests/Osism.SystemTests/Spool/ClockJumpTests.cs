using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Spool;

/// <summary>A clock is set by an hour while a job runs and another one waits, with a second worker of the same home that would take over what it believes to be left.</summary>
/// <remarks>The manager trusts one clock only, that of the database, and reads it in one place, <c>osism_now()</c>: setting what that gives is setting that clock.
/// The clocks of the machines on which osismd runs are not asked; that they may be wrong is tested with one that libfaketime sets while it works.</remarks>
public sealed class ClockJumpTests
{
    // Longer than a busy machine may stop a process: a lease that runs out for that reason is no fault of a clock.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Watched = Lease + TimeSpan.FromSeconds(3);
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    /// <summary>Two managers at once: they do little but wait.</summary>
    [Fact]
    [Trait("Length", "drill")]
    public Task The_clock_of_the_database_or_of_manager_and_workers_may_be_set_by_an_hour_and_back_and_nobody_loses_a_lease_or_a_role() =>
        Task.WhenAll(OfTheDatabaseAsync(), OfTheManagerAsync());

    private async Task OfTheDatabaseAsync()
    {
        await using var site = new KillSite { Further = new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_WORKER__LEASE"] = $"{Lease}" } };
        await site.InitializeAsync();
        var (running, queued) = await BeginAsync(site);

        // Roles are taken by their first look.
        await Eventually.TrueAsync("the manager plays its roles", async token => await LeadersAsync(site, token) != "", Bounds.Long, _token);
        var leaders = await LeadersAsync(site, _token);
        foreach (var offset in new[] { "1 hour", "0", "-1 hour", "0" })
        {
            await site.Daemon.QueryAsync(
                $"create or replace function osism_now() returns timestamptz language sql volatile as $$ select clock_timestamp() + interval '{offset}' $$", _token);
            await Task.Delay(Watched, _token);
            Assert.Equal(JobState.Running, (await site.Daemon.JobAsync(running, _token)).State);
        }

        await EndAsync(site, running, queued);
        Assert.Equal(leaders, await LeadersAsync(site, _token));
        Assert.All(await WorkersAsync(site), state => Assert.Equal("up", state));
    }

    private async Task OfTheManagerAsync()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["clock"], "+0", _token);
        await using var site = new KillSite
        {
            Further = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["OSISM_WORKER__LEASE"] = $"{Lease}",
                ["LD_PRELOAD"] = Assert.Single(Directory.GetDirectories("/usr/lib").Select(path => Path.Combine(path, "faketime", "libfaketime.so.1")), File.Exists),
                ["FAKETIME_TIMESTAMP_FILE"] = folder["clock"],
                ["FAKETIME_CACHE_DURATION"] = "1",
                // What counts since the machine was started cannot be set.
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
                ["NO_FAKE_STAT"] = "1",
            },
        };
        await site.InitializeAsync();
        var (running, queued) = await BeginAsync(site);

        foreach (var offset in new[] { 3600, 0, -3600, 0 })
        {
            await File.WriteAllTextAsync(folder["clock"], $"{offset:+0;-0}", _token);
            await Eventually.TrueAsync(
                $"the manager's clock is set by {offset} s", async token => Math.Abs((await AheadAsync(site, token)).TotalSeconds - offset) < 60, Bounds.Long, _token);
            await Task.Delay(Watched, _token);
            Assert.Equal(JobState.Running, (await site.Daemon.JobAsync(running, _token)).State);
        }

        await EndAsync(site, running, queued);
        Assert.All(await WorkersAsync(site), state => Assert.Equal("up", state));
    }

    private async Task<(Guid Running, Guid Queued)> BeginAsync(KillSite site)
    {
        await site.ReadyAsync(_token);
        var running = await site.SubmitAsync("running", "first", _token);
        await site.BeganAsync("first", _token);
        var queued = await site.SubmitAsync("running", "second", _token);
        await site.StartSecondWorkerAsync(_token);
        return (running, queued);
    }

    private async Task EndAsync(KillSite site, Guid running, Guid queued)
    {
        site.Open("first");
        site.Open("second");
        foreach (var (job, cell) in new[] { (running, "first"), (queued, "second") })
        {
            var ended = await site.Daemon.EndAsync(job, _token);
            Assert.Equal((JobState.Succeeded, 1), (ended.State, ended.Attempt));
            Assert.Equal(["submitted", "claimed", "running", "succeeded"], await site.Daemon.HistoryAsync(job, _token));
            Assert.Single(File.ReadAllLines($"{site.PathOf(cell)}.starts"));
            Assert.Equal(Enumerable.Range(1, 2 * KillSite.Half), Plays.Counted(await site.Daemon.OutputAsync(job, _token)));
            await Leftovers.GoneAsync(site.Daemon, job, _token);
        }
    }

    private async Task<IEnumerable<string>> WorkersAsync(KillSite site) =>
        (await site.Daemon.GetAsync(ApiRoutes.Workers, OsismJson.Default.PageWorkerInfo, _token)).Items
            .Where(worker => worker.Pid == site.First!.Id || worker.Pid == site.Second!.Id).Select(worker => worker.State);

    private static Task<string> LeadersAsync(KillSite site, CancellationToken cancellationToken) =>
        site.Daemon.QueryAsync("select role, holder, term from leadership order by role", cancellationToken);

    /// <summary>How far the manager's clock is ahead of ours.</summary>
    private static async Task<TimeSpan> AheadAsync(KillSite site, CancellationToken cancellationToken)
    {
        using var answer = await site.Daemon.Http.GetAsync(new Uri(ApiRoutes.Health, UriKind.Relative), cancellationToken);
        return answer.Headers.Date!.Value - TimeProvider.System.GetUtcNow();
    }
}
