using System.Globalization;

namespace Osism.Benchmarks.Measuring;

/// <summary>CPU time of a process that lives.</summary>
internal static class ProcessCpu
{
    /// <summary>User and system time of the process and of the children it waited for.</summary>
    public static TimeSpan Of(int process)
    {
        // proc_pid_stat(5): fields 14 to 17 in ticks of 10 ms; the name in field 2 may hold blanks.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromMilliseconds(10 * fields[11..15].Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture)));
    }
}
