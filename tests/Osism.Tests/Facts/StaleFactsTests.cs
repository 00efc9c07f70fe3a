using System.Net.Http.Json;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Facts;
using Osism.Tests.Hosting;

namespace Osism.Tests.Facts;

/// <summary>What becomes of a role whose hosts' facts are old.</summary>
public sealed class StaleFactsTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task By_default_the_job_carries_a_warning_that_names_the_hosts()
    {
        await using var manager = await StartAsync("warn");
        await SeeAsync(manager, "node-0", 0);
        await SeeAsync(manager, "node-1", -1000);

        Assert.Empty((await manager.SubmitAsync(Role("-l", "node-0"))).Warnings);
        var warning = Assert.Single((await manager.SubmitAsync(Role("-l", "node-0,node-1"))).Warnings);
        Assert.Equal("facts.old", warning.Code);
        Assert.StartsWith("facts of node-1 are", warning.Message, StringComparison.Ordinal);
        Assert.Contains("node-1, node-2", Assert.Single((await manager.SubmitAsync(Role())).Warnings).Message, StringComparison.Ordinal);
        Assert.Empty((await manager.SubmitAsync(new SubmitJob { Role = "ping" })).Warnings);
    }

    [Fact]
    public async Task They_are_gathered_first_for_those_hosts_alone()
    {
        await using var manager = await StartAsync("refresh");
        await SeeAsync(manager, "node-0", 0);

        var job = await manager.SubmitAsync(Role());

        Assert.Equal("timezone", job.Role);
        Assert.Empty(job.Warnings);
        var gather = await manager.GetAsync(ApiRoutes.Job(Assert.Single(job.Parents)), OsismJson.Default.JobInfo);
        Assert.Equal("gather-facts", gather.Role);
        Assert.Equal(["-l", "node-1,node-2"], gather.Arguments);
        Assert.Empty((await manager.SubmitAsync(Role("-l", "node-0"))).Parents);
    }

    [Fact]
    public async Task The_role_is_refused_with_a_code()
    {
        await using var manager = await StartAsync("refuse");
        await SeeAsync(manager, "node-0", 0);

        var problem = await Manager.ProblemAsync(manager.Http.PostAsJsonAsync(ApiRoutes.Jobs, Role(), OsismJson.Default.SubmitJob, _token));

        Assert.Equal((409, "facts.old"), (problem.Status, problem.Code));
        await manager.SubmitAsync(Role("-l", "node-0"));
        await manager.SubmitAsync(new SubmitJob { Role = "gather-facts" });
    }

    [Fact]
    public async Task A_filtered_gathering_does_not_make_old_facts_new()
    {
        await using var manager = await StartAsync("warn");
        await SeeAsync(manager, "node-0", -1000);
        await SeeAsync(manager, "node-0", 0, """{"ansible_local": {}}""");

        Assert.Single((await manager.SubmitAsync(Role("-l", "node-0"))).Warnings);
    }

    private async Task<Manager> StartAsync(string policy)
    {
        var manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OSISM_ROLES"] = "api",
            ["OSISM_FACTS__POLICY"] = policy,
            ["FACTS_MAX_AGE"] = "900",
        });
        await File.WriteAllTextAsync(Path.Combine(manager.Repository, "inventory", "hosts"), "[generic]\nnode-0\nnode-1\nnode-2\n", _token);
        return manager;
    }

    private static SubmitJob Role(params string[] arguments) => new() { Role = "timezone", Arguments = arguments };

    private async Task SeeAsync(Manager manager, string host, double seconds, string document = """{"a": 1, "gather_subset": ["all"]}""")
    {
        await using var connection = await manager.Get<NpgsqlDataSource>().OpenConnectionAsync(_token);
        await using var batch = new NpgsqlBatch(connection);
        FactsWriter.AddTo(batch, [new SeenFacts(host, "setup", TimeProvider.System.GetUtcNow().AddSeconds(seconds), null, System.Text.Encoding.UTF8.GetBytes(document))]);
        await batch.ExecuteNonQueryAsync(_token);
    }
}
