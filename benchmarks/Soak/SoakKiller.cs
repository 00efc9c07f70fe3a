using System.Diagnostics;
using Osism.Testing;

namespace Osism.Benchmarks.Soak;

/// <summary>Kills this and that, at random, and lets the manager begin again.</summary>
internal sealed class SoakKiller(DaemonProcess daemon, IReadOnlyCollection<SoakJob> jobs, SoakClient client, Random random)
{
    /// <summary>How often each thing was done.</summary>
    public SortedDictionary<string, int> Done { get; } = new(StringComparer.Ordinal);

    /// <summary>Longest time from a kill of osismd until it was ready again.</summary>
    public TimeSpan LongestReturn { get; private set; }

    /// <summary>Longest orderly stop.</summary>
    public TimeSpan LongestStop { get; private set; }

    /// <summary>Orderly stops that were not over after 30 s.</summary>
    public int SlowStops { get; private set; }

    public async Task GoAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < length;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(200, 5000)), cancellationToken);
            var what = await OneAsync(random.Next(12), cancellationToken);
            if (what is not null)
            {
                Done[what] = Done.GetValueOrDefault(what) + 1;
            }
        }
    }

    private async Task<string?> OneAsync(int dice, CancellationToken cancellationToken)
    {
        switch (dice)
        {
            case 0 or 1:
                await daemon.KillAsync(cancellationToken);
                // Time enough for runs to end, or to be about to begin, without it.
                await Task.Delay(random.Next(0, 4) * 500, cancellationToken);
                await ReturnAsync(cancellationToken);
                return "osismd killed";
            case 2:
                var stopping = Stopwatch.GetTimestamp();
                try
                {
                    await daemon.StopAsync(cancellationToken);
                }
                catch (TimeoutException)
                {
                    await daemon.KillAsync(cancellationToken);
                    SlowStops++;
                }

                LongestStop = TimeSpan.FromTicks(Math.Max(LongestStop.Ticks, Stopwatch.GetElapsedTime(stopping).Ticks));
                await ReturnAsync(cancellationToken);
                return "osismd stopped";
            case 3:
                await Signals.SendAsync(daemon.Id, "STOP", cancellationToken);
                await Task.Delay(random.Next(100, 4000), cancellationToken);
                await Signals.SendAsync(daemon.Id, "CONT", cancellationToken);
                return "osismd frozen";
            case 4:
                return await KillAsync(Postmaster(), cancellationToken) ? "PostgreSQL killed" : null;
            case 5:
                var backends = Postmaster() is { } postmaster ? Children(postmaster) : [];
                return backends.Count > 0 && await KillAsync(backends[random.Next(backends.Count)], cancellationToken) ? "part of PostgreSQL killed" : null;
            case 6:
                await daemon.KillAsync(cancellationToken);
                await KillAsync(Postmaster(), cancellationToken);
                await ReturnAsync(cancellationToken);
                return "both killed";
            case 7 or 8:
                return await WoundAsync(Wounds.SupervisorKilled, supervisor => supervisor, cancellationToken) ? "supervisor killed" : null;
            case 9 or 10:
                return await WoundAsync(
                    Wounds.CommandKilled, supervisor => Children(supervisor) is [var command, ..] ? command : null, cancellationToken) ? "command killed" : null;
            default:
                if (Running() is not { Job: { } victim })
                {
                    return null;
                }

                victim.Wound(Wounds.Cancelled);
                await client.CancelAsync(victim.Id, cancellationToken);
                return "job cancelled";
        }
    }

    private async Task ReturnAsync(CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        await daemon.StartAsync(cancellationToken);
        LongestReturn = TimeSpan.FromTicks(Math.Max(LongestReturn.Ticks, Stopwatch.GetElapsedTime(since).Ticks));
    }

    private async Task<bool> WoundAsync(Wounds wound, Func<int, int?> choose, CancellationToken cancellationToken)
    {
        if (Running() is not { Job: { } job, Supervisor: var supervisor } || choose(supervisor) is not { } process)
        {
            return false;
        }

        job.Wound(wound);
        return await KillAsync(process, cancellationToken);
    }

    /// <summary>Some job whose supervisor lives, as its spool folder says.</summary>
    private (SoakJob? Job, int Supervisor) Running()
    {
        var known = jobs.ToDictionary(job => job.Id);
        var folders = Directory.GetDirectories(Path.Combine(daemon.Home, "spool")).OrderBy(_ => random.Next());
        foreach (var folder in folders)
        {
            var started = Path.Combine(folder, "started");
            if (Guid.TryParse(Path.GetFileName(folder).Split('.')[0], out var id)
                && known.TryGetValue(id, out var job)
                && Lines(started) is [_, { Length: > 0 } stat, ..]
                && int.TryParse(stat.Split(' ')[0], out var supervisor)
                && Signals.IsAlive(supervisor))
            {
                return (job, supervisor);
            }
        }

        return (null, 0);
    }

    private int? Postmaster() =>
        Lines(Path.Combine(daemon.Home, "postgres", "data", "postmaster.pid")) is [var first, ..] && int.TryParse(first, out var process) ? process : null;

    private static List<int> Children(int parent) =>
        [.. Lines($"/proc/{parent}/task/{parent}/children").SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)];

    private static async Task<bool> KillAsync(int? process, CancellationToken cancellationToken)
    {
        if (process is not { } target || !Signals.IsAlive(target))
        {
            return false;
        }

        await Signals.SendAsync(target, "KILL", cancellationToken);
        return true;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
