using System.Text.RegularExpressions;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording.Ingest;
using Osism.Testing;
using Osism.Tests.Ansible;
using Osism.Tests.Jobs;

namespace Osism.Tests.Ara;

/// <summary>One run, told to us by our callback and to ARA's own server by ARA's.</summary>
public sealed partial class SameRunTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync()
    {
        _jobs = await JobsSetup.CreateAsync();
        await AraSite.WriteAsync(_folder, _token);
    }

    public async ValueTask DisposeAsync()
    {
        await _jobs.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Our_record_is_that_of_ara_task_by_task_and_ansibles_recap_host_by_host()
    {
        using var peer = await AraServer.StartAsync(_token);
        var (ours, theirs) = (EventRun.Playbook(_folder.Path, _folder["events"], ["-i", "hosts", "site.yml"]), AraRun.Play(peer.Address, null, 0, _folder.Path));
        var environment = new Dictionary<string, string?>(theirs.Environment, StringComparer.Ordinal);
        foreach (var (name, value) in ours.Environment)
        {
            environment[name] = name == "ANSIBLE_CALLBACK_PLUGINS" ? $"{value}:{environment[name]}" : value;
        }

        var run = await (ours with { Environment = environment }).RunAsync(_token);
        await IngestAsync(run.ExitCode);

        Assert.NotEqual(0, run.ExitCode);
        var recap = Recap().Matches(run.Text).Select(line => Blanks().Replace(line.Value, " ").Trim()).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(4, recap.Count);
        Assert.Equal(recap, await _jobs.QueryAsync<string>("""
            select format('%s : ok=%s changed=%s unreachable=%s failed=%s skipped=%s rescued=%s ignored=%s', name, ok, changed, unreachable, failed, skipped, rescued, ignored)
            from rec_host where ok + failed + unreachable + skipped > 0 order by name collate "C"
            """));
        using var client = new AraClient(peer.Address);
        Assert.Equal(await HostsOfAraAsync(client), await _jobs.QueryAsync<string>(
            "select format('%s %s %s %s %s %s', name, ok, changed, failed, unreachable, skipped) from rec_host order by name collate \"C\""));
        var results = await ResultsOfAraAsync(client);
        Assert.True(results.Count > 50, $"{results.Count} results");
        Assert.Equal(results, (await _jobs.QueryAsync<string>("""
            select format('%s | %s | %s | %s | %s %s%s', p.name, t.name, t.action, h.name, case when r.status = 1 and r.is_changed then 'changed' when r.status = 2 and r.is_ignored then 'ignored' else (array['unknown', 'ok', 'failed', 'skipped', 'unreachable'])[r.status + 1] end,
                case when r.is_changed then 'changed' end, case when r.is_ignored then 'ignored' end)
            from rec_result r join rec_task t on t.id = r.task join rec_play p on p.id = t.play join rec_host h on h.id = r.host
            """)).Order(StringComparer.Ordinal));
    }

    private static async Task<List<string>> HostsOfAraAsync(AraClient client)
    {
        var hosts = (await client.GetAsync("hosts?limit=1000")).GetProperty("results").EnumerateArray();
        return [.. hosts.Select(host => string.Join(' ', new[] { "name", "ok", "changed", "failed", "unreachable", "skipped" }.Select(field => host.GetProperty(field).ToString()))).Order(StringComparer.Ordinal)];
    }

    private static async Task<List<string>> ResultsOfAraAsync(AraClient client)
    {
        var lines = new List<string>();
        foreach (var row in (await client.GetAsync("results?limit=1000")).GetProperty("results").EnumerateArray())
        {
            var result = await client.GetAsync($"results/{row.GetProperty("id")}");
            var (task, flags) = (result.GetProperty("task"), $"{(result.GetProperty("changed").GetBoolean() ? "changed" : "")}{(result.GetProperty("ignore_errors").GetBoolean() ? "ignored" : "")}");
            lines.Add($"{result.GetProperty("play").GetProperty("name")} | {task.GetProperty("name")} | {task.GetProperty("action")} | {result.GetProperty("host").GetProperty("name")} | {result.GetProperty("status")} {flags}");
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private async Task IngestAsync(int exit)
    {
        var job = await _jobs.RunningAsync(JobsSetup.Worker("one"));
        using var pump = new EventPump(
            job.Id, _folder["events"], SecretSet.Build([]), _jobs.Output, _jobs.Get<RecordWriter>(), _jobs.Get<RecordingMetrics>(), _jobs.Get<EventArrivals>(), TimeProvider.System);
        await pump.ResumeAsync(0, 0, _token);
        while (await pump.StepAsync(job.Attempt, final: true, _token) == PumpResult.Moved)
        {
            // Until everything is stored.
        }

        await pump.CloseAsync(job.Attempt, exit, _token);
        await _jobs.EndAsync(job, JobState.Failed);
    }

    [GeneratedRegex(@"^\S+ +: ok=\d+.*$", RegexOptions.Multiline)]
    private static partial Regex Recap();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();
}
