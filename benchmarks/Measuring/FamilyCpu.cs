namespace Osism.Benchmarks.Measuring;

/// <summary>CPU time of this process and of all that it starts, whoever's child that becomes: runs in sessions of their own, nodes, what they start in turn.</summary>
/// <remarks>
/// By a cgroup of version 1 (<c>cpuacct</c>), which nobody leaves who does not want to. Where there is none, by that of the whole machine, which is the
/// same only when nothing else runs on it: <see cref="Source"/> says which.
/// </remarks>
internal sealed class FamilyCpu : IDisposable
{
    private const string Controller = "/sys/fs/cgroup/cpuacct";
    private readonly string? _folder;

    private FamilyCpu(string? folder) => _folder = folder;

    public string Source => _folder is null ? "of the whole machine" : "of all that was started";

    /// <summary>User and system time until now; differences mean something.</summary>
    public TimeSpan Now
    {
        get
        {
            if (_folder is not null)
            {
                // In nanoseconds.
                return TimeSpan.FromTicks(long.Parse(File.ReadAllText(Path.Combine(_folder, "cpuacct.usage")).Trim()) / 100);
            }

            // proc_stat(5): user, nice, system; then idle and waiting, which are none; then interrupts. In ticks of 10 ms.
            var words = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return TimeSpan.FromMilliseconds(10 * words[1..4].Concat(words[6..8]).Sum(long.Parse));
        }
    }

    /// <summary>From now on; what was started before does not count.</summary>
    public static FamilyCpu Begin()
    {
        try
        {
            if (Directory.Exists(Controller))
            {
                var folder = Directory.CreateDirectory(Path.Combine(Controller, $"osism-sequence-{Environment.ProcessId}")).FullName;
                File.WriteAllText(Path.Combine(folder, "cgroup.procs"), $"{Environment.ProcessId}");
                return new FamilyCpu(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then by the machine.
        }

        return new FamilyCpu(null);
    }

    public void Dispose()
    {
        if (_folder is null)
        {
            return;
        }

        try
        {
            File.WriteAllText(Path.Combine(Controller, "cgroup.procs"), $"{Environment.ProcessId}");
            Directory.Delete(_folder);
        }
        catch (IOException)
        {
            // Something of it still ends. An empty cgroup costs nothing.
        }
    }
}
