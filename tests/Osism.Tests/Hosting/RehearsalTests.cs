using Osism.Contracts;
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

        await Eventually.TrueAsync("a rehearsal runs", () => Directory.Exists(stage), TimeSpan.FromSeconds(60), _token);
        await Eventually.TrueAsync(
            "the rehearsals are over",
            async token =>
            {
                // Three in a row, each with its folder, and none for half a second.
                for (var look = 0; look < 10; look++)
                {
                    if (Directory.EnumerateFileSystemEntries(stage).Any())
                    {
                        return false;
                    }

                    await Task.Delay(TimeSpan.FromMilliseconds(50), token);
                }

                return true;
            },
            TimeSpan.FromSeconds(60), _token);

        Assert.Empty(Directory.EnumerateFileSystemEntries(manager.Home.Spool));
        Assert.DoesNotContain(ProcessTree.All(), entry => entry.CommandLine.Contains(stage, StringComparison.Ordinal));
        Assert.Empty((await manager.GetAsync(ApiRoutes.Jobs, OsismJson.Default.PageJobInfo)).Items);
    }
}
