using System.Diagnostics;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;

namespace Osism.SystemTests.Ansible;

/// <summary>A node that vanishes in the middle of a run.</summary>
[Collection(Collections.Unusual)]
public sealed class LinkCutTests(SiteFixture site)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    /// <summary>Two at once: they do little but wait.</summary>
    [Fact]
    public Task The_run_ends_as_unreachable_within_60_seconds() => Task.WhenAll(CutAsync("remote", "node-1"), CutAsync("items", "node-2"));

    private async Task CutAsync(string role, string node)
    {
        var run = site.Hold();
        using var following = site.Cli.Start(["apply", role, "--format", "script", "-e", $"node={node}", .. run.Arguments]);
        await run.BeganAsync(_token);
        await Testing.Eventually.TrueAsync(
            "the command runs on the node", async token => (await site.Lab.ExecAsync(node, ["pgrep", "-x", "sleep"], token)).ExitCode == 0, Bound, _token);
        try
        {
            await site.Lab.CutAsync(node, _token);
            var since = Stopwatch.GetTimestamp();

            var result = await following.WaitAsync(Bound * 2, _token);
            var took = Stopwatch.GetElapsedTime(since);

            TestContext.Current.TestOutputHelper?.WriteLine($"{role} took {took.TotalSeconds:0.0} s");
            Assert.Equal(ExitCode.Unreachable, result.ExitCode);
            Assert.True(took < Bound, $"it took {took.TotalSeconds:0.0} s");
            var job = await site.Daemon.JobAsync(Guid.Parse(result.Errors.Split('\n')[0]), _token);
            Assert.Equal((JobState.Unreachable, "run.unreachable"), (job.State, job.Reason!.Code));
            Assert.Contains(node, job.Reason.Message, StringComparison.Ordinal);
            Assert.Equal(new HostCounts(0, 0, 0, 1, 0), job.Hosts);
            await Leftovers.GoneAsync(site.Daemon, job.Id, _token);
        }
        finally
        {
            await site.Lab.HealAsync(node, CancellationToken.None);
            await site.Lab.ExecAsync(node, ["pkill", "-x", "sleep"], CancellationToken.None);
        }
    }
}
