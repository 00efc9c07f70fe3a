using System.Formats.Tar;
using System.IO.Compression;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Inventory;

/// <summary>A revision's folder as one tar.gz, and back.</summary>
internal static class InventoryArchive
{
    private const UnixFileMode FolderMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode PlainMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode ProgramMode = FolderMode;

    /// <summary>The same files give the same bytes: times are zero, the order is that of the names.</summary>
    public static async Task<byte[]> PackAsync(IReadOnlyList<InventoryFile> files, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await using (var packed = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        await using (var tar = new TarWriter(packed, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var file in files)
            {
                var entry = new GnuTarEntry(TarEntryType.RegularFile, file.Name)
                {
                    DataStream = new MemoryStream(file.Content, writable: false),
                    Mode = file.Executable ? ProgramMode : PlainMode,
                    ModificationTime = DateTimeOffset.UnixEpoch,
                };
                await tar.WriteEntryAsync(entry, cancellationToken);
            }
        }

        return bytes.ToArray();
    }

    public static async Task<List<InventoryFile>> UnpackAsync(Stream archive, CancellationToken cancellationToken)
    {
        var files = new List<InventoryFile>();
        await using var plain = new GZipStream(archive, CompressionMode.Decompress);
        await using var tar = new TarReader(plain);
        while (await tar.GetNextEntryAsync(copyData: true, cancellationToken) is { } entry)
        {
            if (entry.EntryType is not TarEntryType.RegularFile)
                continue;
            using var content = new MemoryStream();
            if (entry.DataStream is { } data)
                await data.CopyToAsync(content, cancellationToken);
            files.Add(new InventoryFile(entry.Name, (entry.Mode & UnixFileMode.UserExecute) != UnixFileMode.None, content.ToArray()));
        }

        return files;
    }

    /// <summary>Writes the files below a folder that is made by this; everybody may read them, as runs have their own user.</summary>
    /// <param name="findSame">A file on the disk with this content and mode, to be linked; null = there is none.</param>
    public static void Write(IReadOnlyList<InventoryFile> files, string folder, Func<InventoryFile, string?> findSame)
    {
        var made = new HashSet<string>(StringComparer.Ordinal);
        Make(folder);
        foreach (var file in files)
        {
            var path = Path.Combine(folder, file.Name);
            if (!Path.GetFullPath(path).StartsWith(folder + "/", StringComparison.Ordinal))
                throw new InvalidDataException($"An archive of an inventory names {file.Name}, which leads out of its folder");
            for (var inner = Path.GetDirectoryName(path)!; inner != folder && !made.Contains(inner); inner = Path.GetDirectoryName(inner)!)
                Make(inner);
            if (findSame(file) is { } same && TryLink(same, path))
                continue;
            File.WriteAllBytes(path, file.Content);
            // Set afterwards: the mode given to a new file is cut by the umask.
            File.SetUnixFileMode(path, file.Executable ? ProgramMode : PlainMode);
        }

        void Make(string path)
        {
            made.Add(path);
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, FolderMode);
        }
    }

    /// <summary>A file system may know no second names, or no more of them.</summary>
    private static bool TryLink(string from, string to)
    {
        try
        {
            Posix.Link(from, to);
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
