using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Workers;

/// <summary>Two managers and two workers that share nothing but a database: runs elsewhere, links that are cut, managers that die.</summary>
public sealed class RemoteWorkersTests(RemoteSite site, ITestOutputHelper output) : IClassFixture<RemoteSite>
{
    private static readonly TimeSpan Within = Bounds.Long;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    private RemoteNode Manager => site.Managers[0];

    [Fact]
    public async Task A_run_elsewhere_needs_nothing_of_the_managers_but_the_database()
    {
        foreach (var worker in site.Workers)
        {
            Assert.Equal("", (await worker.ExecAsync(_token, "sh", "-c", "ls -d /srv/pod /srv/manager-* /opt/configuration/environments 2>/dev/null")).Text);
            Assert.Equal("600", (await worker.MustAsync($"stat -c %a {worker.Home}/secrets/database", _token)).Trim());
            Assert.Equal("600", (await worker.MustAsync($"stat -c %a {worker.Home}/secrets/seal.key", _token)).Trim());
        }

        // It logs in to all machines with the operator's key, which lies in a vault file of the repository.
        var id = await Manager.SubmitAsync(_token, "ping");
        var job = await Manager.AwaitAsync(id, JobState.Succeeded, _token);

        var worker2 = Assert.Single(site.Workers, node => node.Name == job.Worker);
        Assert.Equal(4, job.Hosts!.Ok);
        Assert.Equal((await site.Pod.GitAsync(_token, "rev-parse", "HEAD")).Text.Trim(), job.Configuration!.Commit);
        Assert.False(job.Configuration.Dirty);
        var plan = JsonSerializer.Deserialize(
            await Manager.MustAsync($"curl -s --unix-socket {Manager.Home}/osismd.sock http://osismd{ApiRoutes.Job(id)}/plan", _token), OsismJson.Default.RunPlanInfo)!;
        Assert.StartsWith($"{worker2.Home}/cache/repository/", plan.Cwd, StringComparison.Ordinal);
        Assert.NotNull(plan.Snapshot);
        Assert.DoesNotContain(
            Convert.ToHexStringLower(Encoding.UTF8.GetBytes(site.Pod.VaultPassword)),
            await site.Postgres.QueryAsync("select string_agg(encode(sealed, 'hex'), ' ') from sealed_secret", _token), StringComparison.Ordinal);
        Assert.Equal("0", await site.Postgres.QueryAsync("select count(*) from repository_entry where path like 'secrets%' or path like '.git/%'", _token));

        // What is shown before says where it may run.
        var explained = JsonSerializer.Deserialize(await Manager.MustOsismAsync(_token, "apply", "--explain", "--format", "json", "ping"), OsismJson.Default.RunPlanInfo)!;
        Assert.StartsWith("/srv/pod/", explained.Cwd, StringComparison.Ordinal);
        Assert.Contains(explained.Warnings, warning => warning.Code == "run.elsewhere" && warning.Message.Contains("node-2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_change_of_the_repository_is_what_the_next_run_elsewhere_sees_and_the_record_says_so()
    {
        await Manager.MustAsync("cd /srv/pod/environments/custom && sed 's/Say no/Say something else/' playbook-fails.yml > playbook-changed.yml", _token);

        var id = await Manager.SubmitAsync(_token, "changed", "-e", $"marks={RemoteSite.Marks}", "-e", "trace=changed");
        var job = await Manager.AwaitAsync(id, JobState.Failed, _token);

        await Manager.MustAsync("rm /srv/pod/environments/custom/playbook-changed.yml", _token);
        Assert.True(job.Configuration!.Dirty);
        Assert.Contains("Say something else", await Manager.MustOsismAsync(_token, "task", "output", $"{id}", "--no-color"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_cut_off_goes_on_and_its_job_is_disconnected_and_whole_when_the_link_is_back()
    {
        var (id, run, worker) = await HeldAsync(site.Workers[0]);

        await site.Lab.CutAsync(worker.Name, _token);
        var since = Stopwatch.GetTimestamp();
        await Manager.AwaitAsync(id, JobState.Disconnected, _token);
        output.WriteLine($"disconnected after {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
        Assert.Equal("away", Assert.Single(await Manager.WorkersAsync(_token), info => info.Name == worker.Name).State);

        // The play ends where nobody hears of it.
        await worker.MustAsync($"touch {RemoteSite.Marks}/{run}.go", _token);
        await worker.AwaitAsync("the run ends", $"ls {worker.Home}/spool/{id}.1/exit", _token);
        Assert.Equal(JobState.Disconnected, (await Manager.JobAsync(id, _token)).State);
        await site.Lab.HealAsync(worker.Name, _token);

        var job = await Manager.AwaitAsync(id, JobState.Succeeded, _token);
        var stored = await Manager.OsismAsync(_token, "task", "output", $"{id}");
        Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(stored.Stdout));
        Assert.Equal(job.OutputSha256, Convert.ToHexStringLower(SHA256.HashData(stored.Stdout)));
        Assert.Equal(job.OutputSha256, job.SpoolSha256);
        Assert.Equal(1, job.Attempt);
        Assert.Equal("x", (await worker.MustAsync($"cat {RemoteSite.Marks}/{run}.trace", _token)).Trim());
        Assert.Equal("1", await site.Postgres.QueryAsync($"select count(*) from job_history where job_id = '{id}' and event = 'disconnected'", _token));
        await worker.AwaitAsync("nothing is left in the spool", $"! ls {worker.Home}/spool | grep {id}", _token);
    }

    [Theory]
    [InlineData("STOP")]
    [InlineData("KILL")]
    public async Task A_worker_that_is_frozen_or_killed_takes_its_run_up_again_and_nobody_else_starts_it(string signal)
    {
        var (id, run, worker) = await HeldAsync(site.Workers[0]);

        await worker.MustAsync($"pkill -{signal} -x osismd", _token);
        await Manager.AwaitAsync(id, JobState.Disconnected, _token);
        if (signal == "KILL")
        {
            await site.StartWorkerAsync(worker, _token);
        }
        else
        {
            await worker.MustAsync("pkill -CONT -x osismd", _token);
        }

        await Manager.AwaitAsync(id, JobState.Running, _token);
        await worker.MustAsync($"touch {RemoteSite.Marks}/{run}.go", _token);

        var job = await Manager.AwaitAsync(id, JobState.Succeeded, _token);
        Assert.Equal((worker.Name, signal == "KILL" ? 2 : 1), (job.Worker, job.Attempt));
        var stored = await Manager.OsismAsync(_token, "task", "output", $"{id}");
        Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(stored.Stdout));
        Assert.Equal((job.OutputSha256, job.OutputSha256), (Convert.ToHexStringLower(SHA256.HashData(stored.Stdout)), job.SpoolSha256));
        foreach (var node in site.Workers)
        {
            var traces = await node.MustAsync($"cat {RemoteSite.Marks}/{run}.trace 2>/dev/null || true", _token);
            Assert.Equal(node == worker ? "x" : "", traces.Trim());
        }

        await worker.AwaitAsync("nothing is left in the spool", $"! ls {worker.Home}/spool | grep {id}", _token);
    }

    [Theory]
    [InlineData("the supervisor", "pkill -KILL -f 'supervise[.]pl .*/{0}'", JobState.Lost)]
    [InlineData("ansible", "for p in $(grep -lsa OSISM_ATTEMPT={0} /proc/[0-9]*/environ | cut -d/ -f3); do kill -KILL $p || true; done", JobState.Failed)]
    public async Task A_run_elsewhere_whose_processes_are_killed_ends_truthfully_and_leaves_none(string what, string kill, JobState end)
    {
        var (id, _, worker) = await HeldAsync(site.Workers[1]);

        await worker.MustAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, kill, id), _token);

        var job = await Manager.AwaitAsync(id, end, _token);
        output.WriteLine($"{what} killed: {job.Reason!.Message}");
        Assert.Equal(Enumerable.Range(1, Plays.Lines / 2), Plays.Counted((await Manager.OsismAsync(_token, "task", "output", $"{id}")).Stdout));
        await worker.AwaitAsync("nothing of the run lives", $"! grep -qsa OSISM_ATTEMPT={id} /proc/[0-9]*/environ", _token);
        await worker.AwaitAsync("nothing is left in the spool", $"! ls {worker.Home}/spool | grep {id}", _token);
    }

    [Fact]
    public async Task A_job_that_was_given_up_while_its_worker_was_cut_off_is_not_written_again_and_its_processes_are_killed()
    {
        var (id, _, worker) = await HeldAsync(site.Workers[0]);
        await site.Lab.CutAsync(worker.Name, _token);
        await Manager.AwaitAsync(id, JobState.Disconnected, _token);

        await Manager.MustOsismAsync(_token, "task", "forget", $"{id}", "--force");
        var before = await site.Postgres.QueryAsync($"select state, attempt, output_bytes, ended_at from job where id = '{id}'", _token);
        await site.Lab.HealAsync(worker.Name, _token);

        await worker.AwaitAsync("the run is killed", $"! grep -qsa OSISM_ATTEMPT={id} /proc/[0-9]*/environ", _token);
        await worker.AwaitAsync("nothing is left in the spool", $"! ls {worker.Home}/spool | grep {id}", _token);
        Assert.Equal(before, await site.Postgres.QueryAsync($"select state, attempt, output_bytes, ended_at from job where id = '{id}'", _token));
    }

    [Fact]
    public async Task With_the_policy_kill_a_worker_that_is_cut_off_ends_its_runs_and_the_job_is_lost_without_asking()
    {
        var worker = site.Workers[0];
        await RestartAsync(worker, "OSISM_WORKER__ON_PARTITION=kill", "OSISM_WORKER__INTERRUPT_GRACE=00:00:02", "OSISM_WORKER__TERMINATE_GRACE=00:00:02");
        try
        {
            var (id, _, _) = await HeldAsync(worker);
            await site.Lab.CutAsync(worker.Name, _token);

            await worker.AwaitAsync("the run is killed", $"! grep -qsa OSISM_ATTEMPT={id} /proc/[0-9]*/environ", _token);
            var job = await Manager.AwaitAsync(id, JobState.Lost, _token);
            Assert.Contains("on_partition", job.Reason!.Message, StringComparison.Ordinal);
            await site.Lab.HealAsync(worker.Name, _token);

            await worker.AwaitAsync("nothing is left in the spool", $"! ls {worker.Home}/spool | grep {id}", _token);
            Assert.Equal(JobState.Lost, (await Manager.JobAsync(id, _token)).State);
        }
        finally
        {
            await site.Lab.HealAsync(worker.Name, _token);
            await RestartAsync(worker);
        }
    }

    [Fact]
    public async Task Of_two_managers_one_plays_each_singleton_role_and_the_other_takes_over_when_it_is_killed()
    {
        var holder = await HolderAsync();
        var (dies, stays) = holder.StartsWith("node-0/", StringComparison.Ordinal) ? (site.Managers[0], site.Managers[1]) : (site.Managers[1], site.Managers[0]);

        await dies.KillDaemonAsync(_token);
        var since = Stopwatch.GetTimestamp();
        try
        {
            await Eventually.TrueAsync("the other manager plays the role", async _ => (await HolderAsync()).StartsWith($"{stays.Name}/", StringComparison.Ordinal), Within, _token);
            output.WriteLine($"took over after {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
            await stays.AwaitAsync(await stays.SubmitAsync(_token, "noop"), JobState.Succeeded, _token);
        }
        finally
        {
            await site.StartManagerAsync(dies, _token);
        }

        // Whoever holds it keeps it.
        Assert.StartsWith($"{stays.Name}/", await HolderAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_is_followed_through_the_other_manager_while_the_run_goes_on()
    {
        var (id, run, worker) = await HeldAsync(site.Workers[0]);
        using var following = new Command(Checkout.PathOf("scripts", "nodes"))
        {
            Arguments = ["exec", "--prefix", site.Lab.Prefix, site.Managers[1].Name, "env", $"OSISM_HOME={site.Managers[1].Home}", Checkout.Cli, "task", "output", "--follow", $"{id}"],
        }.Start();

        await Eventually.TrueAsync("the first lines arrive", () => Plays.Counted(following.Stdout).Count() == Plays.Lines / 2, Within, _token);
        Assert.False(following.HasExited);
        await worker.MustAsync($"touch {RemoteSite.Marks}/{run}.go", _token);

        var followed = await following.WaitAsync(Within, _token);
        Assert.Equal(0, followed.ExitCode);
        Assert.Equal(Enumerable.Range(1, Plays.Lines), Plays.Counted(followed.Stdout));
    }

    [Fact]
    public async Task A_worker_that_drains_takes_nothing_until_it_is_resumed()
    {
        await Manager.MustOsismAsync(_token, "worker", "drain", "node-2", "--reason", "new disk");
        await Manager.MustOsismAsync(_token, "worker", "drain", "node-3", "--wait");
        var id = await Manager.SubmitAsync(_token, "noop");
        var shown = await Manager.MustOsismAsync(_token, "worker", "show", "node-2");
        var view = await Manager.MustOsismAsync(_token, "service", "flower");
        await Task.Delay(TimeSpan.FromSeconds(3), _token);
        var waiting = await Manager.JobAsync(id, _token);
        await Manager.MustOsismAsync(_token, "worker", "resume", "node-2");
        await Manager.MustOsismAsync(_token, "worker", "resume", "node-3");
        await Manager.AwaitAsync(id, JobState.Succeeded, _token);

        Assert.Equal(JobState.Queued, waiting.State);
        Assert.Contains("new disk", shown, StringComparison.Ordinal);
        Assert.Contains("draining", view, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_a_token_is_no_worker_and_a_token_works_once()
    {
        var worker = site.Workers[1];
        var stranger = $"OSISM_HOME=/srv/stranger OSISM_DATABASE={site.Postgres.Url}";
        var refused = await worker.ExecAsync(_token, "sh", "-c", $"{stranger} {Checkout.Daemon} --roles worker:netbox");
        var token = (await Manager.MustOsismAsync(_token, "worker", "token")).Trim();
        var first = await worker.ExecAsync(_token, "sh", "-c", $"echo {token} | {stranger} {Checkout.Daemon} join --name stranger");
        var again = await worker.ExecAsync(_token, "sh", "-c", $"echo {token} | OSISM_HOME=/srv/other OSISM_DATABASE={site.Postgres.Url} {Checkout.Daemon} join");
        var removed = await Manager.OsismAsync(_token, "worker", "remove", "stranger");
        var after = await worker.ExecAsync(_token, "sh", "-c", $"{stranger} {Checkout.Daemon} --roles worker:netbox");

        Assert.Equal((ExitCode.Denied, true), (refused.ExitCode, refused.Errors.Contains("worker.not_joined", StringComparison.Ordinal)));
        Assert.Equal((0, ""), (first.ExitCode, first.Errors));
        Assert.Equal((ExitCode.Denied, true), (again.ExitCode, again.Errors.Contains("was used", StringComparison.Ordinal)));
        Assert.Equal(0, removed.ExitCode);
        Assert.Equal(ExitCode.Denied, after.ExitCode);
    }

    [Fact]
    public async Task A_token_and_a_password_that_came_as_arguments_are_not_in_the_list_of_processes()
    {
        // Nobody answers there: the program waits for the database long enough to be looked at.
        var worker = site.Workers[1];
        var silent = $"{site.Lab.ManagerAddress[..site.Lab.ManagerAddress.LastIndexOf('.')]}.250";
        await worker.MustAsync(
            $"setsid -f env OSISM_HOME=/srv/waits {Checkout.Daemon} join --token osism-join-geheim --database postgresql://osism:hush@{silent}/osism >/dev/null 2>&1 </dev/null", _token);

        await worker.AwaitAsync("the words are hidden", "for p in $(pgrep -x osismd); do tr '\\0' ' ' </proc/$p/cmdline; echo; done | grep -q -- '--token x*$\\|--token x* '", _token);
        var lines = await worker.MustAsync("for p in $(pgrep -x osismd); do tr '\\0' ' ' </proc/$p/cmdline; echo; done", _token);

        Assert.DoesNotContain("geheim", lines, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", lines, StringComparison.Ordinal);
    }

    /// <summary>A run that waits on one worker, the others being kept from it.</summary>
    private async Task<(Guid Id, string Run, RemoteNode Worker)> HeldAsync(RemoteNode worker)
    {
        var run = $"run-{Guid.NewGuid():N}"[..12];
        var others = site.Workers.Where(other => other != worker).ToList();
        foreach (var other in others)
        {
            await Manager.MustOsismAsync(_token, "worker", "drain", other.Name);
        }

        var id = await Manager.SubmitAsync(_token, "hold", "-e", $"trace={run}", "-e", $"marks={RemoteSite.Marks}");
        try
        {
            await worker.AwaitAsync("the run comes to where it waits", $"ls {RemoteSite.Marks}/{run}.began", _token);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{await worker.LogAsync(_token)}\n{(await Manager.OsismAsync(_token, "task", "show", $"{id}")).Text}", e);
        }

        foreach (var other in others)
        {
            await Manager.MustOsismAsync(_token, "worker", "resume", other.Name);
        }

        return (id, run, worker);
    }

    private async Task RestartAsync(RemoteNode worker, params string[] settings)
    {
        await worker.MustAsync("pkill -TERM -x osismd; while pgrep -x osismd >/dev/null; do sleep 0.1; done", _token);
        await site.StartWorkerAsync(worker, _token, settings);
    }

    /// <summary>Who plays the watch over workers.</summary>
    private async Task<string> HolderAsync() =>
        await site.Postgres.QueryAsync("select holder_name from leadership where role = 'partition-watch' and lease_until > osism_now()", _token);
}
