using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Osism.Benchmarks.Measuring;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>How long a manager with ten million results is away while a newer one takes its place, and what a run notices of it.</summary>
/// <remarks>The newest tables are taken away first, so that there is a migration to apply and a backup to make. The run notes the
/// time each second; the longest time between two notes tells whether it was held up.</remarks>
internal static partial class UpgradeTime
{
    private const int Playbooks = 100;
    private const int Tasks = 1000;
    private const int Hosts = 100;
    private const int Lines = 1200;

    private static readonly string Fill = $$"""
        insert into rec_playbook (stream, path, ansible_version, started, created, updated, status)
            select gen_random_uuid(), '/ansible/playbook.yml', '2.14', now(), now(), now(), 3 from generate_series(1, {{Playbooks}});
        insert into rec_play (id, uuid, name, started, created, updated) select (id << 24) | 1, gen_random_uuid(), 'play', now(), now(), now() from rec_playbook;
        insert into rec_task (id, play, name, action, path, lineno, started, created, updated)
            select (p.id << 24) | n, (p.id << 24) | 1, 'task ' || n, 'command', '/ansible/play.yml', n, now(), now(), now() from rec_playbook p, generate_series(1, {{Tasks}}) n;
        insert into rec_host (id, playbook, name, created, updated) select (p.id << 24) | n, p.id, 'node-' || n, now(), now() from rec_playbook p, generate_series(1, {{Hosts}}) n;
        insert into rec_result (id, task, host, body_start, body_length, started, ended, status, is_changed, is_ignored)
            select (p.id << 24) | n, (p.id << 24) | (1 + (n - 1) / {{Hosts}}), (p.id << 24) | (1 + (n - 1) % {{Hosts}}), n * 260::bigint, 260,
                   now() + n * interval '10 ms', now() + n * interval '10 ms' + interval '1 s', case when n % 1000 = 7 then 2 else 1 end, n % 10 = 1, false
            from rec_playbook p, generate_series(1, {{Tasks * Hosts}}) n;
        """;

    /// <summary>The tables of the newest migration that makes some.</summary>
    private const string Age = "drop table rec_label, rec_playbook_label, rec_record; delete from schema_migration where number = 140;";

    private static string PlayWriting(string file) => $$$"""
        - hosts: localhost
          connection: local
          gather_facts: false
          tasks:
            - shell: date +%s.%N >>{{{file}}}
              loop: "{{ range({{{Lines}}}) | list }}"
              loop_control: {pause: 1}
        """;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        // Written by the account of runs.
        var beats = Path.Combine(Path.GetTempPath(), $"osism-beats-{Guid.NewGuid():N}");
        await using var site = await Site.StartAsync(
            [], Installation.Usual, async (_, pod) => { await pod.PlayAsync("count", PlayWriting(beats), cancellationToken); await pod.CommitAsync("A long play", cancellationToken); }, cancellationToken);
        var daemon = site.Daemon;
        string[] server = ["-Xq", "-v", "ON_ERROR_STOP=1", "-h", Path.Combine(daemon.Home, "postgres", "run"), "-U", "osism", "-d", "osism"];
        await PsqlAsync(server, Fill, cancellationToken);
        await PsqlAsync(server, "vacuum analyze", cancellationToken);
        await PsqlAsync(server, Age, cancellationToken);
        var run = await daemon.SubmitAsync("count", [], cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(10), cancellationToken);

        var since = Stopwatch.GetTimestamp();
        var upgrade = await (daemon.Cli.Command("manager", "upgrade", "--yes") with { Timeout = TimeSpan.FromMinutes(30) }).MustAsync(cancellationToken);
        var all = Stopwatch.GetElapsedTime(since);

        var away = double.Parse(Away().Match(upgrade.Text).Groups[1].Value, CultureInfo.InvariantCulture);
        var bytes = Directory.GetFiles(Directory.GetDirectories(Path.Combine(daemon.Home, "backups"))[0]).Sum(file => new FileInfo(file).Length);
        report.Goal(
            $"upgrade with {Playbooks * Tasks * Hosts:N0} results: the manager is away", away, 30, "s",
            string.Create(CultureInfo.InvariantCulture, $"one migration; {all.TotalSeconds:0} s in all, in which the old one works: rehearsal and a backup of {bytes >> 20} MB"));
        await Task.Delay(TimeSpan.FromSeconds(5), cancellationToken);
        using var job = JsonDocument.Parse((await daemon.Cli.MustAsync(cancellationToken, "task", "show", $"{run}", "--format", "json")).Text);
        var times = (await File.ReadAllLinesAsync(beats, cancellationToken)).Select(line => double.Parse(line, CultureInfo.InvariantCulture)).ToList();
        report.Context("the same: the run meanwhile", string.Create(
            CultureInfo.InvariantCulture, $"{job.RootElement.GetProperty("state")}, attempt {job.RootElement.GetProperty("attempt")}; {times.Count} beats of one a second, the longest time between two {times.Zip(times.Skip(1), (one, next) => next - one).Max():0.0} s"));
        await daemon.Cli.RunAsync(cancellationToken, "task", "revoke", $"{run}");
        File.Delete(beats);
    }

    private static Task<CommandResult> PsqlAsync(string[] server, string sql, CancellationToken cancellationToken) =>
        (new Command("psql") { Arguments = [.. server, "-c", sql], Timeout = TimeSpan.FromMinutes(30) }).MustAsync(cancellationToken);

    [GeneratedRegex(@"away for ([\d.]+) s")]
    private static partial Regex Away();
}
