using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Osism.Daemon.Platform.Processes;

/// <summary>Signals the manager sends (signal(7), the same numbers on all Linux architectures .NET runs on).</summary>
internal enum Signal
{
    /// <summary>Sends nothing, asks whether it could.</summary>
    None = 0,
    HangUp = 1,
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
}

/// <summary>The calls of Linux which .NET does not offer. Each throws <see cref="Win32Exception"/> with errno unless it says otherwise.</summary>
internal static partial class Posix
{
    public const int NoSuchProcess = 3;
    public const int FileExists = 17;
    public const int NotAFolder = 20;
    public const int NoSpaceLeft = 28;
    public const int QuotaExceeded = 122;

    private const int OpenReadOnly = 0;
    private const int CloseOnExec = 0x80000;
    private const int AtCurrentDirectory = -100;
    private const uint RenameNoReplace = 1;
    private const int SetOpenFileLock = 37;
    private const short ReadLock = 0;
    private const short WriteLock = 1;
    private const int AccessDenied = 13;
    private const int WouldBlock = 11;

    public static uint EffectiveUser { get; } = geteuid();

    public static uint EffectiveGroup { get; } = getegid();

    public static bool IsRoot => EffectiveUser == 0;

    /// <summary>Sends a signal to a process, or to a process group when <paramref name="pid"/> is negative.</summary>
    /// <returns>False when there is no such process.</returns>
    /// <exception cref="Win32Exception">It belongs to somebody else.</exception>
    public static bool Kill(int pid, Signal signal)
    {
        // kill(0) and kill(-1) mean "my group" and "everybody": never what is wanted here.
        ArgumentOutOfRangeException.ThrowIfZero(pid);
        ArgumentOutOfRangeException.ThrowIfEqual(pid, -1);
        if (kill(pid, (int)signal) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == NoSuchProcess ? false : throw Fault($"kill {pid}");
    }

    /// <summary>Gives a file to somebody; a symbolic link is followed.</summary>
    public static void ChangeOwner(string path, uint user, uint group) => Check(chown(path, user, group), path);

    /// <summary>Gives a file, or the symbolic link itself, to somebody.</summary>
    public static void ChangeLinkOwner(string path, uint user, uint group) => Check(lchown(path, user, group), path);

    /// <summary>Sets which permissions new files of this process and its children do not get (umask(2)).</summary>
    public static void SetMask(uint mask) => _ = umask(mask);

    /// <summary>Makes renames and new names in a folder survive a power loss.</summary>
    public static void SyncFolder(string path)
    {
        var descriptor = Check(open(path, OpenReadOnly | CloseOnExec), path);
        try
        {
            Check(fsync(descriptor), path);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary>Renames unless the target exists (renameat2 with RENAME_NOREPLACE): of several who try, one wins.</summary>
    /// <returns>False when the target was there already.</returns>
    public static bool TryRenameNew(string from, string to)
    {
        if (renameat2(AtCurrentDirectory, from, AtCurrentDirectory, to, RenameNoReplace) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == FileExists ? false : throw Fault($"{from} -> {to}");
    }

    /// <summary>Gives a file a second name in the same file system.</summary>
    public static void Link(string from, string to) => Check(link(from, to), $"{from} -> {to}");

    /// <summary>Removes an empty folder, or a cgroup, whose files are not real ones.</summary>
    public static void RemoveFolder(string path) => Check(rmdir(path), path);

    /// <summary>
    /// Takes the exclusive lock of an open file (fcntl(2), F_OFD_SETLK). It ends with the last descriptor, so a dead holder never blocks;
    /// and unlike flock(2), which .NET uses by itself, it keeps nobody from reading the file.
    /// </summary>
    /// <returns>False when somebody else holds it.</returns>
    public static bool TryLock(SafeHandle file) => TryLock(file, WriteLock);

    /// <summary>Takes a lock that others may share and that keeps <see cref="TryLock(SafeHandle)"/> from succeeding. The file must be open for reading.</summary>
    /// <returns>False when somebody holds it alone.</returns>
    public static bool TryShare(SafeHandle file) => TryLock(file, ReadLock);

    private static bool TryLock(SafeHandle file, short type)
    {
        var whole = new FileLockRange { Type = type };
        if (fcntl(file, SetOpenFileLock, ref whole) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() is WouldBlock or AccessDenied ? false : throw Fault("fcntl");
    }

    /// <summary>Gives what malloc keeps for later back to the machine (malloc_trim(3), glibc; with another C library nothing happens).</summary>
    public static void ReturnMemory()
    {
        try
        {
            _ = malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not glibc.
        }
    }

    private static int Check(int result, string what) => result >= 0 ? result : throw Fault(what);

    private static Win32Exception Fault(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new Win32Exception(error, $"{what}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    // The names are those of the C library.
    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rmdir(string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeHandle file, int command, ref FileLockRange range);

    /// <summary>struct flock of fcntl.h on 64-bit Linux; zeros mean the whole file.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLockRange
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }
}
