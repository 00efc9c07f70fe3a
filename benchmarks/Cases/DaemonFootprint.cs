using System.Diagnostics;
using Osism.Benchmarks.Measuring;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>How soon a manager is there and what it takes while nothing happens.</summary>
internal static class DaemonFootprint
{
    private const int Starts = 5;
    private const int Jobs = 20;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        using var pod = await ConfigurationPod.CreateAsync(null, encrypted: false, cancellationToken);
        await StartsAsync(report, pod, cancellationToken);
        await using var daemon = await DaemonProcess.StartAsync(pod.Path, Installation.Usual, cancellationToken);
        await Task.Delay(Minute, cancellationToken);
        var fresh = Memory.Of(daemon);
        report.Goal("osismd + PostgreSQL, idle for a minute after the start, PSS", fresh.Pss, 150, "MB", fresh.ToString());
        for (var i = 0; i < Jobs; i++)
        {
            await daemon.AwaitAsync(await daemon.SubmitAsync("noop", [], cancellationToken), cancellationToken);
        }

        var busy = Memory.Of(daemon);
        var cpu = ProcessCpu.Of(daemon.Id);
        await Task.Delay(Minute, cancellationToken);
        var after = Memory.Of(daemon);
        report.Goal($"the same, idle for a minute after {Jobs} jobs, PSS", after.Pss, 150, "MB", $"{after}; at the end of the jobs {busy.Pss:0}");
        report.Context("the same: CPU of osismd in that idle minute", $"{(ProcessCpu.Of(daemon.Id) - cpu).TotalMilliseconds:0} ms");
    }

    private static async Task StartsAsync(Report report, ConfigurationPod pod, CancellationToken cancellationToken)
    {
        Samples first = new(), warm = new(), adopting = new();
        // Their folders stay until all were measured: ext4 looks at each inode that was freed in the last minutes before it gives out one near by,
        // 0.6 ms for each of the 900 files of a new database once four others have been deleted beside it.
        await using var ended = new Ended();
        for (var i = 0; i < Starts; i++)
        {
            var began = Stopwatch.GetTimestamp();
            var daemon = await DaemonProcess.StartAsync(pod.Path, Installation.Usual, cancellationToken);
            ended.Add(daemon);
            first.Add(Stopwatch.GetElapsedTime(began));

            await daemon.StopAsync(cancellationToken);
            began = Stopwatch.GetTimestamp();
            await daemon.StartAsync(cancellationToken);
            warm.Add(Stopwatch.GetElapsedTime(began));

            await daemon.KillAsync(cancellationToken);
            began = Stopwatch.GetTimestamp();
            await daemon.StartAsync(cancellationToken);
            adopting.Add(Stopwatch.GetElapsedTime(began));
            await daemon.StopAsync(cancellationToken);
        }

        report.Goal("osismd: exec -> ready, new database, median", first.Median, 2000, "ms", $"{first}; {Starts} starts");
        report.Goal("osismd: exec -> ready, database stopped in order, median", warm.Median, 1000, "ms", $"{warm}");
        report.Context("osismd: exec -> ready, after kill -9, PostgreSQL adopted (ms)", adopting.ToString());
    }

    /// <summary>Daemons that were measured.</summary>
    private sealed class Ended : IAsyncDisposable
    {
        private readonly List<DaemonProcess> _daemons = [];

        public void Add(DaemonProcess daemon) => _daemons.Add(daemon);

        public async ValueTask DisposeAsync()
        {
            foreach (var daemon in _daemons)
            {
                await daemon.DisposeAsync();
            }
        }
    }
}
