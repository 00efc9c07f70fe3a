using System.ComponentModel;
using System.Runtime.InteropServices;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Configuration.Vault;

/// <summary>Files of the configuration repository which people name by a path. Nothing outside the repository can be reached.</summary>
/// <param name="root">Folder of the repository; it may be a symbolic link.</param>
internal sealed partial class RepositoryFiles(string root)
{
    /// <summary>Largest file that is looked at. A secrets file has some hundred kilobytes at most.</summary>
    public const long MaximumSize = 64 * 1024 * 1024;

    public string Root => root;

    /// <summary>The real path of a file.</summary>
    /// <param name="path">Relative to the repository, or absolute within it. Symbolic links are followed as long as they stay in the repository.</param>
    /// <exception cref="OsismException">
    /// <c>access.denied</c>: it lies outside, by its name or through a link. <c>file.missing</c>, <c>repository.missing</c>, <c>request.invalid</c> (no path, a folder or device).
    /// </exception>
    public string Resolve(string path)
    {
        if (string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal))
            throw new OsismException(ErrorCodes.RequestInvalid, "a path relative to the configuration repository is needed");
        var top = RealPath(root) ?? throw new OsismException(ErrorCodes.RepositoryMissing, $"there is no configuration repository at {root}") { File = root };
        var named = Path.GetFullPath(path, root);
        if (!IsBelow(named, Path.GetFullPath(root)) && !IsBelow(named, top))
            throw new OsismException(ErrorCodes.AccessDenied, $"{path} lies outside the configuration repository {root}") { File = path };
        var real = RealPath(named) ?? throw new OsismException(ErrorCodes.FileMissing, $"there is no file {path} in the configuration repository {root}") { File = path };
        if (!IsBelow(real, top))
            throw new OsismException(ErrorCodes.AccessDenied, $"{path} is a link that leads out of the configuration repository {root}") { File = path };

        // A pipe or device would never end.
        if (FileStatus.Of(real) is { IsFile: false })
            throw new OsismException(ErrorCodes.RequestInvalid, $"{path} is no regular file") { File = path };
        return real;
    }

    /// <summary>How a file is named to people: relative to the repository.</summary>
    public string Relative(string path) => Path.GetRelativePath(root, path);

    /// <summary>Reads a file by the path people gave.</summary>
    /// <exception cref="OsismException">As <see cref="Resolve"/>, and <c>repository.unreadable</c>.</exception>
    public async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var real = Resolve(path);
        try
        {
            if (new FileInfo(real).Length > MaximumSize)
                throw new OsismException(ErrorCodes.RequestInvalid, $"{path} is larger than {MaximumSize / (1024 * 1024)} MiB, so it is no vault file") { File = path };
            return await File.ReadAllBytesAsync(real, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.RepositoryUnreadable, $"{path} cannot be read: {e.Message}", e) { File = path };
        }
    }

    /// <summary>Replaces the content of a file in one step. Mode and owner stay; a symbolic link stays one.</summary>
    /// <exception cref="OsismException">As <see cref="ReadAsync"/>. The file is as it was.</exception>
    public async Task ReplaceAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var real = Resolve(path);
        try
        {
            await AtomicFile.ReplaceAsync(real, content, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            throw new OsismException(ErrorCodes.RepositoryUnreadable, $"{path} cannot be written: {e.Message}", e) { File = path };
        }
    }

    private static bool IsBelow(string path, string folder) => path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);

    /// <summary>realpath(3): absolute, without links; null when something on the way does not exist or cannot be looked into.</summary>
    private static string? RealPath(string path)
    {
        var found = realpath(path, 0);
        if (found == 0)
            return null;
        var text = Marshal.PtrToStringUTF8(found);
        unsafe
        {
            NativeMemory.Free((void*)found);
        }

        return text;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint realpath(string path, nint resolved);
}
