using System.Collections.Concurrent;
using System.Text;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;
using Osism.Testing;
using Osism.Tests.Jobs;

namespace Osism.Tests.Hosting;

/// <summary>The whole manager in this process: claims, spool, supervisor, store and API, with a script in the place of ansible-playbook.</summary>
public sealed class RunningJobsTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private Manager _manager = null!;

    public async ValueTask InitializeAsync() => _manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["OSISM_WORKER__HEARTBEAT"] = "00:00:00.2",

        // For a script that ends in an orderly way when it is asked to, on a machine that has other things to do.
        ["OSISM_WORKER__INTERRUPT_GRACE"] = "00:00:10",
        ["OSISM_WORKER__TERMINATE_GRACE"] = "00:00:01",
    });

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task A_run_leaves_its_output_its_recap_and_nothing_in_the_spool()
    {
        _manager.Play("""
            echo "playbook $*"
            echo '{"v":1,"ev":"stats","hosts":{"localhost":{"ok":3,"changed":1,"failed":0,"unreachable":0,"skipped":0,"rescued":0,"ignored":0}}}' >>"$OSISM_EVENTS"
            """);

        var job = await EndAsync(await _manager.SubmitAsync(new SubmitJob { Role = "ping", Arguments = ["-l", "localhost"] }));

        Assert.Equal((JobState.Succeeded, 0, 1, new HostCounts(1, 1, 0, 0, 0)), (job.State, job.ExitCode, job.Attempt, job.Hosts));
        var output = await _manager.Http.GetStringAsync($"/v1/jobs/{job.Id}/output", _token);
        Assert.Contains("-l localhost", output, StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetByteCount(output), job.OutputBytes);
        Assert.Equal(job.OutputSha256, job.SpoolSha256);
        Assert.Equal("localhost", (await _manager.GetAsync(ApiRoutes.Hosts(job.Id), OsismJson.Default.PageJobHostInfo)).Items.Single().Host);
        Assert.Equal(
            ["submitted", "claimed", "running", "succeeded"],
            (await _manager.GetAsync(ApiRoutes.History(job.Id), OsismJson.Default.PageJobHistoryInfo)).Items.Select(step => step.Event));
        Assert.Contains("\"argv\":", await _manager.Http.GetStringAsync($"/v1/jobs/{job.Id}/plan", _token), StringComparison.Ordinal);
        Assert.Contains("\"stats\"", await _manager.Http.GetStringAsync(ApiRoutes.Events(job.Id), _token), StringComparison.Ordinal);
        await Eventually.TrueAsync(
            "the spool is empty", () => !Directory.EnumerateDirectories(_manager.Home.Spool).Any(), Bounds.Long, _token);
    }

    [Fact]
    public async Task A_cancelled_run_is_dead_when_it_says_so()
    {
        _manager.Play("trap '' INT TERM; echo up; while :; do sleep 0.1; done");
        var job = await _manager.SubmitAsync(new SubmitJob { Role = "ping" });
        await OutputAsync(job, "up\n");

        using var accepted = await _manager.Http.PostAsync(ApiRoutes.Cancel(job.Id), null, _token);
        var ended = await EndAsync(job);

        Assert.True(accepted.IsSuccessStatusCode);
        Assert.Equal((JobState.Cancelled, UnixUser.Current.Name, "job.cancelled"), (ended.State, ended.CancelledBy, ended.Reason?.Code));
        Assert.Empty(ProcessTree.OfAttempt($"{job.Id}.1", null, Cgroup.None));
        Assert.Equal("job.wrong_state", (await Manager.ProblemAsync(_manager.Http.PostAsync(ApiRoutes.Cancel(job.Id), null, _token))).Code);
    }

    [Fact]
    public async Task A_run_beyond_its_limit_is_timed_out_and_repeated_as_often_as_asked_for()
    {
        _manager.Play("sleep 300");
        var job = await _manager.SubmitAsync(new SubmitJob { Role = "ping", TaskTimeout = 1, Retry = 1 });

        var ended = await EndAsync(job);
        var again = Assert.Single((await _manager.GetAsync(ApiRoutes.RetriesOf(job.Id), OsismJson.Default.PageJobInfo)).Items);

        Assert.Equal((JobState.TimedOut, "job.timed_out"), (ended.State, ended.Reason?.Code));
        Assert.Equal((JobState.TimedOut, 0), ((await EndAsync(again)).State, again.RetriesLeft));
    }

    [Fact]
    public async Task A_program_that_is_not_there_fails_the_run_and_says_so()
    {
        _manager.Play("exec /nonexistent/ansible");

        var job = await EndAsync(await _manager.SubmitAsync(new SubmitJob { Role = "ping" }));

        Assert.Equal((JobState.Failed, 127, "run.failed"), (job.State, job.ExitCode, job.Reason?.Code));
        Assert.Contains("/nonexistent/ansible", await _manager.Http.GetStringAsync($"/v1/jobs/{job.Id}/output", _token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_a_run_that_then_comes_to_a_good_end_leaves_it_succeeded()
    {
        _manager.Play("trap 'echo done; exit 0' INT; echo up; while :; do sleep 0.1; done");
        var job = await _manager.SubmitAsync(new SubmitJob { Role = "ping" });
        await OutputAsync(job, "up\n");

        using var accepted = await _manager.Http.PostAsync(ApiRoutes.Cancel(job.Id), null, _token);

        Assert.Equal(JobState.Succeeded, (await EndAsync(job)).State);
    }

    [Fact]
    public async Task A_worker_is_shown_with_what_it_does()
    {
        await ReadyAsync();
        var worker = Assert.Single((await _manager.GetAsync(ApiRoutes.Workers, OsismJson.Default.PageWorkerInfo)).Items);

        Assert.Equal(("up", Environment.ProcessId), (worker.State, worker.Pid));
        Assert.Equal(WorkerQueues.All, worker.Queues);
        Assert.Equal("healthy", (await _manager.GetAsync(ApiRoutes.Status, OsismJson.Default.StatusInfo)).Status);
    }

    [Fact]
    public async Task Many_who_ask_for_its_health_at_once_all_get_the_same_answer()
    {
        const int Askers = 40;

        await ReadyAsync();

        // Whether two meet in the spool is chance; that each has a file of its own there is not.
        var probes = new ConcurrentBag<string>();
        using var spool = new FileSystemWatcher(_manager.Home.Spool) { NotifyFilter = NotifyFilters.FileName };
        spool.Created += (_, created) => probes.Add(created.Name!);
        spool.EnableRaisingEvents = true;

        var answers = await Task.WhenAll(Enumerable.Range(0, Askers).Select(_ => _manager.GetAsync("/readyz", OsismJson.Default.HealthInfo)));

        Assert.All(answers, answer => Assert.Equal("ok", answer.Status));
        Assert.Equal(["database", "queue", "worker", "spool", "runs"], answers[0].Checks.Select(check => check.Name));
        await Eventually.TrueAsync($"{Askers} probes were seen", () => probes.Count >= Askers, Bounds.Long, _token);
        Assert.Equal(Askers, probes.Distinct(StringComparer.Ordinal).Count());
        Assert.Empty(Directory.EnumerateFiles(_manager.Home.Spool));
        Assert.Equal("ok", (await _manager.GetAsync("/healthz", OsismJson.Default.HealthInfo)).Status);
    }

    [Fact]
    public async Task What_cannot_be_taken_up_says_so_is_tried_ever_more_rarely_and_keeps_nobody_from_his_work()
    {
        // A claimed job in our own name of which nobody can tell whether it began: its folder is a link to itself.
        var store = _manager.Get<JobStore>();
        var draft = JobsSetup.Draft("nobody");
        await store.SubmitAsync([draft], _token);
        await store.ClaimAsync(_manager.Get<WorkerIdentity>(), "nobody", 1, _token);
        var folder = Path.Combine(_manager.Home.Spool, $"{draft.Id}.1");
        File.CreateSymbolicLink(folder, folder);

        // Over several of the worker's looks for abandoned jobs.
        var troubles = _manager.Get<JobTroubles>();
        await Eventually.TrueAsync("it was tried three times", () => troubles.All.Any(trouble => trouble.Times >= 3), Bounds.Long, _token);
        Assert.Equal(JobState.Succeeded, (await EndAsync(await _manager.SubmitAsync(new SubmitJob { Role = "ping" }))).State);

        var trouble = Assert.Single(troubles.All);
        Assert.True(trouble.Pause >= TimeSpan.FromSeconds(0.8), $"the pause is still {trouble.Pause}");
        var shown = await _manager.GetAsync(ApiRoutes.Job(draft.Id), OsismJson.Default.JobInfo);
        Assert.Equal((JobState.Starting, "job.unattended"), (shown.State, shown.Reason?.Code));
        var ready = await _manager.GetAsync("/readyz", OsismJson.Default.HealthInfo);
        Assert.Equal(("degraded", "degraded"), (ready.Status, ready.Checks.Single(check => check.Name == "runs").Status));
        Assert.Contains(draft.Id.ToString(), ready.Checks.Single(check => check.Name == "runs").Detail, StringComparison.Ordinal);
        Assert.Equal("degraded", (await _manager.GetAsync(ApiRoutes.Status, OsismJson.Default.StatusInfo)).Status);

        File.Delete(folder);
        await Eventually.TrueAsync(
            "it went back to the queue, and all is well", async token =>
                (await _manager.GetAsync(ApiRoutes.Job(draft.Id), OsismJson.Default.JobInfo)) is { State: JobState.Queued, Reason: null }
                && (await _manager.GetAsync("/readyz", OsismJson.Default.HealthInfo)).Status == "ok",
            Bounds.Long, _token);
    }

    [Fact]
    public async Task A_run_whose_masks_are_lost_goes_on_unstored_says_so_and_its_record_is_closed_truthfully()
    {
        var (job, key) = await WithoutKeyAsync("echo the secret again; exit 3");
        var shown = await UnattendedAsync(job);
        Assert.Equal((JobState.Running, 3), (shown.State, shown.Attempt));
        Assert.Contains("seal.key", shown.Reason!.Message, StringComparison.Ordinal);
        var check = (await _manager.GetAsync("/readyz", OsismJson.Default.HealthInfo)).Checks.Single(entry => entry.Name == "runs");
        Assert.Equal("degraded", check.Status);
        Assert.Contains(job.Id.ToString(), check.Detail, StringComparison.Ordinal);

        await GoAsync(job);
        var ended = await EndAsync(job);

        Assert.Equal((JobState.Failed, 3, 3), (ended.State, ended.ExitCode, ended.Attempt));
        var withheld = Assert.Single(ended.Warnings, warning => warning.Code == "output_withheld");
        Assert.Null(ended.SpoolSha256);
        var output = await _manager.Http.GetStringAsync($"/v1/jobs/{job.Id}/output", _token);
        Assert.DoesNotContain("again", output, StringComparison.Ordinal);
        Assert.Equal(ended.OutputSha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(output))));
        var folder = Assert.Single(Directory.EnumerateDirectories(_manager.Home.Spool));
        Assert.Contains(Path.Combine(folder, "output"), withheld.Message, StringComparison.Ordinal);
        Assert.Contains("again", await File.ReadAllTextAsync(Path.Combine(folder, "output"), _token), StringComparison.Ordinal);
        await Eventually.TrueAsync("all is well", async _ => (await _manager.GetAsync("/readyz", OsismJson.Default.HealthInfo)).Status == "ok", Bounds.Long, _token);
        Assert.False(File.Exists(key));
    }

    [Fact]
    public async Task A_run_whose_masks_come_back_is_stored_whole()
    {
        var (job, key) = await WithoutKeyAsync("echo two; exit 0");
        await UnattendedAsync(job);

        File.Move(key + ".away", key);
        await Eventually.TrueAsync(
            "it is followed again", async _ => (await _manager.GetAsync(ApiRoutes.Job(job.Id), OsismJson.Default.JobInfo)).Reason is null, Bounds.Long, _token);
        await GoAsync(job);

        var ended = await EndAsync(job);
        Assert.Equal((JobState.Succeeded, 0), (ended.State, ended.Warnings.Count));
        Assert.EndsWith("tick\ntwo\n", await _manager.Http.GetStringAsync($"/v1/jobs/{job.Id}/output", _token), StringComparison.Ordinal);
        Assert.Equal(ended.OutputSha256, ended.SpoolSha256);
    }

    /// <summary>A run in a folder of its own, whose keeper fails after the seal key was taken away.</summary>
    private async Task<(JobInfo Job, string Key)> WithoutKeyAsync(string script)
    {
        _manager.Play($"""
            cd "$(dirname "$OSISM_EVENTS")" && i=0
            while [ ! -e go ] && [ $((i += 1)) -lt 1200 ]; do echo tick; sleep 0.1; done
            {script}
            """);
        var job = await _manager.SubmitAsync(new SubmitJob { Role = "ping" });
        await Eventually.TrueAsync(
            "its first line is stored", async _ => (await _manager.GetAsync(ApiRoutes.Job(job.Id), OsismJson.Default.JobInfo)).OutputBytes > 0, Bounds.Long, _token);
        var key = _manager.Get<SealKeyFile>().FilePath;
        File.Move(key, key + ".away");

        // Its worker is taken for gone: it takes the run up anew.
        var store = _manager.Get<JobStore>();
        var held = (await store.FindAsync(job.Id, _token))!;
        Assert.NotNull(await store.AdoptAsync(held, _manager.Get<WorkerIdentity>(), _token));
        return (job, key);
    }

    private async Task<JobInfo> UnattendedAsync(JobInfo job)
    {
        JobInfo? shown = null;
        await Eventually.TrueAsync(
            "it says that it cannot be followed",
            async _ => (shown = await _manager.GetAsync(ApiRoutes.Job(job.Id), OsismJson.Default.JobInfo)).Reason?.Code == "job.unattended", Bounds.Long, _token);
        return shown!;
    }

    private Task GoAsync(JobInfo job) => File.WriteAllTextAsync(Path.Combine(_manager.Home.Spool, $"{job.Id}.1", "go"), "", _token);

    /// <summary>Requests are answered before the worker has registered.</summary>
    private Task ReadyAsync() => Eventually.TrueAsync(
        "it is ready",
        async token =>
        {
            using var answer = await _manager.Http.GetAsync(new Uri("/readyz", UriKind.Relative), token);
            return answer.IsSuccessStatusCode;
        },
        Bounds.Long, _token);

    private async Task<JobInfo> EndAsync(JobInfo job)
    {
        for (var tries = 0; tries < 6; tries++)
        {
            var now = await _manager.GetAsync(ApiRoutes.JobEnd(job.Id, 30), OsismJson.Default.JobInfo);
            if (now.State.IsTerminal())
            {
                return now;
            }
        }

        throw new TimeoutException($"Waited 180 s in vain for the end of {job.Id}");
    }

    private Task OutputAsync(JobInfo job, string expected) => Eventually.TrueAsync(
        $"{job.Id} wrote '{expected}'",
        async token => await _manager.Http.GetStringAsync($"/v1/jobs/{job.Id}/output", token) == expected, Bounds.Long, _token);
}
