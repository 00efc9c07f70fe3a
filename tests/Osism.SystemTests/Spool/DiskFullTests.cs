using System.Text;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Spool;

/// <summary>The disk of the spool is full.</summary>
[Collection(Collections.Unusual)]
public sealed class DiskFullTests(SiteFixture site)
{
    private static readonly TimeSpan Soon = Bounds.Long;
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_a_run_writes_the_job_fails_says_so_and_keeps_what_was_stored()
    {
        using var disk = new SmallDisk(megabytes: 8);
        var folder = new TempFolder();
        Directory.CreateDirectory(Daemon.HomeIn(folder));
        Directory.CreateSymbolicLink(Path.Combine(Daemon.HomeIn(folder), "spool"), disk.Path);
        var settings = SiteFixture.Settings;
        settings["OSISM_SPOOL__MINIMUM_FREE_BYTES"] = "0";
        await using var daemon = await Site.StartManagerAsync(folder, site.Pod, settings, _token);
        var run = site.Hold();
        using var following = daemon.Cli.Start(["apply", "floods", "--format", "script", .. run.Arguments]);
        await run.BeganAsync(_token);
        var id = Guid.Parse((await following.ErrorLinesAsync(1, _token))[0]);

        await Eventually.TrueAsync(
            "the output up to where it waits is stored",
            async token => Encoding.UTF8.GetString(await daemon.OutputAsync(id, token)).Contains("TASK [Wait]", StringComparison.Ordinal), Soon, _token);

        await disk.FillAsync(_token);
        run.Go();
        var job = await daemon.EndAsync(id, _token);
        disk.MakeRoom();

        Assert.Equal((JobState.Failed, "spool.disk_full"), (job.State, job.Reason!.Code));
        var stored = await daemon.OutputAsync(id, _token);
        Assert.Contains("TASK [Wait]", Encoding.UTF8.GetString(stored), StringComparison.Ordinal);
        Assert.Equal(job.OutputBytes, stored.Length);
        Assert.Equal(ExitCode.Failed, (await following.WaitAsync(Bounds.Long, _token)).ExitCode);
        await Leftovers.GoneAsync(daemon, id, _token);

        // With room again all is well.
        var next = site.Hold();
        next.Go();
        Assert.Equal(JobState.Succeeded, (await daemon.EndAsync(await daemon.SubmitAsync(_token, ["hold", .. next.Arguments]), _token)).State);
    }

    [Fact]
    public async Task Below_the_limit_nothing_is_started_and_the_job_says_why_it_waits()
    {
        await using var daemon = await site.StartManagerAsync(_token, ("OSISM_SPOOL__MINIMUM_FREE_BYTES", $"{long.MaxValue}"));
        var run = site.Hold();
        var id = await daemon.SubmitAsync(_token, ["hold", .. run.Arguments]);

        await Eventually.TrueAsync(async () =>
        {
            var job = await daemon.JobAsync(id, _token);
            Assert.Equal(JobState.Queued, job.State);
            return Assert.Single(job.WaitingFor) is { Kind: "worker", Holder: { } note } && note.StartsWith("spool.disk_full", StringComparison.Ordinal);
        }, "the job says that it waits for the disk", _token);
    }
}
