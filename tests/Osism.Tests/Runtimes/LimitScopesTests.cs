using System.Net.Http.Json;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Runs;
using Osism.Daemon.Ansible;
using Osism.Tests.Hosting;

namespace Osism.Tests.Runtimes;

/// <summary>What becomes of a limit that leaves out hosts which a role needs.</summary>
public sealed class LimitScopesTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_refused_and_the_hosts_are_named()
    {
        await using var manager = await StartAsync();

        var problem = await RefusedAsync(manager, Role("hosts", "-l", "node-0"));

        Assert.Equal((409, "limit.too_narrow"), (problem.Status, problem.Code));
        Assert.Contains("hosts needs all of generic together, as what it writes to each depends on all, and -l node-0 leaves out node-1, node-2", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("--limit-policy widen", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("none of them is in -l manager", (await RefusedAsync(manager, Role("hosts", "--limit=manager"))).Detail, StringComparison.Ordinal);
        Assert.Empty(await manager.GetAsync(ApiRoutes.Jobs, OsismJson.Default.PageJobInfo) is { Items: var jobs } ? jobs : throw new InvalidOperationException());
    }

    [Theory]
    [InlineData("hosts", "-l", "node-*")]
    [InlineData("hosts", "-l", "generic")]
    [InlineData("hosts", "-l", "all:!manager")]
    [InlineData("hosts", "-l", "node-0,node-1,node-2")]
    [InlineData("hosts", "-e", "x=1")]
    [InlineData("hosts", "-l", "node-0", "-l", "all")]
    [InlineData("hosts", "-l", "node-0", "-e", "hosts_default_group=node-0")]
    [InlineData("timezone", "-l", "node-0")]
    [InlineData("cleanup-sosreport", "-l", "manager")]
    public async Task A_limit_as_wide_as_it_must_be_is_taken_as_it_is(string role, params string[] arguments)
    {
        await using var manager = await StartAsync();

        var job = await manager.SubmitAsync(Role(role, arguments));

        Assert.Equal(arguments, job.Arguments);
        Assert.DoesNotContain(job.Warnings, warning => warning.Code.StartsWith("limit.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_is_widened_where_somebody_asked_for_that()
    {
        await using var manager = await StartAsync();

        var job = await manager.SubmitAsync(Role("hosts", "-l", "node-0") with { LimitPolicy = LimitPolicies.Widen });

        Assert.Equal(["-l", "node-0", "-l", "all"], job.Arguments);
        var warning = Assert.Single(job.Warnings);
        Assert.Equal("limit.widened", warning.Code);
        Assert.EndsWith("leaves out node-1, node-2: it runs on all of them", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_warned_of_where_it_was_asked_for_changes_nothing_or_is_only_tried()
    {
        await using var manager = await StartAsync();

        foreach (var asked in new[] { Role("hosts", "-l", "node-0") with { LimitPolicy = LimitPolicies.Allow }, Role("hosts", "-l", "node-0") with { DryRun = true }, Role("known-hosts", "-l", "node-1") })
        {
            var job = await manager.SubmitAsync(asked);
            Assert.Equal(asked.Arguments, job.Arguments);
            Assert.Equal("limit.too_narrow", Assert.Single(job.Warnings).Code);
        }

        var plan = await ExplainAsync(manager, Role("hosts", "-l", "node-0"));
        Assert.Contains(plan.Warnings, warning => warning.Code == "limit.too_narrow");
        Assert.Equal("all", (await ExplainAsync(manager, Role("hosts", "-l", "node-0") with { LimitPolicy = "widen" })).Argv[^2]);
    }

    [Fact]
    public async Task What_was_allowed_once_may_be_run_again()
    {
        await using var manager = await StartAsync();
        var job = await manager.SubmitAsync(Role("hosts", "-l", "node-0") with { LimitPolicy = LimitPolicies.Allow });
        await using var end = manager.Get<NpgsqlDataSource>().CreateCommand("update job set state = 4, started_at = osism_now(), ended_at = osism_now() where id = $1");
        end.Parameters.Add(new() { Value = job.Id });
        await end.ExecuteNonQueryAsync(_token);

        using var answer = await manager.Http.PostAsJsonAsync(ApiRoutes.Rerun(job.Id), new RerunJob(), OsismJson.Default.RerunJob, _token);

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(_token));
        var again = (await answer.Content.ReadFromJsonAsync(OsismJson.Default.JobInfo, _token))!;
        Assert.Equal((job.Id, "limit.too_narrow"), (again.RerunOf!.Value, Assert.Single(again.Warnings).Code));
    }

    [Fact]
    public async Task The_manager_may_be_set_to_widen_and_a_submission_may_say_otherwise()
    {
        await using var manager = await StartAsync(("OSISM_LIMIT__POLICY", "widen"));

        Assert.Equal("limit.widened", Assert.Single((await manager.SubmitAsync(Role("hosts", "-l", "node-0"))).Warnings).Code);
        Assert.Equal("limit.too_narrow", (await RefusedAsync(manager, Role("hosts", "-l", "node-0") with { LimitPolicy = "refuse" })).Code);
        Assert.Equal("request.invalid", (await RefusedAsync(manager, Role("hosts", "-l", "node-0") with { LimitPolicy = "perhaps" })).Code);
    }

    [Fact]
    public async Task Nobody_knows_of_a_play_of_the_operator_and_of_hosts_that_a_variable_names()
    {
        await using var manager = await StartAsync();
        var own = Path.Combine(manager.Repository, "environments", "generic", "playbook-hosts.yml");
        await File.WriteAllTextAsync(own, "- hosts: all\n", _token);
        Assert.Empty((await manager.SubmitAsync(Role("hosts", "-l", "node-0"))).Warnings);

        File.Delete(own);
        var configuration = Path.Combine(manager.Repository, "environments", "configuration.yml");
        await File.AppendAllTextAsync(configuration, "\nhosts_additional_entries: {}\nhosts_elsewhere: node-0\n", _token);
        Assert.Equal("limit.too_narrow", (await RefusedAsync(manager, Role("hosts", "-l", "node-0"))).Code);
        await File.AppendAllTextAsync(configuration, "\nhosts_default_group: node-0\n", _token);
        Assert.Empty((await manager.SubmitAsync(Role("hosts", "-l", "node-0"))).Warnings);
    }

    [Theory]
    [InlineData("- hosts: all\n", "")]
    [InlineData("- name: x\n  hosts: \"{{ hosts_chrony | default(hosts_default_group | default('generic')) }}\"\n  vars:\n    hosts: \"{{ no }}\"\n", "hosts_chrony hosts_default_group")]
    [InlineData("- hosts: \"{{ osd_group_name | default('ceph-osd') }}:{{ list | default(['compute', 'x']) | join(':') }}\"\n", "osd_group_name list")]
    public void What_hosts_asks_for_is_read_from_the_play(string playbook, string names) =>
        Assert.Equal(names, string.Join(' ', LimitScopes.VariablesOfHosts(playbook)));

    private static async Task<Manager> StartAsync(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api", ["OSISM_FACTS__POLICY"] = "off" };
        foreach (var (name, value) in settings)
            all[name] = value;
        var manager = await Manager.StartAsync(all);
        await File.WriteAllTextAsync(
            Path.Combine(manager.Repository, "inventory", "hosts"), "[generic]\nnode-0\nnode-1\nnode-2\n[manager]\nmanager\n[homer:children]\nmanager\n", TestContext.Current.CancellationToken);
        return manager;
    }

    private static SubmitJob Role(string role, params string[] arguments) => new() { Role = role, Arguments = arguments };

    private async Task<ProblemInfo> RefusedAsync(Manager manager, SubmitJob request) =>
        await Manager.ProblemAsync(manager.Http.PostAsJsonAsync(ApiRoutes.Jobs, request, OsismJson.Default.SubmitJob, _token));

    private async Task<RunPlanInfo> ExplainAsync(Manager manager, SubmitJob request)
    {
        using var answer = await manager.Http.PostAsJsonAsync(ApiRoutes.Explain, request, OsismJson.Default.SubmitJob, _token);
        return (await answer.Content.ReadFromJsonAsync(OsismJson.Default.RunPlanInfo, _token))!;
    }
}
