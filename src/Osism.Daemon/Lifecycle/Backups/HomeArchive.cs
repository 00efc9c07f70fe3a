using System.Formats.Tar;
using System.IO.Compression;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>The files of <c>$OSISM_HOME</c> that cannot be made again, as a compressed tar.</summary>
internal static class HomeArchive
{
    /// <summary>Everything else is the database, can be made again (cache), or belongs to a process (sockets, pids).</summary>
    public static readonly string[] Names = ["inventory", "interface", "machine", "osismd.yml", "secrets", "share", "spool", "token"];

    /// <param name="home">Where from.</param>
    /// <param name="spool">What stands for the spool; see <see cref="SpoolPicture"/>.</param>
    /// <param name="target">Receives the archive; stays open.</param>
    /// <param name="cancellationToken">Leaves half an archive.</param>
    public static async Task WriteAsync(OsismHome home, string spool, Stream target, CancellationToken cancellationToken)
    {
        await using var compressed = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
        await using var tar = new TarWriter(compressed, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var name in Names)
        {
            var path = name == "spool" ? spool : Path.Combine(home.Root, name);
            if (FileStatus.Of(path, followLink: false) is { } status)
            {
                await AddAsync(tar, path, name, status, cancellationToken);
            }
        }
    }

    /// <summary>Reads the whole archive, which proves it; with a folder it makes the files there, owners and modes as they were.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupDamaged"/>, also for an entry that would lie outside.</exception>
    public static async Task<IReadOnlySet<string>> ReadAsync(Stream source, string? folder, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var modes = new List<(string Path, UnixFileMode Mode)>();
        try
        {
            await using var plain = new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
            await using var tar = new TarReader(plain, leaveOpen: true);
            while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                var parts = entry.Name.TrimEnd('/').Split('/');
                if (Array.IndexOf(Names, parts[0]) < 0 || parts.Contains("..") || parts.Contains(""))
                {
                    throw new OsismException(ErrorCodes.BackupDamaged, $"the archive holds '{entry.Name}', which is no file of a manager");
                }

                names.Add(parts[0]);
                if (folder is not null)
                {
                    await MakeAsync(entry, Path.Combine(folder, Path.Combine(parts)), modes, cancellationToken);
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new OsismException(ErrorCodes.BackupDamaged, $"the archive of the files cannot be read: {e.Message}", e);
        }

        // Last, and the deepest first: a folder without write permission is filled before it gets its mode.
        foreach (var (path, mode) in Enumerable.Reverse(modes))
        {
            File.SetUnixFileMode(path, mode);
        }

        return names;
    }

    private static async Task AddAsync(TarWriter tar, string path, string name, FileStatus status, CancellationToken cancellationToken)
    {
        if (!status.IsFolder && !status.IsFile && !status.IsLink)
        {
            // Sockets and pipes belong to a process.
            return;
        }

        FileStream? content = null;
        try
        {
            var entry = new PaxTarEntry(status.IsFolder ? TarEntryType.Directory : status.IsLink ? TarEntryType.SymbolicLink : TarEntryType.RegularFile, name)
            {
                Mode = status.Permissions,
                Uid = (int)status.User,
                Gid = (int)status.Group,
                ModificationTime = new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero),
            };
            if (status.IsLink)
            {
                entry.LinkName = new FileInfo(path).LinkTarget ?? "";
            }
            else if (status.IsFile)
            {
                content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                // It may grow while it is read: what it held now is what belongs to the database's picture.
                entry.DataStream = new FirstBytes(content, content.Length);
            }

            await tar.WriteEntryAsync(entry, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Gone since it was listed.
            return;
        }
        finally
        {
            if (content is not null)
            {
                await content.DisposeAsync();
            }
        }

        if (status.IsFolder)
        {
            foreach (var child in Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal))
            {
                if (FileStatus.Of(child, followLink: false) is { } below)
                {
                    await AddAsync(tar, child, $"{name}/{Path.GetFileName(child)}", below, cancellationToken);
                }
            }
        }
    }

    private static async Task MakeAsync(TarEntry entry, string path, List<(string Path, UnixFileMode Mode)> modes, CancellationToken cancellationToken)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                Directory.CreateDirectory(path);
                modes.Add((path, entry.Mode));
                break;
            case TarEntryType.SymbolicLink:
                File.CreateSymbolicLink(path, entry.LinkName);
                break;
            default:
                await using (var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                {
                    if (entry.DataStream is { } data)
                    {
                        await data.CopyToAsync(file, cancellationToken);
                    }

                    file.Flush(flushToDisk: true);
                }

                break;
        }

        if (Posix.IsRoot)
        {
            Posix.ChangeLinkOwner(path, (uint)entry.Uid, (uint)entry.Gid);
        }

        if (entry.EntryType is not (TarEntryType.Directory or TarEntryType.SymbolicLink))
        {
            // Behind the owner: a change of owner takes a set-user-id bit away.
            File.SetUnixFileMode(path, entry.Mode);
            File.SetLastWriteTimeUtc(path, entry.ModificationTime.UtcDateTime);
        }
    }
}
