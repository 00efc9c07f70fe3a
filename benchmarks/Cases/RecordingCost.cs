using System.Globalization;
using System.Text.Json;
using Osism.Benchmarks.Measuring;
using Osism.Contracts;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>What recording adds to a run: nothing, our plugin, ARA over HTTP and ARA offline on the same playbook in turns; and what the manager adds an event.</summary>
internal static class RecordingCost
{
    private const int Hosts = 20;
    private const int Tasks = 50;
    private const int Few = 5;
    private const int Rounds = 3;

    private static readonly string Inventory = string.Concat(Enumerable.Range(0, Hosts).Select(host => $"h{host:00},"));

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await using var site = await Installation.StartAsync(Installation.Usual, cancellationToken);
        await PeerAsync(report, site.Daemon, Hosts, Tasks, Rounds, ["none", "ours", "ara-here", "ara-http", "ara-offline"], cancellationToken);
    }

    /// <summary>The same with 10,000 results, which takes half an hour.</summary>
    public static async Task MeasureLargeAsync(Report report, CancellationToken cancellationToken)
    {
        await using var site = await Installation.StartAsync(Installation.Usual, cancellationToken);
        await PeerAsync(report, site.Daemon, 100, 100, 1, ["none", "ours", "ara-here", "ara-http"], cancellationToken);
    }

    private static async Task PeerAsync(Report report, DaemonProcess daemon, int hosts, int tasks, int rounds, string[] variants, CancellationToken cancellationToken)
    {
        var command = new Command("/usr/bin/python3")
        {
            Arguments = [Checkout.PathOf("benchmarks", "programs", "recording_peer.py"), $"{hosts}", $"{tasks}", $"{rounds}", .. variants],
            Timeout = TimeSpan.FromMinutes(30),
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["OSISM_ARA_SERVER"] = daemon.Url,
                ["OSISM_ARA_PASSWORD_FILE"] = Path.Combine(daemon.Home, "token"),
            },
        };
        using var json = JsonDocument.Parse((await command.MustAsync(cancellationToken)).Text);
        var costs = json.RootElement.GetProperty("costs");
        var (bare, ours) = (Of("none", "cpu"), Of("ours", "cpu"));
        var shares = new Samples();
        foreach (var run in costs.GetProperty("ours").EnumerateArray())
        {
            shares.Add(100 * run.GetProperty("thread_time").GetDouble() / run.GetProperty("cpu").GetDouble());
        }

        var last = costs.GetProperty("ours")[0];
        var events = last.GetProperty("events").GetInt32();
        report.Goal(
            Text($"{hosts} hosts x {tasks} tasks: thread_time of the plugin, of the run's CPU"), shares.Median, 1.5, "%",
            Text($"{events} events of {last.GetProperty("bytes").GetInt64() / events} B, {1e6 * last.GetProperty("thread_time").GetDouble() / events:0} us each; {last.GetProperty("results").GetInt32()} results of {hosts * tasks}"));
        foreach (var variant in variants)
        {
            var (wall, cpu) = (Of(variant, "wall"), Of(variant, "cpu"));
            report.Context(
                Text($"the same: {variant}"),
                Text($"wall {wall.Median:0.0} s ({wall.Median / Of("none", "wall").Median:0.00} x), CPU of Ansible {cpu.Median:0.0} s ({cpu.Median / bare.Median:0.00} x), median of {rounds}"));
        }

        var (here, there) = (PerResult("ara-here"), PerResult("ara-http"));
        report.Goal(
            "3 x / the same: the unmodified ARA callback against us, faster a result than against ARA's own server", 3 * here / there, 1, "",
            Text($"a result {here:0.0} ms here, {there:0.0} ms there: {there / here:0.0} x; wall beyond a run without recording, threads 0"));
        if (json.RootElement.TryGetProperty("ara", out var ara))
        {
            var results = ara.GetProperty("results").GetInt32();
            report.Context(
                "the same: what ARA's server has", Text($"{results} of {hosts * tasks * rounds} results; {ara.GetProperty("bytes").GetInt64() * 10_000.0 / results / 1e6:0.00} MB for 10,000"));
        }

        double PerResult(string variant) => 1000 * (Of(variant, "wall").Median - Of("none", "wall").Median) / (hosts * tasks);

        Samples Of(string variant, string what)
        {
            var samples = new Samples();
            foreach (var run in costs.GetProperty(variant).EnumerateArray())
            {
                samples.Add(run.GetProperty(what).GetDouble());
            }

            return samples;
        }
    }

    /// <summary>The cost of an event is what a long run takes beyond a short one, without what the manager does anyway in that time.</summary>
    public static async Task MeasureManagerAsync(Report report, CancellationToken cancellationToken)
    {
        await using var site = await Installation.StartAsync(Installation.Usual, cancellationToken);
        await site.Pod.WriteAsync("environments/custom/playbook-few.yml", Play(Few), cancellationToken);
        await site.Pod.WriteAsync("environments/custom/playbook-many.yml", Play(Tasks), cancellationToken);
        // What runs often is compiled anew in the background, for longer than a run takes.
        await RunAsync(site, "many", cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(20), cancellationToken);
        var idle = await IdleAsync(site, cancellationToken);
        var (few, many) = (await RunAsync(site, "few", cancellationToken), await RunAsync(site, "many", cancellationToken));
        var events = many.Events - few.Events;
        var cost = many.Cpu - few.Cpu - (idle * (many.Wall - few.Wall).TotalSeconds);
        report.Goal(
            "CPU of osismd for an event of a running play, live output included", cost.TotalMilliseconds / events, 0.05, "ms",
            Text($"{events} events in {(many.Wall - few.Wall).TotalSeconds:0.0} s; PostgreSQL besides {(many.Server - few.Server).TotalMilliseconds / events:0.000} ms; idle {idle.TotalMilliseconds:0.0} ms a second taken off"));
        await LatencyAsync(report, site, cancellationToken);
    }

    private static async Task<(TimeSpan Cpu, TimeSpan Server, TimeSpan Wall, long Events)> RunAsync(Site site, string role, CancellationToken cancellationToken)
    {
        var (cpu, server, events) = (ProcessCpu.Of(site.Daemon.Id), ServerCpu.Of(site.Daemon.Home), await EventsAsync(site, cancellationToken));
        var job = await site.Daemon.SubmitAsync(role, ["-i", Inventory, "-f", "10"], cancellationToken);
        var info = await site.Daemon.AwaitAsync(job, cancellationToken);
        return info.ExitCode == 0
            ? (ProcessCpu.Of(site.Daemon.Id) - cpu, ServerCpu.Of(site.Daemon.Home) - server, (info.EndedAt - info.StartedAt)!.Value, await EventsAsync(site, cancellationToken) - events)
            : throw new InvalidOperationException($"{role} ended with {info.ExitCode}: {info.Reason?.Message}");
    }

    private static async Task<TimeSpan> IdleAsync(Site site, CancellationToken cancellationToken)
    {
        const int Seconds = 10;
        var before = ProcessCpu.Of(site.Daemon.Id);
        await Task.Delay(TimeSpan.FromSeconds(Seconds), cancellationToken);
        return (ProcessCpu.Of(site.Daemon.Id) - before) / Seconds;
    }

    private static async Task<long> EventsAsync(Site site, CancellationToken cancellationToken)
    {
        var text = await site.Daemon.Http.GetStringAsync(new Uri(ApiRoutes.Metrics, UriKind.Relative), cancellationToken);
        return text.Split('\n').Where(line => line.StartsWith("osism_events_ingested_total{", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));
    }

    /// <summary>From the line in the spool to who follows the events of the job.</summary>
    private static async Task LatencyAsync(Report report, Site site, CancellationToken cancellationToken)
    {
        var job = await site.Daemon.SubmitAsync("many", ["-i", Inventory, "-f", "10"], cancellationToken);
        var late = new Samples();
        using var answer = await site.Daemon.Http.GetAsync(
            new Uri($"{ApiRoutes.Events(job)}/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line && line != "event: end")
        {
            if (line.StartsWith("data: {", StringComparison.Ordinal))
            {
                var now = TimeProvider.System.GetUtcNow();
                using var json = JsonDocument.Parse(line["data: ".Length..]);
                if (json.RootElement.TryGetProperty("t", out var at))
                {
                    late.Add((now - DateTimeOffset.UnixEpoch).TotalMilliseconds - (1000 * at.GetDouble()));
                }
            }
        }

        report.Goal(Text($"{Hosts} hosts x {Tasks} tasks: from an event to who follows the events of its job, p99"), late.P99, 250, "ms", Text($"{late}, most {late.Maximum:0}; {late.Count} events"));
    }

    private static string Play(int tasks) =>
        "- hosts: all\n  gather_facts: false\n  connection: local\n  tasks:\n"
        + string.Concat(Enumerable.Range(0, tasks).Select(task => $"    - debug: {{msg: 'task {task} on {{{{ inventory_hostname }}}}'}}\n"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
