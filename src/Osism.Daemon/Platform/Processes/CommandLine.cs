using System.Globalization;
using System.Text;

namespace Osism.Daemon.Platform.Processes;

/// <summary>The words this process was started with, as everybody on the machine can read them in <c>/proc/PID/cmdline</c>.</summary>
internal static class CommandLine
{
    // proc_pid_stat(5): fields 48 and 49, of which the first two stand before the list.
    private const int ArgumentsStart = 48 - 3;
    private const int ArgumentsEnd = 49 - 3;

    /// <summary>Puts an <c>x</c> in the place of each byte of a secret that came as an argument. Who looked before has seen it.</summary>
    /// <returns>Whether it was found.</returns>
    public static unsafe bool Hide(string secret)
    {
        var wanted = Encoding.UTF8.GetBytes(secret);
        var stat = File.ReadAllText("/proc/self/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var start = (nint)ulong.Parse(fields[ArgumentsStart], CultureInfo.InvariantCulture);
        var end = (nint)ulong.Parse(fields[ArgumentsEnd], CultureInfo.InvariantCulture);
        if (wanted.Length == 0 || start == 0 || end <= start)
            return false;

        // The kernel shows this stretch of our own memory, and nobody but us uses it after the start.
        var words = new Span<byte>((void*)start, (int)(end - start));
        var found = false;
        for (var at = words.IndexOf(wanted); at >= 0; at = words.IndexOf(wanted))
        {
            words.Slice(at, wanted.Length).Fill((byte)'x');
            words = words[(at + wanted.Length)..];
            found = true;
        }

        return found;
    }
}
