using System.Diagnostics;
using System.Globalization;
using Osism.Benchmarks.Measuring;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>From the client's POST until ansible-playbook runs, on a worker that has nothing else to do.</summary>
internal static class StartLatency
{
    private const int Warm = 15;
    private const int Runs = 60;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(100);

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await using var site = await Installation.StartAsync(Installation.WithStandIn, cancellationToken);
        // An idle worker is one that has had time to rehearse.
        await Task.Delay(Settle, cancellationToken);
        Samples first = new(), latency = new(), stamp = new(), answer = new();
        var starting = ProcessCpu.Of(site.Daemon.Id);
        for (var i = 0; i < Warm; i++)
        {
            await OneAsync(site.Daemon, first, new Samples(), cancellationToken);
        }

        var cpu = ProcessCpu.Of(site.Daemon.Id);
        for (var i = 0; i < Runs; i++)
        {
            // Alternating: what the stand-in itself takes to say the time is in every latency.
            await OneAsync(site.Daemon, latency, answer, cancellationToken);
            await StampAsync(stamp, cancellationToken);
        }

        var each = (ProcessCpu.Of(site.Daemon.Id) - cpu) / Runs;
        report.Goal("submit -> ansible-playbook runs, p95", latency.P95, 20, "ms", $"{latency}; {Runs} jobs");
        report.Context($"the same: the first {Warm} jobs after the start of osismd (ms), not counted above", $"{first}, most {first.Maximum:0}");
        report.Context("the same: the POST is answered (ms)", answer.ToString());
        report.Context("the same: fork, exec and time stamp of the stand-in alone (ms), contained above", stamp.ToString());
        report.Context("the same: CPU of osismd and what it starts, a whole job", $"{each.TotalMilliseconds:0.0} ms; its start took {starting.TotalMilliseconds:0} ms");
    }

    private static async Task OneAsync(DaemonProcess daemon, Samples latency, Samples answer, CancellationToken cancellationToken)
    {
        await Task.Delay(Idle, cancellationToken);
        var at = TimeProvider.System.GetUtcNow();
        var since = Stopwatch.GetTimestamp();
        var job = await daemon.SubmitAsync("noop", [], cancellationToken);
        answer.Add(Stopwatch.GetElapsedTime(since));
        await daemon.AwaitAsync(job, cancellationToken);
        latency.Add(Began(await daemon.OutputAsync(job, cancellationToken)) - at);
    }

    private static async Task StampAsync(Samples stamp, CancellationToken cancellationToken)
    {
        var command = new Command(Installation.StandIn);
        var at = TimeProvider.System.GetUtcNow();
        stamp.Add(Began((await command.MustAsync(cancellationToken)).Stdout) - at);
    }

    /// <summary>Reads <c>$EPOCHREALTIME</c> of bash.</summary>
    private static DateTimeOffset Began(byte[] output)
    {
        var text = System.Text.Encoding.ASCII.GetString(output).Trim().Split('.');
        var microseconds = (long.Parse(text[0], CultureInfo.InvariantCulture) * 1_000_000) + long.Parse(text[1], CultureInfo.InvariantCulture);
        return DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds);
    }
}
