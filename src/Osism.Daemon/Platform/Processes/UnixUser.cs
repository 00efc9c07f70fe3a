using System.Runtime.InteropServices;

namespace Osism.Daemon.Platform.Processes;

/// <summary>An account of this machine, from whatever source its name service uses.</summary>
/// <param name="Name">Login name.</param>
/// <param name="Id">uid.</param>
/// <param name="Group">gid of the primary group.</param>
/// <param name="Home">Home folder as configured; it need not exist.</param>
internal sealed partial record UnixUser(string Name, uint Id, uint Group, string Home)
{
    private const int OutOfRange = 34;
    private const int LargestBuffer = 1 << 20;

    /// <summary>The user this process runs as; one without an account is named by its number.</summary>
    public static UnixUser Current => Find(Posix.EffectiveUser)
        ?? new UnixUser(Posix.EffectiveUser.ToString(), Posix.EffectiveUser, Posix.EffectiveGroup, "/");

    /// <summary>Null when there is no account of this name.</summary>
    public static UnixUser? Find(string name) =>
        Look((out Passwd entry, byte[] buffer, out nint found) => getpwnam_r(name, out entry, buffer, buffer.Length, out found));

    /// <summary>Null when no account has this uid.</summary>
    public static UnixUser? Find(uint id) =>
        Look((out Passwd entry, byte[] buffer, out nint found) => getpwuid_r(id, out entry, buffer, buffer.Length, out found));

    /// <summary>Its primary group and all it is a member of (getgrouplist(3), which initgroups(3) applies).</summary>
    public IReadOnlyList<uint> Groups()
    {
        for (var groups = new uint[64]; ; groups = new uint[groups.Length * 4])
        {
            var count = groups.Length;
            if (getgrouplist(Name, Group, groups, ref count) >= 0)
            {
                return groups[..count];
            }
        }
    }

    private static UnixUser? Look(Call call)
    {
        for (var size = 1024; size <= LargestBuffer; size *= 4)
        {
            // The entry points into the buffer, which therefore must not move.
            var buffer = GC.AllocateArray<byte>(size, pinned: true);
            if (call(out var entry, buffer, out var found) != OutOfRange)
            {
                var user = found == 0 ? null : entry.ToUser();
                GC.KeepAlive(buffer);
                return user;
            }
        }

        return null;
    }

    private delegate int Call(out Passwd entry, byte[] buffer, out nint found);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getpwnam_r(string name, out Passwd entry, byte[] buffer, nint size, out nint found);

    [LibraryImport("libc")]
    private static partial int getpwuid_r(uint id, out Passwd entry, byte[] buffer, nint size, out nint found);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getgrouplist(string name, uint group, [Out] uint[] groups, ref int count);

    /// <summary>struct passwd of pwd.h on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Passwd
    {
        public nint Name;
        public nint Password;
        public uint User;
        public uint Group;
        public nint Comment;
        public nint Home;
        public nint Shell;

        public readonly UnixUser ToUser() =>
            new(Marshal.PtrToStringUTF8(Name)!, User, Group, Marshal.PtrToStringUTF8(Home)!);
    }
}

/// <summary>A group of this machine.</summary>
/// <param name="Name">Group name.</param>
/// <param name="Id">gid.</param>
internal sealed partial record UnixGroup(string Name, uint Id)
{
    private const int OutOfRange = 34;
    private const int LargestBuffer = 1 << 20;

    /// <summary>Null when there is no group of this name.</summary>
    public static UnixGroup? Find(string name)
    {
        // A group with many members needs much room.
        for (var size = 4096; size <= LargestBuffer; size *= 4)
        {
            var buffer = GC.AllocateArray<byte>(size, pinned: true);
            if (getgrnam_r(name, out var entry, buffer, buffer.Length, out var found) != OutOfRange)
            {
                var group = found == 0 ? null : new UnixGroup(Marshal.PtrToStringUTF8(entry.Name)!, entry.Id);
                GC.KeepAlive(buffer);
                return group;
            }
        }

        return null;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getgrnam_r(string name, out GroupEntry entry, byte[] buffer, nint size, out nint found);

    /// <summary>struct group of grp.h on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct GroupEntry
    {
        public nint Name;
        public nint Password;
        public uint Id;
        public nint Members;
    }
}
