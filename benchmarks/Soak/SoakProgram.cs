using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Osism.Benchmarks.Measuring;
using Osism.Contracts.Jobs;
using Osism.Testing;

namespace Osism.Benchmarks.Soak;

/// <summary><c>./dev soak [MINUTES] [SEED]</c>: jobs of all kinds while everything is killed at random, then a look at what became of each.</summary>
internal static class SoakProgram
{
    private const int Minutes = 10;
    private const int Slots = 6;
    private const int MostOpen = 24;
    private const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;
    private static readonly TimeSpan DrainWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FamilyGone = TimeSpan.FromSeconds(30);
    private static readonly string[] Kinds = ["lines", "lines", "lines", "lines", "family", "fail", "noop", "ansible"];

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var minutes = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : Minutes;
        var seed = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : Environment.TickCount;
        using var folder = new TempFolder();
        var ledger = folder["ledger"];
        Directory.CreateDirectory(ledger);
        File.SetUnixFileMode(ledger, Everybody);
        await using var site = await Installation.StartAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["OSISM_RUNTIMES__OSISM_ANSIBLE__ANSIBLE_PLAYBOOK"] = Checkout.PathOf("benchmarks", "programs", "soak-playbook"),
                ["OSISM_WORKER__SLOTS"] = $"{Slots}",
                // A database that is told to stop in the middle of a recovery may not do so.
                ["OSISM_DATABASE__STOP_TIMEOUT"] = "00:00:10",
            },
            cancellationToken);
        var secret = site.Pod.VaultPassword;
        await File.WriteAllTextAsync(Path.Combine(ledger, "secret"), secret, cancellationToken);

        var report = new Report(Console.Out, Console.Error);
        await report.BeginAsync(cancellationToken);
        report.Say($"soak {minutes} minutes, seed {seed} ...");
        var jobs = new ConcurrentQueue<SoakJob>();
        var client = new SoakClient(site.Daemon);
        var killer = new SoakKiller(site.Daemon, jobs, client, new Random(seed));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var submitting = SubmitAsync(client, jobs, ledger, new Random(seed + 1), enough.Token);
        await killer.GoAsync(TimeSpan.FromMinutes(minutes), cancellationToken);
        await enough.CancelAsync();
        await submitting;

        var (infos, stuck) = await DrainAsync(client, jobs, cancellationToken);
        var verdict = new SoakVerdict(ledger, secret);
        foreach (var job in jobs.Where(job => infos[job.Id].State.IsTerminal()))
        {
            verdict.Judge(job, infos[job.Id], await client.OutputAsync(job.Id, cancellationToken));
        }

        var orphans = await OrphansAsync(site.Daemon, jobs, cancellationToken);
        // A manager that was killed while it filled a folder leaves it to the next start.
        await site.Daemon.StopAsync(cancellationToken);
        await site.Daemon.StartAsync(cancellationToken);
        var left = Directory.GetDirectories(Path.Combine(site.Daemon.Home, "spool")).Where(path => !IsFence(path)).Select(path => Path.GetFileName(path)).ToList();
        Tell(report, minutes, seed, jobs, infos, killer);
        report.Never("jobs without an end", stuck, $"{MostOpen} were open at most");
        report.Never("jobs started twice", verdict.DoubleStarts, "a start leaves a file");
        report.Never(
            "jobs whose stored output is not the masked output of the writer", verdict.LostBytes,
            $"{verdict.Compared} compared byte by byte, {verdict.Bytes / 1e6:0.0} MB");
        report.Never("ends that nothing explains", verdict.Unexplained, "lost, failed or cancelled without having been made so");
        report.Never("processes left", orphans.Count, string.Join("; ", orphans));
        report.Never("spool folders left", left.Count, left.Count > 0 ? string.Join("; ", left) : "fences of attempts that never began not counted");
        if (killer.SlowStops > 0)
        {
            report.Say(site.Daemon.Log);
        }

        foreach (var fault in verdict.Faults)
        {
            report.Say(fault);
        }

        return stuck + verdict.Faults.Count + orphans.Count + left.Count == 0 ? 0 : 1;
    }

    private static async Task SubmitAsync(SoakClient client, ConcurrentQueue<SoakJob> jobs, string ledger, Random random, CancellationToken cancellationToken)
    {
        var open = new List<Guid>();
        try
        {
            while (true)
            {
                while (open.Count >= MostOpen)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
                    foreach (var job in open.ToList())
                    {
                        if ((await client.JobAsync(job, cancellationToken)).State.IsTerminal())
                        {
                            open.Remove(job);
                        }
                    }
                }

                var kind = Kinds[random.Next(Kinds.Length)];
                string[] told = [$"ledger={ledger}", $"kind={kind}", $"seconds={random.Next(1, 8)}"];
                // Not cancelled: a job that may have been accepted must be known.
                var id = await client.SubmitAsync(
                    kind == "noop"
                        ? new SubmitJob { Kind = "noop" }
                        : new SubmitJob { Role = "noop", Arguments = [.. told.SelectMany(word => new[] { "-e", word })] },
                    CancellationToken.None);
                jobs.Enqueue(new SoakJob(id, kind));
                open.Add(id);
                await Task.Delay(random.Next(0, 600), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Long enough.
        }
    }

    private static async Task<(Dictionary<Guid, JobInfo> Infos, int Stuck)> DrainAsync(
        SoakClient client, IEnumerable<SoakJob> jobs, CancellationToken cancellationToken)
    {
        var infos = new Dictionary<Guid, JobInfo>();
        var since = Stopwatch.GetTimestamp();
        foreach (var job in jobs)
        {
            while (true)
            {
                infos[job.Id] = await client.JobAsync(job.Id, cancellationToken);
                if (infos[job.Id].State.IsTerminal() || Stopwatch.GetElapsedTime(since) > DrainWithin)
                {
                    break;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
            }
        }

        return (infos, infos.Values.Count(info => !info.State.IsTerminal()));
    }

    /// <summary>What lives of any job, after the time which the children of a killed command have.</summary>
    private static async Task<IReadOnlyList<string>> OrphansAsync(DaemonProcess daemon, IEnumerable<SoakJob> jobs, CancellationToken cancellationToken)
    {
        var names = jobs.Select(job => $"{job.Id}").ToHashSet(StringComparer.Ordinal);
        var found = Array.Empty<string>();
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < FamilyGone; await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken))
        {
            found = [.. Signals.Naming(daemon.Home).Select(Describe).Where(text => names.Any(name => text.Contains(name, StringComparison.Ordinal)))];
            if (found.Length == 0)
            {
                break;
            }
        }

        return found;
    }

    private static string Describe(int process)
    {
        try
        {
            var attempt = File.ReadAllText($"/proc/{process}/environ").Split('\0').FirstOrDefault(word => word.StartsWith("OSISM_ATTEMPT=", StringComparison.Ordinal));
            return $"{process}: {attempt} {File.ReadAllText($"/proc/{process}/cmdline").Replace('\0', ' ')}";
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static void Tell(
        Report report, double minutes, int seed, ConcurrentQueue<SoakJob> jobs, Dictionary<Guid, JobInfo> infos, SoakKiller killer)
    {
        var states = infos.Values.GroupBy(info => info.State).OrderByDescending(group => group.Count()).Select(group => $"{group.Count()} {group.Key.ToWireName()}");
        var kinds = jobs.GroupBy(job => job.Kind, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Count()} {group.Key}");
        report.Context($"{jobs.Count} jobs in {minutes:0.#} minutes, seed {seed}", string.Join(", ", kinds));
        report.Context("their ends", string.Join(", ", states));
        report.Context("meanwhile", string.Join(", ", killer.Done.Select(done => $"{done.Value} x {done.Key}")));
        report.Context("osismd: exec -> ready again, longest", $"{killer.LongestReturn.TotalSeconds:0.0} s");
        report.Context("osismd: SIGTERM -> ended, longest", $"{killer.LongestStop.TotalSeconds:0.0} s; {killer.SlowStops} took more than 30 s");
    }

    private static bool IsFence(string folder) => new FileInfo(Path.Combine(folder, "started")) is { Exists: true, Length: 0 };
}
