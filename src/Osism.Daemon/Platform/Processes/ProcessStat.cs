using System.Buffers.Text;
using System.Text;

namespace Osism.Daemon.Platform.Processes;

/// <summary>The fields of <c>/proc/PID/stat</c> (proc(5)) the manager looks at.</summary>
/// <param name="Pid">Field 1.</param>
/// <param name="Comm">Field 2: the program's name, at most 15 bytes; it may hold spaces and parentheses.</param>
/// <param name="State">Field 3: <c>Z</c> is a zombie.</param>
/// <param name="Parent">Field 4.</param>
/// <param name="Session">Field 6.</param>
/// <param name="StartTime">Field 22: clock ticks since boot.</param>
internal readonly record struct ProcessStat(int Pid, string Comm, char State, int Parent, int Session, long StartTime)
{
    private const int SessionField = 6;
    private const int StartTimeField = 22;

    /// <summary>False for what only waits to be reaped.</summary>
    public bool IsAlive => State is not ('Z' or 'X' or 'x');

    /// <summary>Null when there is no such process.</summary>
    public static ProcessStat? Read(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var length = ProcFile.Read($"/proc/{pid}/stat", buffer);
        return length <= 0 ? null : Parse(buffer[..length]);
    }

    /// <summary>Null when the text is not of the form of proc(5).</summary>
    public static ProcessStat? Parse(ReadOnlySpan<byte> text)
    {
        // The name is not escaped: only the first "(" and the last ")" are certain.
        var open = text.IndexOf((byte)'(');
        var close = text.LastIndexOf((byte)')');
        if (open < 2 || close < open || close + 4 >= text.Length || !Utf8Parser.TryParse(text, out int pid, out _))
        {
            return null;
        }

        int parent = 0, session = 0;
        var rest = text[(close + 4)..];
        for (var field = 4; ; field++)
        {
            rest = rest.TrimStart((byte)' ');
            if (!Utf8Parser.TryParse(rest, out long value, out var used))
            {
                return null;
            }

            switch (field)
            {
                case 4:
                    parent = (int)value;
                    break;
                case SessionField:
                    session = (int)value;
                    break;
                case StartTimeField:
                    return new ProcessStat(pid, Encoding.UTF8.GetString(text[(open + 1)..close]), (char)text[close + 2], parent, session, value);
                default:
                    break;
            }

            rest = rest[used..];
        }
    }
}

/// <summary>Reads files of /proc, whose owner may vanish at any moment.</summary>
internal static class ProcFile
{
    /// <summary>Up to the length of the buffer.</summary>
    /// <returns>Bytes read; -1 when the file is not there, or not for us.</returns>
    public static int Read(string path, Span<byte> buffer)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var total = 0;
            while (total < buffer.Length)
            {
                var read = RandomAccess.Read(file, buffer[total..], total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }

            return total;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A process which ends while its file is open gives ESRCH: an IOException too.
            return -1;
        }
    }
}
