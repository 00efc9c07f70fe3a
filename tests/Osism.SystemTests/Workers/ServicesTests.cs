using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Workers;

/// <summary>The parts of a manager started one by one, as the original's containers were: <c>osism service TYPE</c>, <c>osism worker TYPE</c>.</summary>
public sealed class ServicesTests
{
    private static readonly string[] Services = ["beat", "listener", "watchdog", "reconciler", "console"];
    private static readonly TimeSpan Phase = Bounds.Long;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_part_is_a_process_of_its_own_and_the_last_one_that_stops_takes_the_database_along()
    {
        using var pod = await ConfigurationPod.CreateAsync(lab: null, encrypted: false, _token);
        await pod.WriteAsync("environments/schedules.yml", "- name: tick\n  every: 1s\n  role: noop\n", _token);
        await using var manager = await Daemon.StartAsync(pod.Path, new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" }, _token);
        var id = await manager.SubmitAsync(_token, "noop");
        Assert.Equal("worker", (await manager.JobAsync(id, _token)).WaitingFor.Select(one => one.Kind).FirstOrDefault());
        Assert.DoesNotContain("tick", (await manager.Cli.MustAsync(_token, "task", "list", "--format", "csv")).Text, StringComparison.Ordinal);

        var parts = Services.Select(name => manager.StartBeside(Checkout.Cli, "service", name)).ToList();
        parts.Add(manager.StartBeside(Checkout.Cli, "worker", "osism-ansible", "-n", "2"));
        parts.Add(manager.StartBeside(Checkout.Cli, "worker", "conductor"));
        try
        {
            foreach (var part in parts)
            {
                await manager.HoldsPlaceAsync(part, _token);
            }

            Assert.Equal(JobState.Succeeded, (await manager.EndAsync(id, _token)).State);
            await Eventually.TrueAsync(
                "the beat starts a run and a worker ends it",
                async token => await manager.QueryAsync("select count(*) from job where submitted_by = 'schedule/tick' and state = 3", token) != "0", Phase, _token);

            await Eventually.TrueAsync("both workers are shown", async token => (await WorkersAsync(manager, token)).Count(worker => worker.GetProperty("state").GetString() == "up") == 2, Phase, _token);
            var ansible = Assert.Single(await WorkersAsync(manager, _token), worker => worker.GetProperty("queues")[0].GetString() == "osism-ansible");
            Assert.Equal((2, "up"), (ansible.GetProperty("slots").GetInt32(), ansible.GetProperty("state").GetString()));
            var view = await manager.Cli.MustAsync(_token, "service", "flower");
            Assert.Contains("osism-ansible", view.Text, StringComparison.Ordinal);
            Assert.Contains("conductor", view.Text, StringComparison.Ordinal);
            Assert.Equal(0, (await manager.Cli.RunAsync(_token, "status")).ExitCode);

            // A part that runs already is refused, and says who has its place.
            var second = await manager.Cli.RunAsync(_token, "service", "beat");
            Assert.NotEqual(0, second.ExitCode);
            Assert.StartsWith($"error: manager.running: Process {parts[0].Id} ", second.Errors, StringComparison.Ordinal);
            var unknown = await manager.Cli.RunAsync(_token, "worker", "nonsense");
            Assert.Equal((ExitCode.Usage, true), (unknown.ExitCode, unknown.Errors.Contains("kolla-ansible", StringComparison.Ordinal)));

            // The database stays as long as somebody needs it.
            var postmaster = manager.Postmaster();
            Assert.Equal(0, await manager.StopAsync(_token));
            Assert.True(Signals.IsAlive(postmaster));
            foreach (var part in parts)
            {
                await Signals.SendAsync(part.Id, "TERM", _token);
            }

            foreach (var part in parts)
            {
                Assert.Equal(0, await part.StopAsync(_token));
            }

            Assert.False(Signals.IsAlive(postmaster));
        }
        finally
        {
            parts.ForEach(part => part.Dispose());
        }
    }

    private static async Task<IReadOnlyList<JsonElement>> WorkersAsync(Daemon manager, CancellationToken cancellationToken)
    {
        using var answer = JsonDocument.Parse((await manager.Cli.MustAsync(cancellationToken, "get", "status", "workers", "--format", "json")).Text);
        return [.. answer.RootElement.EnumerateArray().Select(worker => worker.Clone())];
    }
}
