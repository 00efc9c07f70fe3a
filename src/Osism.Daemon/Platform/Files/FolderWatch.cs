using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osism.Daemon.Platform.Files;

/// <summary>Whether anything has happened in some folders since a moment, asked without looking at them (inotify(7)).</summary>
/// <remarks>
/// The kernel queues an event before the call that caused it returns, and the queue is read by who asks: the answer is true for this very moment, unlike that of a
/// watcher whose thread tells it some time later. What it does not see: changes on another machine of a shared file system, writes into a mapping, and what is mounted
/// over a folder. Folders in the folders are watched only when they are named.
/// </remarks>
internal sealed partial class FolderWatch : IDisposable
{
    // sys/inotify.h: IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
    private const uint Changes = 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800 | 0x0100_0000;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x8_0000;

    private readonly Lock _lock = new();
    private readonly byte[] _events = new byte[16 * 1024];
    private SafeFileHandle? _queue;
    private long _moment;
    private bool _stirred;

    /// <summary>Begins to watch: what happens from now on is seen.</summary>
    /// <param name="folders">As <see cref="FileStamp.Encode"/> makes them.</param>
    /// <returns>The moment, for <see cref="IsQuietSince"/>; null when the kernel gives no watch, because it has no more of them or a folder is gone.</returns>
    public long? Begin(IEnumerable<byte[]> folders)
    {
        lock (_lock)
        {
            _queue ??= Open();
            if (_queue.IsInvalid)
                return null;
            Drain();
            _stirred = false;
            _moment++;
            foreach (var folder in folders)
            {
                // A folder that is watched already is not watched twice.
                if (inotify_add_watch(_queue, folder, Changes) < 0)
                    return null;
            }

            return _moment;
        }
    }

    /// <summary>Whether nothing has happened since then, and nobody has begun anew meanwhile.</summary>
    public bool IsQuietSince(long moment)
    {
        lock (_lock)
        {
            if (_queue is null || _queue.IsClosed)
                return false;
            Drain();
            return moment == _moment && !_stirred;
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _queue?.Dispose();
    }

    private static SafeFileHandle Open() => new(inotify_init1(NonBlocking | CloseOnExec), ownsHandle: true);

    private void Drain()
    {
        while (read(_queue!, _events, (nuint)_events.Length) > 0)
            _stirred = true;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_add_watch(SafeFileHandle queue, byte[] path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle queue, byte[] buffer, nuint count);
}
