using System.Runtime.InteropServices;

namespace Osism.Daemon.Platform.Files;

/// <summary>What .NET does not tell of a file: its owner and its identity on the disk.</summary>
/// <param name="User">Owning uid.</param>
/// <param name="Group">Owning gid.</param>
/// <param name="Mode">Type and permission bits (inode(7)).</param>
/// <param name="Inode">Number within <paramref name="Device"/>.</param>
/// <param name="Device">Major and minor number of the file system.</param>
/// <param name="Links">How many names it has.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly partial record struct FileStatus(uint User, uint Group, ushort Mode, ulong Inode, ulong Device, uint Links)
{
    private const int AtCurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStats = 0x7ff;
    private const int TypeMask = 0xf000;
    private const int FolderType = 0x4000;
    private const int FileType = 0x8000;
    private const int LinkType = 0xa000;

    public bool IsFolder => (Mode & TypeMask) == FolderType;

    /// <summary>A regular file: no folder, pipe, socket or device.</summary>
    public bool IsFile => (Mode & TypeMask) == FileType;

    public bool IsLink => (Mode & TypeMask) == LinkType;

    public UnixFileMode Permissions => (UnixFileMode)(Mode & 0xfff);

    /// <summary>Whether this is the very same file, under whatever name.</summary>
    public bool IsSame(FileStatus other) => Inode == other.Inode && Device == other.Device;

    /// <summary>Null when there is no such file, or it may not be looked at.</summary>
    /// <param name="path">Path; a link below <c>/proc/PID</c> is followed to what it stands for, even in another mount namespace.</param>
    /// <param name="followLink">False looks at a symbolic link itself.</param>
    public static FileStatus? Of(string path, bool followLink = true) =>
        statx(AtCurrentDirectory, path, followLink ? 0 : NoFollow, BasicStats, out var status) != 0
            ? null
            : new FileStatus(status.User, status.Group, status.Mode, status.Inode, ((ulong)status.DeviceMajor << 32) | status.DeviceMinor, status.Links);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, out Statx status);

    /// <summary>struct statx of linux/stat.h, the same on all architectures.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(16)]
        public uint Links;
        [FieldOffset(20)]
        public uint User;
        [FieldOffset(24)]
        public uint Group;
        [FieldOffset(28)]
        public ushort Mode;
        [FieldOffset(32)]
        public ulong Inode;
        [FieldOffset(136)]
        public uint DeviceMajor;
        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
