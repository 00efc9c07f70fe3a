using Osism.Testing;

namespace Osism.Benchmarks.Measuring;

/// <summary>CPU time of the PostgreSQL of a home.</summary>
internal static class ServerCpu
{
    /// <summary>User and system time of all its processes, those that ended included.</summary>
    public static TimeSpan Of(string home) => ProcessesOf(home).Aggregate(TimeSpan.Zero, (sum, process) => sum + ProcessCpu.Of(process));

    /// <summary>The postmaster and its children.</summary>
    public static IReadOnlyList<int> ProcessesOf(string home) =>
        [.. Signals.Naming(home).Where(process => File.ReadAllText($"/proc/{process}/comm").Trim() == "postgres")];
}
