using Microsoft.Extensions.Hosting;
using Osism.Contracts;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Hosting;

/// <summary>What a manager that has just started does while nobody wants anything of it.</summary>
public sealed class RehearsalTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_way_of_a_run_is_gone_and_nothing_is_left_of_it()
    {
        await using var manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_WORKER__REHEARSALS"] = "3" });
        var stage = Path.Combine(manager.Home.Cache, "rehearsal");

        var rehearsal = manager.Get<IEnumerable<IHostedService>>().OfType<Rehearsal>().Single();
        await rehearsal.ExecuteTask!.WaitAsync(Bounds.Long, _token);

        // There was one, and it has gone.
        Assert.Empty(Directory.EnumerateFileSystemEntries(stage));
        Assert.Empty(Directory.EnumerateFileSystemEntries(manager.Home.Spool));
        await Eventually.TrueAsync(
            "its supervisor has gone, too", () => ProcessTree.All().TrueForAll(entry => !entry.CommandLine.Contains(stage, StringComparison.Ordinal)), Bounds.Long, _token);
        Assert.Empty((await manager.GetAsync(ApiRoutes.Jobs, OsismJson.Default.PageJobInfo)).Items);
    }
}
