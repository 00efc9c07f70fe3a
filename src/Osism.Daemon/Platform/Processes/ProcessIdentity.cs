using System.Globalization;

namespace Osism.Daemon.Platform.Processes;

/// <summary>One process for good: pids are reused, but not with the same start time within the same boot.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="StartTime">Clock ticks since boot, field 22 of <c>/proc/PID/stat</c>.</param>
/// <param name="BootId">Boot in which it lives.</param>
internal sealed record ProcessIdentity(int Pid, long StartTime, string BootId)
{
    /// <summary><c>/proc/sys/kernel/random/boot_id</c>: a new one with each boot of the machine.</summary>
    public static string CurrentBoot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } = Of(Environment.ProcessId)!;

    /// <summary>True while exactly this process runs; a zombie runs no more.</summary>
    public bool IsAlive => BootId == CurrentBoot && ProcessStat.Read(Pid) is { IsAlive: true } stat && stat.StartTime == StartTime;

    /// <summary>Null when no process has this pid, or only a zombie.</summary>
    public static ProcessIdentity? Of(int pid) =>
        ProcessStat.Read(pid) is { IsAlive: true } stat ? new ProcessIdentity(pid, stat.StartTime, CurrentBoot) : null;

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string? text, out ProcessIdentity identity)
    {
        identity = null!;
        var parts = text?.Trim().Split(' ') ?? [];
        if (parts.Length != 3
            || !int.TryParse(parts[0], NumberStyles.None, null, out var pid)
            || !long.TryParse(parts[1], NumberStyles.None, null, out var start)
            || parts[2].Length == 0)
        {
            return false;
        }

        identity = new ProcessIdentity(pid, start, parts[2]);
        return true;
    }

    /// <summary>Sends a signal if this process still runs.</summary>
    /// <returns>False when it does not.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">It belongs to somebody else.</exception>
    public bool TrySignal(Signal signal) => IsAlive && Posix.Kill(Pid, signal);

    /// <summary><c>PID START BOOT</c>, for a file.</summary>
    public override string ToString() => $"{Pid} {StartTime} {BootId}";
}
