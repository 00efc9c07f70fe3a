using System.Runtime.InteropServices;
using System.Text;

namespace Osism.Daemon.Platform.Files;

/// <summary>What tells an unchanged file, or folder, without reading it. Any change of content, name, owner or mode shows in it.</summary>
/// <param name="Changed">Time of the last change of content or metadata (ctime), nanoseconds since 1970. Only the kernel sets it.</param>
/// <param name="Modified">Time of the last change of content as the file claims it, nanoseconds since 1970.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">Number in its file system: another file under the same name has another one.</param>
/// <param name="Mode">Type and permission bits (inode(7)).</param>
[StructLayout(LayoutKind.Auto)]
internal readonly partial record struct FileStamp(long Changed, long Modified, long Size, ulong Inode, ushort Mode)
{
    private const int AtCurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStats = 0x7ff;
    private const int AccessDenied = 13;

    // The kernel's clock for files ticks every 4 to 10 ms: two writes within one tick carry one stamp.
    private const long Grain = 50_000_000;

    // inode(7)
    private const int TypeBits = 0xf000;

    public bool IsFile => (Mode & TypeBits) == 0x8000;

    public bool IsFolder => (Mode & TypeBits) == 0x4000;

    /// <summary>Only of a stamp that was taken of the link itself.</summary>
    public bool IsLink => (Mode & TypeBits) == 0xa000;

    public DateTimeOffset ModifiedAt => DateTimeOffset.UnixEpoch.AddTicks(Modified / 100);

    /// <summary>The stamp of what a path leads to; null when there is nothing.</summary>
    /// <exception cref="UnauthorizedAccessException">A folder on the way may not be passed.</exception>
    public static FileStamp? Of(string path) => Of(Encode(path), followLink: true);

    /// <param name="path">UTF-8 with a zero byte at its end, see <see cref="Encode"/>: for those who ask for the same files often.</param>
    /// <param name="followLink">False looks at a symbolic link itself.</param>
    /// <exception cref="UnauthorizedAccessException">A folder on the way may not be passed.</exception>
    public static FileStamp? Of(byte[] path, bool followLink)
    {
        if (statx(AtCurrentDirectory, path, followLink ? 0 : NoFollow, BasicStats, out var status) == 0)
        {
            return new FileStamp(
                (status.ChangedSeconds * 1_000_000_000) + status.ChangedNanoseconds,
                (status.ModifiedSeconds * 1_000_000_000) + status.ModifiedNanoseconds,
                status.Size, status.Inode, status.Mode);
        }

        return Marshal.GetLastPInvokeError() == AccessDenied
            ? throw new UnauthorizedAccessException($"{Encoding.UTF8.GetString(path.AsSpan(0, path.Length - 1))} may not be looked at")
            : null;
    }

    public static byte[] Encode(string path) => [.. Encoding.UTF8.GetBytes(path), 0];

    /// <summary>Whether any later change must show in the stamp. What was read while it was not settled may not be kept.</summary>
    /// <param name="readAt">Time before the stamp was taken.</param>
    public bool IsSettled(DateTimeOffset readAt) =>
        (readAt - DateTimeOffset.UnixEpoch).Ticks * 100 - Changed is >= Grain or <= -Grain;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int folder, byte[] path, int flags, uint mask, out Statx status);

    /// <summary>struct statx of linux/stat.h, the same on all architectures.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(28)]
        public ushort Mode;
        [FieldOffset(32)]
        public ulong Inode;
        [FieldOffset(40)]
        public long Size;
        [FieldOffset(96)]
        public long ChangedSeconds;
        [FieldOffset(104)]
        public uint ChangedNanoseconds;
        [FieldOffset(112)]
        public long ModifiedSeconds;
        [FieldOffset(120)]
        public uint ModifiedNanoseconds;
    }
}
