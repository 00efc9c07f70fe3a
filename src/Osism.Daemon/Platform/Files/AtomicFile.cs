using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Files;

/// <summary>Writes whole files: a reader, and a machine after a power loss, sees the old content or the new one.</summary>
internal static class AtomicFile
{
    /// <summary>Replaces or makes a file.</summary>
    /// <param name="path">Absolute path; the folder must be there.</param>
    /// <param name="content">All bytes.</param>
    /// <param name="mode">Exact permissions; the umask does not take part.</param>
    /// <param name="cancellationToken">Cancelled: the old file is as it was.</param>
    /// <exception cref="IOException">It cannot be written; see <see cref="DiskSpace.IsFull"/>. The old file is as it was.</exception>
    public static Task WriteAsync(string path, ReadOnlyMemory<byte> content, UnixFileMode mode, CancellationToken cancellationToken) =>
        WriteAsync(path, content, mode, owner: null, Put.InPlace, cancellationToken);

    /// <summary>Makes a file unless it is there: of several who try at the same time, one wins, and the others leave what it made.</summary>
    /// <param name="path">Absolute path; the folder must be there.</param>
    /// <param name="content">All bytes.</param>
    /// <param name="mode">Exact permissions; the umask does not take part.</param>
    /// <param name="cancellationToken">Cancelled: nothing was made.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static Task CreateAsync(string path, ReadOnlyMemory<byte> content, UnixFileMode mode, CancellationToken cancellationToken) =>
        WriteAsync(path, content, mode, owner: null, Put.OnlyNew, cancellationToken);

    /// <summary>Replaces a file which somebody else may own: its mode and owner stay. A symbolic link would be replaced, not what it leads to.</summary>
    /// <param name="path">Absolute path of a file that is there.</param>
    /// <param name="content">All bytes.</param>
    /// <param name="cancellationToken">Cancelled: the old file is as it was.</param>
    /// <exception cref="IOException">It cannot be written, or is not there.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">It belongs to somebody else, and we may not give files away.</exception>
    public static Task ReplaceAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        FileStatus.Of(path) is { } status
            ? WriteAsync(path, content, status.Permissions, status, Put.InPlace, cancellationToken)
            : throw new FileNotFoundException($"There is no file {path}.", path);

    private static async Task WriteAsync(
        string path, ReadOnlyMemory<byte> content, UnixFileMode mode, FileStatus? owner, Put put, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(path)!;
        var temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
            UnixCreateMode = mode & (UnixFileMode.UserRead | UnixFileMode.UserWrite),
        };
        try
        {
            await using (var file = new FileStream(temporary, options))
            {
                await file.WriteAsync(content, cancellationToken);
                if (owner is { } status)
                {
                    Posix.ChangeOwner(temporary, status.User, status.Group);
                }

                File.SetUnixFileMode(file.SafeFileHandle, mode);
                file.Flush(flushToDisk: true);
            }

            if (put == Put.InPlace)
            {
                File.Move(temporary, path, overwrite: true);
            }
            else if (!Posix.TryRenameNew(temporary, path))
            {
                File.Delete(temporary);
            }
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        Posix.SyncFolder(folder);
    }

    private enum Put
    {
        InPlace,
        OnlyNew,
    }
}
