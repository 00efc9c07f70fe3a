using Microsoft.Win32.SafeHandles;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Files;

/// <summary>An exclusive lock on a file, held as long as this object and this process live. A file left by a dead process never blocks.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _file;

    private FileLock(string path, SafeFileHandle file) => (_path, _file) = (path, file);

    /// <summary>Null when somebody else holds it.</summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file, or its folder, is not ours.</exception>
    public static FileLock? TryTake(string path)
    {
        while (true)
        {
            var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (!Posix.TryLock(file))
            {
                file.Dispose();
                return null;
            }

            // The holder before us may have removed the file after we opened it: then ours is not the one others will find.
            if (FileStatus.Of(path) is { } named && FileStatus.Of($"/proc/self/fd/{file.DangerousGetHandle()}") is { } opened && named.IsSame(opened))
            {
                return new FileLock(path, file);
            }

            file.Dispose();
        }
    }

    /// <summary>Waits until the lock is free.</summary>
    public static async Task<FileLock> TakeAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(path) is { } taken)
            {
                return taken;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
        }
    }

    /// <summary>Replaces what the file says to those who read it.</summary>
    public void Write(ReadOnlySpan<byte> content)
    {
        RandomAccess.SetLength(_file, 0);
        RandomAccess.Write(_file, content, 0);
    }

    /// <summary>Removes the file and lets others have the lock.</summary>
    public void Dispose()
    {
        if (!_file.IsClosed)
        {
            File.Delete(_path);
            _file.Dispose();
        }
    }
}
