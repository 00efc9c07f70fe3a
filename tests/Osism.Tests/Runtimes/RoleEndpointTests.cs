using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Tests.Hosting;

namespace Osism.Tests.Runtimes;

/// <summary><c>GET /v1/roles</c> and <c>/v1/roles/{role}</c>: what there is to know of a role before it is applied.</summary>
public sealed class RoleEndpointTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_role_has_what_its_runtime_says_and_what_its_runs_took()
    {
        await using var manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" });
        Assert.Null((await manager.GetAsync(ApiRoutes.Role("timezone"), OsismJson.Default.RoleInfo)).TypicalSeconds);

        // A failure does not tell how long the role takes.
        await EndAsync(manager, "timezone", JobState.Succeeded, 10, 20, 90);
        await EndAsync(manager, "timezone", JobState.Failed, 1, 1, 1, 1);
        await EndAsync(manager, "ping", JobState.Failed, 1);
        var role = await manager.GetAsync(ApiRoutes.Role("timezone"), OsismJson.Default.RoleInfo);

        Assert.Equal((20.0, 3), (role.TypicalSeconds!.Value, role.TypicalRuns!.Value));
        Assert.Equal(("generic", "osism-ansible", "low", "host"), (role.Environment, role.Runtime, role.Danger, role.Scope));
        var listed = await manager.GetAsync(ApiRoutes.Roles, OsismJson.Default.PageRoleInfo);
        Assert.Equal(role, Assert.Single(listed.Items, item => item.Role == "timezone"));
        Assert.Null(Assert.Single(listed.Items, item => item.Role == "ping").TypicalSeconds);
    }

    [Fact]
    public async Task A_role_that_the_catalog_alone_knows_says_so_and_an_unknown_one_has_names_that_are_near()
    {
        await using var manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" });

        Assert.Equal("catalog", (await manager.GetAsync(ApiRoutes.Role("nova"), OsismJson.Default.RoleInfo)).Source);
        var problem = await Manager.ProblemAsync(manager.Http.GetAsync(new Uri(ApiRoutes.Role("timezon"), UriKind.Relative), _token));
        Assert.Equal("role.unknown", problem.Code);
        Assert.Contains("timezone", problem.Nearest!);
        Assert.Equal("role.is_collection", (await Manager.ProblemAsync(manager.Http.GetAsync(new Uri(ApiRoutes.Role("nutshell"), UriKind.Relative), _token))).Code);
    }

    private async Task EndAsync(Manager manager, string role, JobState state, params int[] seconds)
    {
        foreach (var took in seconds)
        {
            var job = await manager.SubmitAsync(new SubmitJob { Role = role });
            await using var command = manager.Get<NpgsqlDataSource>().CreateCommand(
                "update job set state = $2, started_at = osism_now() - make_interval(secs => $3), ended_at = osism_now(), claimed_at = osism_now() where id = $1");
            command.Parameters.Add(new() { Value = job.Id });
            command.Parameters.Add(new() { Value = (short)state });
            command.Parameters.Add(new() { Value = (double)took });
            await command.ExecuteNonQueryAsync(_token);
        }
    }
}
