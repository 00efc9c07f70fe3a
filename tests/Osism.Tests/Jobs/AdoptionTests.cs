using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;
using Osism.Tests.Jobs.Spool;

namespace Osism.Tests.Jobs;

/// <summary>What becomes of jobs whose worker is gone.</summary>
public sealed class AdoptionTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly WorkerIdentity _dead = JobsSetup.Worker("dead");
    private readonly WorkerIdentity _me = JobsSetup.Worker("me");
    private JobsSetup _jobs = null!;

    private Adoption Adoption => _jobs.Get<Adoption>();

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task A_claimed_job_of_which_nothing_was_begun_goes_back_to_its_place()
    {
        var job = await _jobs.ClaimedAsync(_dead);

        Assert.Null(await Adoption.AdoptAsync(job, _me, _token));

        Assert.Equal(JobState.Queued, (await _jobs.GetAsync(job)).State);
        Assert.Null(await SpoolLab.CreateAsync(_jobs, job.Id, job.Attempt, null, _token));
        var again = Assert.Single(await _jobs.Store.ClaimAsync(_me, JobsSetup.Queue, 1, _token));
        Assert.NotNull(await SpoolLab.CreateAsync(_jobs, job.Id, again.Attempt, null, _token));
    }

    [Fact]
    public async Task A_spool_that_waits_for_its_supervisor_is_fenced_and_keeps_no_secrets()
    {
        var job = await _jobs.ClaimedAsync(_dead);
        var folder = (await SpoolLab.CreateAsync(_jobs, job.Id, job.Attempt, ["a secret"], _token))!;

        Assert.Null(await Adoption.AdoptAsync(job, _me, _token));

        Assert.Equal(JobState.Queued, (await _jobs.GetAsync(job)).State);
        Assert.Equal(SpoolStart.Fenced, folder.Start);
        Assert.Equal(["started"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_run_that_began_is_taken_over_whether_or_not_it_was_seen_to_run()
    {
        var job = await _jobs.ClaimedAsync(_dead);
        var folder = (await SpoolLab.CreateAsync(_jobs, job.Id, job.Attempt, null, _token))!;
        await SpoolLab.StartAsync(_jobs, folder, "exit 0", _token);
        await SpoolLab.ExitAsync(folder, _token);

        var first = await Adoption.AdoptAsync(job, _me, _token);
        var second = await Adoption.AdoptAsync(first!.Value.Job, JobsSetup.Worker("third"), _token);

        Assert.Equal((2, folder.Path), (first.Value.Job.Attempt, first.Value.Folder.Path));
        Assert.Equal((3, folder.Path), (second!.Value.Job.Attempt, second.Value.Folder.Path));
    }

    [Fact]
    public async Task A_run_whose_spool_is_gone_is_lost_and_nothing_of_it_goes_on()
    {
        var job = await _jobs.RunningAsync(_dead);
        var folder = (await SpoolLab.CreateAsync(_jobs, job.Id, job.Attempt, null, _token))!;
        await SpoolLab.StartAsync(_jobs, folder, "echo up; sleep 300", _token);
        await SpoolLab.SaysAsync(folder, "up", _token);
        var supervisor = await SpoolLab.SupervisorAsync(folder, _token);
        folder.Delete();

        Assert.Null(await Adoption.AdoptAsync(job, _me, _token));

        var lost = await _jobs.GetAsync(job);
        Assert.Equal((JobState.Lost, "job.lost"), (lost.State, lost.ReasonCode));
        Assert.Empty(ProcessTree.OfAttempt(SpoolFolder.NameOf(job.Id, 1), null, Cgroup.None));
        await Eventually.TrueAsync("the supervisor ends", () => !supervisor.IsAlive, SpoolLab.Patience, _token);
    }

    [Fact]
    public async Task A_job_that_was_to_end_before_it_began_ends_cancelled()
    {
        var job = await _jobs.ClaimedAsync(_dead);
        await _jobs.CancelAsync(job);

        Assert.Null(await Adoption.AdoptAsync(job, _me, _token));

        Assert.Equal(JobState.Cancelled, (await _jobs.GetAsync(job)).State);
    }

    [Fact]
    public async Task When_even_the_fence_finds_no_room_nothing_has_changed()
    {
        Directory.Delete(_jobs.Home.Spool);
        var job = await _jobs.ClaimedAsync(_dead);

        // A folder that cannot be made, as on a disk without inodes.
        await File.WriteAllTextAsync(_jobs.Home.Spool, "", _token);

        await Assert.ThrowsAnyAsync<IOException>(() => Adoption.AdoptAsync(job, _me, _token));

        Assert.Equal((JobState.Starting, 1, _dead.Id), ((await _jobs.GetAsync(job)).State, (await _jobs.GetAsync(job)).Attempt, (await _jobs.GetAsync(job)).Worker));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_claimed_job_whose_spool_is_damaged_is_lost_at_once_and_not_tried_for_ever(bool isFolderAFile)
    {
        var job = await _jobs.ClaimedAsync(_dead);
        var path = SpoolFolder.Of(_jobs.Home.Spool, job.Id, job.Attempt).Path;
        if (isFolderAFile)
        {
            await File.WriteAllTextAsync(path, "", _token);
        }
        else
        {
            Directory.CreateDirectory(Path.Combine(path, "started"));
        }

        Assert.Null(await Adoption.AdoptAsync(job, _me, _token));

        var lost = await _jobs.GetAsync(job);
        Assert.Equal((JobState.Lost, "job.lost"), (lost.State, lost.ReasonCode));
        Assert.Contains("is something else than it must be", lost.ReasonMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sweep_takes_what_ended_and_leaves_what_lives_what_is_new_and_what_is_unknown()
    {
        var ended = await _jobs.RunningAsync(_me);
        await SpoolLab.CreateAsync(_jobs, ended.Id, 1, null, _token);
        await _jobs.EndAsync(ended, JobState.Succeeded);
        var kept = await _jobs.RunningAsync(_me);
        await SpoolLab.CreateAsync(_jobs, kept.Id, 1, null, _token);
        await _jobs.EndAsync(kept, JobState.Succeeded);
        var running = await _jobs.RunningAsync(_me);
        await SpoolLab.CreateAsync(_jobs, running.Id, 1, null, _token);

        // Given up by somebody, but it runs.
        var live = await _jobs.RunningAsync(_me);
        var lives = (await SpoolLab.CreateAsync(_jobs, live.Id, 1, null, _token))!;
        await SpoolLab.StartAsync(_jobs, lives, "sleep 300", _token);
        var supervisor = await SpoolLab.SupervisorAsync(lives, _token);
        await _jobs.EndAsync(live, JobState.Lost);

        // Its output could not be stored: it stays for a day.
        var withheld = await _jobs.RunningAsync(_me);
        var withholds = (await SpoolLab.CreateAsync(_jobs, withheld.Id, 1, null, _token))!;
        await _jobs.Get<SpoolCleaner>().KeepOutputAsync(withholds, null, Cgroup.None, _token);
        await _jobs.EndAsync(withheld, JobState.Failed);
        var fenced = await _jobs.ClaimedAsync(_me);
        SpoolFolder.Fence(_jobs.Home.Spool, fenced.Id, 1);
        await _jobs.EndAsync(fenced, JobState.Failed);
        var unknown = (await SpoolLab.CreateAsync(_jobs, Guid.CreateVersion7(), 1, null, _token))!;
        // The number of process 1 with another start: whoever filled it is gone.
        var (mine, abandoned, old) = (SpoolDraft.NewName(), ".draft-1-999999999999-1", Path.Combine(_jobs.Home.Spool, ".other"));
        Directory.CreateDirectory(Path.Combine(_jobs.Home.Spool, mine));
        Directory.CreateDirectory(Path.Combine(_jobs.Home.Spool, abandoned));
        Directory.CreateDirectory(old);
        Directory.SetLastWriteTimeUtc(old, DateTime.UnixEpoch);

        await Adoption.SweepSpoolAsync(_jobs.Get<SpoolCleaner>(), job => job == kept.Id, _token);

        Assert.Equal(
            new[]
            {
                mine, SpoolFolder.NameOf(kept.Id, 1), SpoolFolder.NameOf(running.Id, 1), SpoolFolder.NameOf(live.Id, 1), SpoolFolder.NameOf(withheld.Id, 1),
                SpoolFolder.NameOf(fenced.Id, 1), Path.GetFileName(unknown.Path),
            }.Order(StringComparer.Ordinal),
            Directory.EnumerateDirectories(_jobs.Home.Spool).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists(withholds.SecretsFolder));

        await _jobs.Get<AttemptKiller>().KillAsync(Path.GetFileName(lives.Path), supervisor, Cgroup.None, _token);
        Directory.SetLastWriteTimeUtc(withholds.Path, DateTime.UnixEpoch);
        await Adoption.SweepSpoolAsync(_jobs.Get<SpoolCleaner>(), _ => false, _token);

        Assert.Equal(
            new[] { mine, SpoolFolder.NameOf(running.Id, 1), SpoolFolder.NameOf(fenced.Id, 1), Path.GetFileName(unknown.Path) }.Order(StringComparer.Ordinal),
            Directory.EnumerateDirectories(_jobs.Home.Spool).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
