using System.Runtime.InteropServices;

namespace Osism.Cli.Terminal;

/// <summary>What stands behind the descriptors 0, 1 and 2.</summary>
internal static partial class Descriptors
{
    private const int SeekCurrent = 1;
    private const nuint GetWindowSize = 0x5413;

    public static bool IsTerminal(int descriptor) => IsATty(descriptor) == 1;

    /// <summary>Whether bytes go through it in order and no further: a pipe or a socket, neither file nor terminal.</summary>
    public static bool IsPipe(int descriptor) => Seek(descriptor, 0, SeekCurrent) < 0 && !IsTerminal(descriptor);

    /// <summary>Columns of the terminal; null when it does not say, or is none.</summary>
    public static int? Columns(int descriptor)
    {
        var size = default(WindowSize);
        return Control(descriptor, GetWindowSize, ref size) == 0 && size.Columns > 0 ? size.Columns : null;
    }

    /// <summary>Lines of the terminal; null when it does not say, or is none.</summary>
    public static int? Rows(int descriptor)
    {
        var size = default(WindowSize);
        return Control(descriptor, GetWindowSize, ref size) == 0 && size.Rows > 0 ? size.Rows : null;
    }

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsATty(int descriptor);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int descriptor, nuint request, ref WindowSize size);

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }
}
