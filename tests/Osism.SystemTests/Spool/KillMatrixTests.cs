using System.Diagnostics;
using System.Security.Cryptography;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Spool;

/// <summary>Every process there is, killed and frozen for longer than a lease, with a job in every phase of its life at that moment.</summary>
/// <remarks>One test hits one victim with one signal while six jobs stand in the six phases (<see cref="KillCell"/>); behind each of them waits another one
/// for the same lock key. Which cell a failure is about stands in its message.</remarks>
public sealed class KillMatrixTests(KillSite site, ITestOutputHelper log) : IClassFixture<KillSite>
{
    private static readonly TimeSpan Phase = Bounds.Long;

    // Until others have seen that the lease ran out and done what they do then.
    private static readonly TimeSpan Frozen = KillSite.Lease + TimeSpan.FromSeconds(3);

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly string _test = $"{Guid.NewGuid():N}"[..8];

    public static TheoryData<string, string> Rows =>
        [.. KillCell.Victims.SelectMany(victim => new[] { "KILL", "STOP" }.Select(signal => new TheoryDataRow<string, string>(victim, signal)))];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task No_job_starts_twice_loses_a_byte_leaves_a_process_or_a_lock_or_ends_untruthfully(string victim, string signal)
    {
        await site.ReadyAsync(_token);
        var cells = KillCell.Of(victim, signal).OrderBy(cell => cell.Phase == "queued").ToList();
        Assert.Equal(KillCell.Phases.Order(), cells.Select(cell => cell.Phase).Order());
        var jobs = new List<Placed>();
        foreach (var cell in cells)
        {
            jobs.Add(await PlaceAsync(cell, victim));
        }

        foreach (var placed in jobs)
        {
            await InPlaceAsync(placed, victim);
        }

        Assert.Equal(JobState.Queued, (await site.Daemon.JobAsync(jobs[^1].Id, _token)).State);
        var since = Stopwatch.GetTimestamp();
        await (signal == "KILL" ? KillAsync(victim, jobs) : FreezeAsync(victim, jobs));

        // Who was to be ended, or lost its supervisor, must not come to its end by itself meanwhile.
        foreach (var placed in jobs.Where(placed => placed.Cell.Lines > KillSite.Half))
        {
            Open(placed.Cell.Phase);
        }

        foreach (var placed in jobs)
        {
            await JudgeAsync(placed, victim, signal, since);
        }

        Assert.Equal("0", await site.Daemon.QueryAsync("select count(*) from job_key", _token));
        Assert.Equal("0", await site.Daemon.QueryAsync("select count(*) from job where state in (0, 1, 2, 10, 11)", _token));
        if (site.Second is { } second)
        {
            // Who was fenced takes jobs again.
            await second.StopAsync(_token);
            Open("again");
            var again = await SubmitAsync("running", "again");
            Assert.Equal(JobState.Succeeded, (await site.Daemon.EndAsync(again, _token)).State);
        }
    }

    private async Task<Placed> PlaceAsync(KillCell cell, string victim)
    {
        if (cell.Point is { } point && cell.Phase != "cancelling")
        {
            site.Daemon.Failpoints.Arm($"{point}@{cell.Role}");
        }

        if (cell.Phase == "finishing" && victim != "supervisor")
        {
            // The command is at its last words, or is over for its worker.
            File.WriteAllText($"{Cell(cell.Phase)}.go", "");
            if (victim != "ansible")
            {
                File.WriteAllText($"{Cell(cell.Phase)}.leave", "");
            }
        }

        Open($"{cell.Phase}-next");
        return new Placed(cell, await SubmitAsync(cell.Phase, cell.Phase), await SubmitAsync(cell.Phase, $"{cell.Phase}-next"));
    }

    private async Task InPlaceAsync(Placed placed, string victim)
    {
        var cell = placed.Cell;
        if (cell.Phase is "spawned" or "running" or "cancelling" || (cell.Phase == "finishing" && victim is "supervisor"))
        {
            await site.BeganAsync($"{_test}-{cell.Phase}", _token);
        }

        if (cell.Phase == "finishing" && victim == "ansible")
        {
            await Eventually.TrueAsync("finishing: the command wrote all", () => File.Exists($"{Cell(cell.Phase)}.said"), Phase, _token);
        }

        if (cell.Point is { } point)
        {
            if (cell.Phase == "cancelling")
            {
                site.Daemon.Failpoints.Arm($"{point}@{cell.Role}");
                using var cancelled = await site.Daemon.Http.PostAsync(new Uri(ApiRoutes.Cancel(placed.Id), UriKind.Relative), null, _token);
                cancelled.EnsureSuccessStatusCode();
            }

            await site.Daemon.Failpoints.ReachedAsync($"{point}@{cell.Role}", Phase, _token);
        }
    }

    private async Task KillAsync(string victim, List<Placed> jobs)
    {
        switch (victim)
        {
            case "supervisor":
                await PrepareSupervisorAsync(jobs);
                await SignalAsync(RunsOf(jobs).Select(placed => AttemptProcesses.Supervisor(site.Daemon, placed.Id)), "KILL");
                break;
            case "ansible":
                await SignalAsync(RunsOf(jobs).Select(placed => AttemptProcesses.Playbook(site.Daemon, placed.Id)), "KILL");
                break;
            case "worker":
                await site.First!.KillAsync(_token);
                break;
            case "manager":
                await site.Daemon.KillAsync(_token);
                break;
            case "postgresql":
                await SignalAsync(site.Daemon.PostgresProcesses(), "KILL");
                break;
        }

        site.Daemon.Failpoints.Clear();
        switch (victim)
        {
            case "worker":
                await site.StartWorkerAsync(_token);
                break;
            case "manager":
                await site.Daemon.StartAsync(_token);
                break;
        }
    }

    private async Task FreezeAsync(string victim, List<Placed> jobs)
    {
        IReadOnlyList<int> processes = victim switch
        {
            "supervisor" => [.. RunsOf(jobs).Select(placed => AttemptProcesses.Supervisor(site.Daemon, placed.Id))],
            "ansible" => [.. RunsOf(jobs).Select(placed => AttemptProcesses.Playbook(site.Daemon, placed.Id))],
            "worker" => [site.First!.Id],
            "manager" => [site.Daemon.Id],
            _ => site.Daemon.PostgresProcesses(),
        };
        if (victim == "supervisor")
        {
            await PrepareSupervisorAsync(jobs);
        }

        await SignalAsync(processes, "STOP");

        // What is frozen at a point does not see that it may go on until it is thawed; who takes its place is not held there.
        site.Daemon.Failpoints.Clear();
        if (victim == "worker")
        {
            await site.StartSecondWorkerAsync(_token);
            foreach (var placed in jobs.Where(placed => placed.Cell.Phase != "queued"))
            {
                await Eventually.TrueAsync(
                    $"{placed.Cell.Phase}: another worker took the job over",
                    async token => (await site.Daemon.HistoryAsync(placed.Id, token)).Contains("adopted", StringComparer.Ordinal), Phase, _token);
            }
        }
        else
        {
            await Task.Delay(Frozen, _token);
        }

        await SignalAsync(processes, "CONT");
    }

    /// <summary>The command of the job that is to be finishing ends while its supervisor cannot write that down.</summary>
    private async Task PrepareSupervisorAsync(List<Placed> jobs)
    {
        var finishing = jobs.Single(placed => placed.Cell.Phase == "finishing");
        var playbook = AttemptProcesses.Playbook(site.Daemon, finishing.Id);
        await Signals.SendAsync(AttemptProcesses.Supervisor(site.Daemon, finishing.Id), "STOP", _token);
        Open("finishing");
        await Eventually.TrueAsync("finishing: the command has ended", () => !Signals.IsAlive(playbook), Phase, _token);
    }

    private async Task JudgeAsync(Placed placed, string victim, string signal, long since)
    {
        var cell = placed.Cell;
        var where = $"{signal} of {victim}, {cell.Phase}: {placed.Id}";
        try
        {
            var job = await site.Daemon.EndAsync(placed.Id, _token);
            var output = await site.Daemon.OutputAsync(placed.Id, _token);
            Assert.Equal(cell.End, job.State);
            Assert.Equal(cell.End switch { JobState.Succeeded => 0, JobState.Failed => 137, JobState.Lost => null, _ => job.ExitCode }, job.ExitCode);
            Assert.Equal(Enumerable.Range(1, cell.Lines), Plays.Counted(output));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(output)), job.OutputSha256);
            Assert.Equal(job.SpoolSha256, job.OutputSha256);
            Assert.Single(File.ReadAllLines($"{Cell(cell.Phase)}.starts"));
            Assert.Single(await site.Daemon.HistoryAsync(placed.Id, _token), step => step is "succeeded" or "failed" or "cancelled" or "lost");

            // The key was free, and not before its holder had ended.
            var next = await site.Daemon.EndAsync(placed.Next, _token);
            Assert.Equal(JobState.Succeeded, next.State);
            Assert.True(next.StartedAt >= job.EndedAt, $"the next one started at {next.StartedAt:O}, this one ended at {job.EndedAt:O}");
            Assert.Single(File.ReadAllLines($"{Cell($"{cell.Phase}-next")}.starts"));
            await Leftovers.GoneAsync(site.Daemon, placed.Id, _token);
            log.WriteLine($"{where}: {job.State.ToWireName()}, attempt {job.Attempt}, over after {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var history = await site.Daemon.QueryAsync($"select at, event, actor, detail from job_history where job_id = '{placed.Id}' order by at", _token);
            throw new InvalidOperationException($"{where}: {e.Message}\n{history}\n{site.Daemon.Log}", e);
        }
    }

    private Task<Guid> SubmitAsync(string phase, string cell) => site.SubmitAsync(phase, $"{_test}-{cell}", _token);

    private void Open(string cell) => site.Open($"{_test}-{cell}");

    private string Cell(string name) => site.PathOf($"{_test}-{name}");

    /// <summary>Jobs whose command runs.</summary>
    private static IEnumerable<Placed> RunsOf(List<Placed> jobs) => jobs.Where(placed => placed.Cell.Phase is not ("queued" or "starting"));

    private async Task SignalAsync(IEnumerable<int> processes, string signal)
    {
        foreach (var process in processes.ToList())
        {
            await Signals.SendAsync(process, signal, _token);
        }
    }

    private sealed record Placed(KillCell Cell, Guid Id, Guid Next);
}
