using System.Runtime.InteropServices;

namespace Osism.Benchmarks.Measuring;

/// <summary>CPU time of programs that ended as our children, theirs included: what load on the machine does not change much.</summary>
internal static partial class ChildUsage
{
    private const int Children = -1;

    /// <summary>User and system time of all children waited for until now.</summary>
    public static TimeSpan Now
    {
        get
        {
            Usage usage = default;
            return GetUsage(Children, ref usage) == 0
                ? TimeSpan.FromMicroseconds(((usage.UserSeconds + usage.SystemSeconds) * 1_000_000) + usage.UserMicroseconds + usage.SystemMicroseconds)
                : throw new InvalidOperationException("getrusage failed");
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, ref Usage usage);

    /// <summary>struct rusage of getrusage(2) on 64 bits; what follows the times is not read.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct Usage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
    }
}
