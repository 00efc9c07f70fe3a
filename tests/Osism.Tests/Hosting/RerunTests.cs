using System.Net.Http.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform.Processes;

namespace Osism.Tests.Hosting;

/// <summary>Running a job again, and giving one up.</summary>
public sealed class RerunTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private Manager _manager = null!;

    public async ValueTask InitializeAsync() => _manager = await Manager.StartAsync();

    public async ValueTask DisposeAsync() => await _manager.DisposeAsync();

    [Fact]
    public async Task Only_the_hosts_that_failed_or_were_unreachable_are_run_again_from_the_task_that_was_named()
    {
        var first = await EndedAsync(new SubmitJob { Role = "ping", Arguments = ["-l", "all", "-e", "a=b"], DryRun = true, TaskTimeout = 600 });
        await RecapAsync(first.Id, ("good", 0, 0), ("bad", 1, 0), ("away", 0, 1));

        var again = await RerunAsync(first.Id, new RerunJob { Failed = true, StartAtTask = "Install packages", Retry = 1 });

        Assert.Equal(["-l", "all", "-e", "a=b", "-l", "away,bad", "--start-at-task", "Install packages"], again.Arguments);
        Assert.Equal((first.Id, true, 600, 1), (again.RerunOf, again.DryRun, again.TaskTimeout, again.RetriesLeft));
        Assert.Null(again.RetryOf);
        var life = (await _manager.GetAsync(ApiRoutes.History(again.Id), OsismJson.Default.PageJobHistoryInfo)).Items;
        Assert.Equal(("submitted", UnixUser.Current.Name, $"runs {first.Id} again"), (life[0].Event, life[0].Actor, life[0].Detail));
    }

    [Fact]
    public async Task All_of_a_job_may_be_run_again_also_one_without_Ansible()
    {
        var noop = await EndedAsync(new SubmitJob { Kind = "noop", Queue = "netbox" });

        var again = await RerunAsync(noop.Id, new RerunJob());

        Assert.Equal(("noop", "netbox", noop.Id), (again.Kind, again.Queue, again.RerunOf));
        Assert.Equal("job.wrong_state", (await ProblemAsync(noop.Id, new RerunJob { Failed = true })).Code);
    }

    [Fact]
    public async Task What_cannot_be_run_again_is_refused_with_the_reason()
    {
        _manager.Play("exec sleep 60");
        var running = await _manager.SubmitAsync(new SubmitJob { Role = "ping" });
        Assert.Equal("job.wrong_state", (await ProblemAsync(running.Id, new RerunJob())).Code);
        Assert.Equal("job.not_found", (await ProblemAsync(Guid.NewGuid(), new RerunJob())).Code);
        using (await _manager.Http.PostAsync(new Uri(ApiRoutes.Cancel(running.Id), UriKind.Relative), null, _token))
        {
            await _manager.GetAsync(ApiRoutes.JobEnd(running.Id, 60), OsismJson.Default.JobInfo);
        }

        Assert.Contains("no recap", (await ProblemAsync(running.Id, new RerunJob { Failed = true })).Detail, StringComparison.Ordinal);
        await RecapAsync(running.Id, ("good", 0, 0));
        Assert.Contains("no host", (await ProblemAsync(running.Id, new RerunJob { Failed = true })).Detail, StringComparison.Ordinal);
        Assert.Equal("request.invalid", (await ProblemAsync(running.Id, new RerunJob { StartAtTask = "--step" })).Code);
    }

    [Fact]
    public async Task A_job_that_cannot_be_reached_is_given_up_only_with_force_and_its_keeper_is_fenced()
    {
        var store = _manager.Get<JobStore>();
        var draft = new Job { Id = Guid.CreateVersion7(), Kind = JobKinds.Noop, Queue = "nobody", SubmittedBy = "ada" };
        await store.SubmitAsync([draft], _token);
        var worker = new WorkerIdentity(Guid.CreateVersion7(), "far", "elsewhere", "boot", 1, 1);
        await _manager.Get<WorkerRegistry>().RegisterAsync(worker, ["nobody"], new WorkerOptions { Slots = 1, Lease = TimeSpan.FromHours(1) }, "0", _token);
        var claimed = Assert.Single(await store.ClaimAsync(worker, new Dictionary<string, int>(StringComparer.Ordinal) { ["nobody"] = 1 }, _token));

        Assert.Equal("job.wrong_state", (await ForgetAsync(draft.Id, force: true)).Code);
        await store.ChangeAsync(draft.Id, claimed.Attempt, "watch", (job, _) => job.Disconnect("silent"), _token);
        Assert.Equal("request.invalid", (await ForgetAsync(draft.Id, force: false)).Code);
        using (var answer = await SendForgetAsync(draft.Id, force: true))
        {
            var lost = await Manager.ReadAsync(answer, OsismJson.Default.JobInfo);
            Assert.Equal((JobState.Lost, "job.lost"), (lost.State, lost.Reason!.Code));
        }

        Assert.Null(await store.ChangeAsync(draft.Id, claimed.Attempt, "far", (job, at) => job.End(JobState.Succeeded, null, at), _token));
        var life = (await _manager.GetAsync(ApiRoutes.History(draft.Id), OsismJson.Default.PageJobHistoryInfo)).Items;
        Assert.Equal(("lost", UnixUser.Current.Name), (life[^1].Event, life[^1].Actor));
        Assert.Contains("forgotten", life[^1].Detail, StringComparison.Ordinal);
    }

    private async Task<JobInfo> EndedAsync(SubmitJob job) =>
        await _manager.GetAsync(ApiRoutes.JobEnd((await _manager.SubmitAsync(job)).Id, 60), OsismJson.Default.JobInfo);

    private async Task RecapAsync(Guid id, params (string Host, int Failed, int Unreachable)[] hosts)
    {
        await using var connection = await _manager.Get<Npgsql.NpgsqlDataSource>().OpenConnectionAsync(_token);
        foreach (var (host, failed, unreachable) in hosts)
        {
            await using var command = new Npgsql.NpgsqlCommand("insert into job_host values ($1, $2, 'x', 0, 0, $3, $4, 0, 0, 0)", connection)
            {
                Parameters = { new() { Value = id }, new() { Value = host }, new() { Value = failed }, new() { Value = unreachable } },
            };
            await command.ExecuteNonQueryAsync(_token);
        }
    }

    private async Task<JobInfo> RerunAsync(Guid id, RerunJob rerun)
    {
        using var answer = await _manager.Http.PostAsJsonAsync(ApiRoutes.Rerun(id), rerun, OsismJson.Default.RerunJob, _token);
        return await Manager.ReadAsync(answer, OsismJson.Default.JobInfo);
    }

    private Task<ProblemInfo> ProblemAsync(Guid id, RerunJob rerun) =>
        Manager.ProblemAsync(_manager.Http.PostAsJsonAsync(ApiRoutes.Rerun(id), rerun, OsismJson.Default.RerunJob, _token));

    private Task<ProblemInfo> ForgetAsync(Guid id, bool force) => Manager.ProblemAsync(SendForgetAsync(id, force));

    private Task<HttpResponseMessage> SendForgetAsync(Guid id, bool force) =>
        _manager.Http.PostAsJsonAsync(ApiRoutes.Forget(id), new ForgetJob(force), OsismJson.Default.ForgetJob, _token);
}
