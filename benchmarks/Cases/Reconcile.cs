using System.Diagnostics;
using System.Globalization;
using Osism.Benchmarks.Measuring;
using Osism.Daemon.Inventory;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>What it costs to reconcile a pod like the testbed, and what a run saves by it: with real Ansible beside it.</summary>
internal static class Reconcile
{
    private const int Changes = 15;
    private const int Pings = 5;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await SizeAsync(report, 150, 500, cancellationToken);
        await SizeAsync(report, 2000, 5000, cancellationToken);
    }

    private static async Task SizeAsync(Report report, int hosts, double goal, CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        var shipped = folder["shipped"];
        LargePod.WriteShipped(shipped);
        Directory.CreateDirectory(folder["nothing"]);
        using var pod = await ConfigurationPod.CreateAsync(null, encrypted: false, cancellationToken);
        Directory.Delete(pod.PathOf("inventory"), recursive: true);
        LargePod.WriteRepository(pod.PathOf("inventory"), hosts);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_INVENTORY__GROUPS"] = folder["nothing"], ["OSISM_INVENTORY__EXTRA"] = shipped };
        await using var manager = await InProcess.StartAsync(pod.Path, "api", settings, cancellationToken);
        var snapshots = manager.Get<InventorySnapshots>();

        // The first look of a process compiles as well; it counts.
        var began = Stopwatch.GetTimestamp();
        var state = await snapshots.LookAsync("bench", cancellationToken);
        var full = Stopwatch.GetElapsedTime(began);
        var memory = Process.GetCurrentProcess().PeakWorkingSet64 >> 20;
        var plain = folder["plain"];
        LargePod.Write(plain, hosts);
        // At 2,000 hosts it takes minutes and gigabytes: a group's tree has to do.
        string[] question = hosts <= 150 ? ["--list", "-y", "--output", folder["hosts.yml"]] : ["--graph"];
        var peer = await Measured.RunAsync(new Command("ansible-inventory") { Arguments = ["-i", plain, .. question] }, cancellationToken);
        report.Goal(
            $"full reconcile, {hosts} hosts, {state.Made.Groups} groups", full.TotalMilliseconds, goal, "ms",
            $"the first of its process; `ansible-inventory {question[0]}` of the same as plain files {peer.Wall.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s, {peer.Wall / full:0} times as long; peak of this whole process {memory} MB");
        if (hosts >= 2000)
        {
            report.Goal($"the same: memory of the process that did it, PostgreSQL not counted", memory, 600, "MB", "peak resident size, the benchmark in it");
            await ChangesAsync(report, pod, snapshots, hosts, cancellationToken);
            await PingsAsync(report, (await snapshots.EnsureAsync("bench", cancellationToken)).Path, plain, folder, cancellationToken);
        }
    }

    private static async Task ChangesAsync(Report report, ConfigurationPod pod, InventorySnapshots snapshots, int hosts, CancellationToken cancellationToken)
    {
        var times = new Samples();
        for (var i = -3; i < Changes; i++)
        {
            var host = (hosts / 2) + i;
            await File.WriteAllTextAsync(LargePod.HostFile(pod.PathOf("inventory"), host), LargePod.HostText(host) + $"changed: {i}\n", cancellationToken);
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            var began = Stopwatch.GetTimestamp();
            await snapshots.LookAsync("bench", cancellationToken);
            if (i >= 0)
                times.Add(Stopwatch.GetElapsedTime(began));
        }

        report.Goal($"one changed file of host_vars, {hosts} hosts, until it is published, median", times.Median, 100, "ms", times.ToString());
    }

    private static async Task PingsAsync(Report report, string published, string plain, TempFolder folder, CancellationToken cancellationToken)
    {
        var play = folder["ping.yml"];
        await File.WriteAllTextAsync(play, "- hosts: all\n  gather_facts: false\n  connection: local\n  tasks:\n    - ping:\n", cancellationToken);
        var (ours, theirs) = (new Samples(), new Samples());
        var (oursCpu, theirsCpu) = (TimeSpan.Zero, TimeSpan.Zero);
        var (oursPeak, theirsPeak) = (0L, 0L);
        for (var i = -1; i < Pings; i++)
        {
            var (wall, cpu, peak) = await PingAsync(published);
            var (peerWall, peerCpu, peerPeak) = await PingAsync(plain);
            if (i < 0)
                continue;
            ours.Add(wall);
            theirs.Add(peerWall);
            (oursCpu, theirsCpu) = (oursCpu + cpu, theirsCpu + peerCpu);
            (oursPeak, theirsPeak) = (Math.Max(oursPeak, peak), Math.Max(theirsPeak, peerPeak));
        }

        report.Goal("ansible-playbook ping of one host of 2000 with the published revision: CPU, against the same as plain files", oursCpu.TotalMilliseconds / Pings, theirsCpu.TotalMilliseconds / Pings, "ms", $"wall {ours}; plain files {theirs}");
        report.Goal("the same: peak memory of its largest process", oursPeak / 1024.0, theirsPeak / 1024.0, "MB", "");

        async Task<(TimeSpan Wall, TimeSpan Cpu, long Peak)> PingAsync(string inventory)
        {
            var before = ChildUsage.Now;
            var began = Stopwatch.GetTimestamp();
            var run = await new Command("python3")
            {
                Arguments =
                [
                    "-c", "import resource,subprocess,sys; r=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL).returncode; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(r)",
                    "ansible-playbook", "-i", inventory, "-l", LargePod.HostName(1000), play,
                ],
                Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["ANSIBLE_CONFIG"] = Path.Combine(published, "ansible.cfg"), ["ANSIBLE_REMOTE_TEMP"] = folder["tmp"] },
                Timeout = TimeSpan.FromMinutes(5),
            }.MustAsync(cancellationToken);
            return (Stopwatch.GetElapsedTime(began), ChildUsage.Now - before, long.Parse(run.Text, CultureInfo.InvariantCulture));
        }
    }
}
