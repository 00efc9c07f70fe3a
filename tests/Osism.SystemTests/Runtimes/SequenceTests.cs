using System.Text;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing.Sequence;

namespace Osism.SystemTests.Runtimes;

/// <summary>Some of the deployment of a testbed, on real nodes with real Ansible and stand-ins for what it deploys. The whole is <c>./dev sequence</c>.</summary>
public sealed class SequenceTests : IClassFixture<SequenceFixture>
{
    private static readonly string[] Secrets = ["example-keystone-admin", "example-database", "example-ceph-seed"];
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly SequenceSite _site;

    public SequenceTests(SequenceFixture fixture)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        _site = fixture.Site;
    }

    [Fact]
    public async Task Calls_run_in_their_order_on_all_runtimes_with_nested_pulls_and_what_a_run_wrote_into_the_inventory()
    {
        string[] roles =
        [
            "gather-facts", "pull-images", "dotfiles", "keystone", "ceph-configure-lvm-volumes", "ceph-create-lvm-devices", "kubernetes", "mariadb_backup",
        ];
        var plan = SequencePlan.Load().Where(step => roles.Contains(step.Role) || step.Host is not null || step.Command is ["sync", "inventory"]);
        // Two of the pulls are enough to see that they run.
        plan = plan.WithPulls("keystone", "nova");
        await _site.ChoosePullsAsync(plan, _token);

        Assert.Equal((roles.Length, 2), (plan.Applies, plan.Pulls));
        await _site.ForgetAsync(_token);
        foreach (var step in plan.Steps)
        {
            var call = await SequenceCalls.MakeAsync(_site, step, _token);
            Assert.True(call is { Result.ExitCode: 0 }, call?.Describe());
        }

        Assert.Equal(0, (await SequenceCalls.WaitAsync(_site, _token)).ExitCode);
        var faults = await SequenceMarks.FaultsAsync(_site, plan, _token);
        Assert.True(faults.Count == 0, string.Join('\n', faults));

        // nova has no container here yet, but the image of each; keystone has both, and mariadb the backup that was asked for.
        Assert.Equal("kolla/nova-api:2025.1\n", await ReadAsync("testbed-node-0", "/var/lib/kolla/images/nova-api"));
        Assert.StartsWith("kolla/keystone:2025.1 ", await ReadAsync("testbed-node-0", "/var/lib/kolla/containers/keystone"), StringComparison.Ordinal);
        Assert.Contains("host = testbed-node-0\n", await ReadAsync("testbed-node-0", "/etc/kolla/keystone/keystone.conf"), StringComparison.Ordinal);
        Assert.Equal("mariadb full\n", await ReadAsync("testbed-node-0", "/var/lib/kolla/backups/mariadb"));
        Assert.Equal("example-database\n", await ReadAsync("testbed-node-0", "/etc/kolla/keystone/password"));
        await NoSecretIsShownAsync();
    }

    [Fact]
    public async Task A_graph_stops_where_a_role_fails_and_goes_on_from_there_without_repeating_anything()
    {
        string[] roles = ["gather-facts", "hddtemp", "memcached", "placement", "grafana", "sosreport"];
        var plan = SequencePlan.Load().Where(step => roles.Contains(step.Role));
        Assert.Equal(roles.Length, plan.Applies);
        var graph = await SequenceGraph.WriteAsync(_site, plan, _token);
        await _site.ForgetAsync(_token);
        await _site.LetFailAsync("placement", _token);

        var stopped = await graph.ApplyAsync(_token);
        await _site.LetPassAsync("placement", _token);
        var done = await graph.ResumeAsync(stopped.Id, _token);

        Assert.Equal((CollectionRunStates.Failed, CollectionRunStates.Succeeded), (stopped.State, done.State));
        Assert.Equal("succeeded failed skipped", string.Join(' ', new[] { "memcached", "placement", "grafana" }.Select(name => stopped.Nodes.Single(node => node.Name == name).State)));
        Assert.All(
            stopped.Nodes.Where(node => node.State == "succeeded"),
            node => Assert.Equal(node.Job, done.Nodes.Single(same => same.Name == node.Name).Job));
        var tries = (await _site.Daemon.GetAsync($"{ApiRoutes.Jobs}?all=true&role=placement&collection={done.Id}", OsismJson.Default.PageJobInfo, _token)).Items;
        Assert.Equal("failed, failed, succeeded", string.Join(", ", tries.OrderBy(job => job.Seq).Select(job => job.State.ToWireName())));
        var faults = await SequenceMarks.FaultsAsync(_site, plan, _token);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private async Task<string> ReadAsync(string node, string path) => (await _site.Lab.ExecAsync(node, ["cat", path], _token)).Text;

    private async Task NoSecretIsShownAsync()
    {
        var jobs = (await _site.Daemon.GetAsync($"{ApiRoutes.Jobs}?all=true&limit=1000", OsismJson.Default.PageJobInfo, _token)).Items;
        Assert.True(jobs.Count >= 10, $"there are {jobs.Count} jobs");
        foreach (var job in jobs)
        {
            var output = Encoding.UTF8.GetString(await _site.Daemon.OutputAsync(job.Id, _token));
            Assert.All(Secrets, secret => Assert.DoesNotContain(secret, output, StringComparison.Ordinal));
        }
    }
}
