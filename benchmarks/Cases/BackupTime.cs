using System.Diagnostics;
using System.Text;
using Osism.Benchmarks.Measuring;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>How long a backup of a large manager takes beside <c>pg_dump</c> of its database, and how long it takes to read and to bring back.</summary>
internal static class BackupTime
{
    private const int Jobs = 1_000_000;
    private const string Words = "correct horse battery staple";

    /// <summary>Each job with a kilobyte of output that compresses as output does, the steps of its life and a host.</summary>
    private static readonly string Fill = $$"""
        insert into job (id, state, blocked, queue, kind, role, environment, request, submitted_by, submitted_at, ready_at, started_at, ended_at, output_bytes, output_raw)
        select gen_random_uuid(), 3, 0, 'osism-ansible', 'ansible', 'role-' || n % 40, 'generic', '{}', 'bench', osism_now(), osism_now(), osism_now(), osism_now(), 1024, 1024
        from generate_series(1, {{Jobs}}) n;
        insert into job_output (job_id, stream, start, data)
        select id, 0, 0, decode(repeat(md5(id::text) || 'ok: [node-' || seq % 300 || '] => changed ', 16), 'escape') from job;
        insert into job_history (job_id, at, event, actor) select id, osism_now(), event, 'bench' from job, unnest(array['submitted', 'claimed', 'running', 'succeeded']) event;
        insert into job_host (job_id, host, status, ok, changed, failed, unreachable, skipped, rescued, ignored) select id, 'node-' || seq % 300, 'ok', 1, 0, 0, 0, 0, 0, 0 from job;
        """;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        using var pod = await ConfigurationPod.CreateAsync(null, encrypted: false, cancellationToken);
        using var folder = new TempFolder();
        await using var daemon = await DaemonProcess.StartAsync(pod.Path, Installation.Usual, cancellationToken);
        string[] server = ["-h", Path.Combine(daemon.Home, "postgres", "run"), "-U", "osism", "-d", "osism"];
        await TimedAsync(new Command("psql") { Arguments = ["-Xq", "-v", "ON_ERROR_STOP=1", .. server, "-c", Fill, "-c", "vacuum analyze"] }, cancellationToken);

        // In turns, and the first of each not counted: it warms the cache for the second.
        Samples ours = new(), theirs = new();
        var path = "";
        for (var i = 0; i < 3; i++)
        {
            var dump = await TimedAsync(
                new Command("pg_dump") { Arguments = [.. server, "--format=custom", "--file", folder["peer.dump"]] }, cancellationToken);
            var (backup, said) = await SayAsync(daemon, ["backup", "--folder", folder["backups"]], cancellationToken);
            path = said.Trim();
            if (i > 0)
            {
                theirs.Add(dump);
                ours.Add(backup);
            }
        }

        var bytes = Directory.GetFiles(path).Sum(file => new FileInfo(file).Length);
        var (verify, _) = await SayAsync(daemon, ["verify", path], cancellationToken);
        report.Goal(
            $"backup of {Jobs:N0} jobs while the manager works", ours.Median / 1000, 120, "s",
            $"{bytes >> 20} MB encrypted; `pg_dump -Fc` of its database {theirs.Median / 1000:0.0} s and {new FileInfo(folder["peer.dump"]).Length >> 20} MB; verify {verify.TotalSeconds:0.0} s");
        report.Goal("the same: our time / that of pg_dump", ours.Median / theirs.Median, 1.5, "", $"2 of each, alternating, ms: {ours} and {theirs}");
        await daemon.StopAsync(cancellationToken);
        var (restore, _) = await SayAsync(daemon, ["restore", path, "--yes"], cancellationToken);
        report.Context("the same: restore, beside what was there", $"{restore.TotalSeconds:0.0} s");
    }

    private static async Task<(TimeSpan Time, string Text)> SayAsync(DaemonProcess daemon, string[] words, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        var command = daemon.Cli.Command(["manager", .. words, "--passphrase-file", "-"]) with { Input = Encoding.UTF8.GetBytes(Words), Timeout = TimeSpan.FromMinutes(20) };
        var result = await command.MustAsync(cancellationToken);
        return (Stopwatch.GetElapsedTime(since), result.Text);
    }

    private static async Task<TimeSpan> TimedAsync(Command command, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        await (command with { Timeout = TimeSpan.FromMinutes(20) }).MustAsync(cancellationToken);
        return Stopwatch.GetElapsedTime(since);
    }
}
