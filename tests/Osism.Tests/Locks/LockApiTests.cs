using System.Net;
using System.Net.Http.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Locks;
using Osism.Daemon.Platform.Processes;
using Osism.Tests.Hosting;

namespace Osism.Tests.Locks;

/// <summary><c>/v1/locks</c> and what it does to submissions.</summary>
public sealed class LockApiTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private Manager _manager = null!;

    public async ValueTask InitializeAsync() => _manager = await Manager.StartAsync();

    public async ValueTask DisposeAsync() => await _manager.DisposeAsync();

    [Fact]
    public async Task A_lock_on_a_role_refuses_its_runs_with_the_holder_until_it_is_taken_away()
    {
        var placed = await PlaceAsync(new PlaceLock { Role = "ping", Reason = "new cables" });
        Assert.Equal(("environment/generic/role/ping", UnixUser.Current.Name, "operator"), (placed.Scope, placed.Owner, placed.Source));

        var refused = await Manager.ProblemAsync(_manager.Http.PostAsJsonAsync(ApiRoutes.Jobs, new SubmitJob { Role = "ping" }, OsismJson.Default.SubmitJob, _token));
        Assert.Equal((409, "lock.held", UnixUser.Current.Name), (refused.Status, refused.Code, refused.Holder));
        Assert.Contains("new cables", refused.Detail, StringComparison.Ordinal);
        await _manager.SubmitAsync(new SubmitJob { Kind = "noop" });

        using var answer = await _manager.Http.DeleteAsync(new Uri($"{ApiRoutes.Locks}?role=ping", UriKind.Relative), _token);
        Assert.Equal(placed.Id, Assert.Single((await Manager.ReadAsync(answer, OsismJson.Default.ReleasedLocks)).Released).Id);
        await _manager.SubmitAsync(new SubmitJob { Role = "ping" });
    }

    [Fact]
    public async Task A_lock_on_hosts_refuses_only_runs_that_may_change_them()
    {
        await File.AppendAllTextAsync(Path.Combine(_manager.Repository, "inventory", "hosts"), "[compute]\nnode-1\nnode-2\n", _token);
        await PlaceAsync(new PlaceLock { Hosts = "node-1" });

        await _manager.SubmitAsync(new SubmitJob { Role = "ping", Arguments = ["-l", "node-2,localhost"] });
        foreach (var limit in new[] { "node-1", "compute", "node-*", "~node.*", "all:!node-2" })
        {
            Assert.Equal("lock.held", (await Manager.ProblemAsync(_manager.Http.PostAsJsonAsync(
                ApiRoutes.Jobs, new SubmitJob { Role = "ping", Arguments = ["-l", limit] }, OsismJson.Default.SubmitJob, _token))).Code);
        }
    }

    [Fact]
    public async Task All_sources_are_shown_and_a_scope_shows_those_that_matter_to_it()
    {
        await PlaceAsync(new PlaceLock { Environment = "generic", User = "ada", Seconds = 600 });
        await File.WriteAllTextAsync(Path.Combine(_manager.Repository, "environments", ".lock"), "moving house\n", _token);

        var all = (await _manager.GetAsync(ApiRoutes.Locks, OsismJson.Default.PageLockInfo)).Items;

        Assert.Equal([("environment/generic", "operator"), ("everything", "repository")], all.Select(held => (held.Scope, held.Source)));
        Assert.Equal(("environments/.lock", "moving house"), (all[1].Id, all[1].Reason));
        Assert.NotNull(all[0].Until);
        Assert.Equal(2, (await _manager.GetAsync($"{ApiRoutes.Locks}?role=ping", OsismJson.Default.PageLockInfo)).Items.Count);
    }

    [Theory]
    [InlineData("""{"environment": "moon"}""", 404, "environment.missing")]
    [InlineData("""{"role": "no-such-role"}""", 404, "role.unknown")]
    [InlineData("""{"hosts": "nobody"}""", 404, "host.unknown")]
    [InlineData("""{"hosts": ""}""", 400, "request.invalid")]
    [InlineData("""{"hosts": "!localhost"}""", 400, "request.invalid")]
    [InlineData("""{"role": ""}""", 400, "request.invalid")]
    [InlineData("""{"until": "2001-01-01T00:00:00Z"}""", 400, "request.invalid")]
    [InlineData("""{"seconds": 0}""", 400, "request.invalid")]
    [InlineData("""{"seconds": 5, "until": "2101-01-01T00:00:00Z"}""", 400, "request.invalid")]
    [InlineData("""{"user": " "}""", 400, "request.invalid")]
    public async Task A_lock_on_nothing_is_refused_with_the_reason(string body, int status, string code)
    {
        var problem = await Manager.ProblemAsync(_manager.Http.PostAsync(new Uri(ApiRoutes.Locks, UriKind.Relative), Manager.Json(body), _token));

        Assert.Equal((status, code), (problem.Status, problem.Code));
        Assert.Empty((await _manager.GetAsync(ApiRoutes.Locks, OsismJson.Default.PageLockInfo)).Items);
    }

    [Fact]
    public async Task A_lock_of_somebody_else_is_neither_taken_over_nor_away()
    {
        var placed = await PlaceAsync(new PlaceLock { User = "ada" });
        Assert.Equal("lock.held", (await Manager.ProblemAsync(_manager.Http.PostAsJsonAsync(
            ApiRoutes.Locks, new PlaceLock { User = "grace" }, OsismJson.Default.PlaceLock, _token))).Code);

        using var tcp = _manager.Tcp;
        using var anonymous = await tcp.DeleteAsync(new Uri($"{ApiRoutes.Locks}/{placed.Id}", UriKind.Relative), _token);
        Assert.Equal(HttpStatusCode.Forbidden, anonymous.StatusCode);
        Assert.Equal(
            "lock.not_found",
            (await Manager.ProblemAsync(_manager.Http.DeleteAsync(new Uri($"{ApiRoutes.Locks}/{Guid.NewGuid()}", UriKind.Relative), _token))).Code);
    }

    [Fact]
    public async Task Runs_that_a_policy_keeps_apart_run_one_after_the_other_and_show_who_they_wait_for()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_manager.Repository, "environments", "policies.yml"), "locks:\n  - {environment: generic, role: ping}\n", _token);
        _manager.Play("while [ ! -e \"$PWD/../go\" ]; do sleep 0.05; done");
        var go = Path.Combine(_manager.Repository, "environments", "go");
        var first = await _manager.SubmitAsync(new SubmitJob { Role = "ping" });
        var second = await _manager.SubmitAsync(new SubmitJob { Role = "ping" });
        await _manager.SubmitAsync(new SubmitJob { Role = "ping", DryRun = true });

        var waiting = Assert.Single(second.WaitingFor);
        Assert.Equal(("lock", "generic/ping"), (waiting.Kind, waiting.Key));
        Assert.Contains(first.Id.ToString(), waiting.Holder, StringComparison.Ordinal);

        await File.WriteAllTextAsync(go, "", _token);
        var ended = await _manager.GetAsync(ApiRoutes.JobEnd(second.Id, 60), OsismJson.Default.JobInfo);
        Assert.Equal(JobState.Succeeded, ended.State);
        Assert.True(ended.StartedAt >= (await _manager.GetAsync(ApiRoutes.Job(first.Id), OsismJson.Default.JobInfo)).EndedAt);
    }

    private async Task<LockInfo> PlaceAsync(PlaceLock place)
    {
        using var answer = await _manager.Http.PostAsJsonAsync(ApiRoutes.Locks, place, OsismJson.Default.PlaceLock, _token);
        return await Manager.ReadAsync(answer, OsismJson.Default.LockInfo);
    }
}
