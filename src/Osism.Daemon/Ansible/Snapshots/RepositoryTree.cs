using System.Security.Cryptography;
using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Ansible.Snapshots;

/// <summary>The configuration repository as it lies on the disk: names, kinds and hashes, with the stamps that tell an unchanged one without reading it.</summary>
/// <remarks>
/// Not part of it, because a worker elsewhere must not get it through rows that everybody with the database can read, or because no run reads it:
/// <c>.git</c>, the folder <c>secrets/</c> at the top, <c>environments/.vault_pass</c>, files the runs' user may not read, and pipes, sockets and devices.
/// </remarks>
/// <param name="Entries">Sorted by path, folders before what is in them.</param>
/// <param name="LeftOut">Paths that were left out, <c>.git</c> not among them.</param>
internal sealed record RepositoryTree(IReadOnlyList<RepositoryEntry> Entries, IReadOnlyList<string> LeftOut)
{
    // Deeper than any repository; a folder is never reached through a link, so there are no circles.
    private const int MaximumDepth = 64;
    private const int TypeMask = 0xf000;
    private const int FolderType = 0x4000;
    private const int FileType = 0x8000;
    private const int LinkType = 0xa000;
    private const int AnyExecute = 0x49;

    private static readonly EnumerationOptions Accessible = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    private static readonly string[] NeverHandedOut = ["secrets", "environments/.vault_pass"];

    /// <summary>Stamp of the top folder; it is no entry.</summary>
    public required RepositoryEntry Top { get; init; }

    /// <summary>SHA-256 over names, kinds, links and contents, hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>Whether any change since the reading began must show in a stamp.</summary>
    public required bool IsSettled { get; init; }

    /// <summary>Reads what changed since the last time.</summary>
    /// <param name="root">Absolute path of the repository.</param>
    /// <param name="last">What was read before; files that are unchanged since are not read again.</param>
    /// <param name="mayRead">Whether runs may read a file of this status.</param>
    /// <param name="now">Time before the reading.</param>
    /// <exception cref="OsismException"><c>repository.unreadable</c>.</exception>
    public static RepositoryTree Read(string root, RepositoryTree? last, Func<FileStatus, bool> mayRead, DateTimeOffset now)
    {
        var known = last?.Entries.ToDictionary(entry => entry.Path, StringComparer.Ordinal) ?? [];
        var entries = new List<RepositoryEntry>();
        var leftOut = new List<string>();
        try
        {
            var top = Look(root, "", FileStamp.Encode(root)) ?? throw new DirectoryNotFoundException($"There is no folder {root}.");
            Walk(root, "", 0);
            entries.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
            return new RepositoryTree(entries, leftOut)
            {
                Top = top,
                Hash = HashOf(entries),
                IsSettled = top.Stamp.IsSettled(now) && entries.TrueForAll(entry => entry.Stamp.IsSettled(now)),
            };
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new OsismException(ErrorCodes.RepositoryUnreadable, $"the configuration repository {root} cannot be read: {e.Message}", e) { File = root };
        }

        void Walk(string folder, string prefix, int depth)
        {
            if (depth > MaximumDepth)
                throw new IOException($"{prefix} lies too deep");
            foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", Accessible))
            {
                var name = prefix + Path.GetFileName(path);
                if (name == ".git")
                    continue;
                if (NeverHandedOut.Contains(name, StringComparer.Ordinal))
                {
                    leftOut.Add(name);
                    continue;
                }

                // Gone between the listing and the look: the folder's stamp tells.
                if (Look(path, name, FileStamp.Encode(path)) is not { } entry)
                    continue;
                if (entry.Kind == RepositoryEntryKind.Other || (entry.Hash is null && entry.Target is null && entry.Kind != RepositoryEntryKind.Folder))
                {
                    leftOut.Add(name);
                    continue;
                }

                entries.Add(entry);
                if (entry.Kind == RepositoryEntryKind.Folder)
                    Walk(path, $"{name}/", depth + 1);
            }
        }

        RepositoryEntry? Look(string path, string name, byte[] encoded)
        {
            if (FileStamp.Of(encoded, followLink: false) is not { } stamp)
                return null;
            if (known.GetValueOrDefault(name) is { } same && same.Stamp == stamp && last!.IsSettled)
                return same;
            return (stamp.Mode & TypeMask) switch
            {
                FolderType => new RepositoryEntry(name, RepositoryEntryKind.Folder, null, null, stamp, encoded),
                LinkType => new RepositoryEntry(name, RepositoryEntryKind.Link, null, Inner(path), stamp, encoded),
                FileType => new RepositoryEntry(
                    name, (stamp.Mode & AnyExecute) != 0 ? RepositoryEntryKind.Program : RepositoryEntryKind.File,
                    FileStatus.Of(path, followLink: false) is { } status && mayRead(status) ? TryHash(path) : null, null, stamp, encoded),
                _ => new RepositoryEntry(name, RepositoryEntryKind.Other, null, null, stamp, encoded),
            };
        }

        // A link by an absolute path into the repository leads into the snapshot as well, wherever that is unpacked.
        string Inner(string path)
        {
            var target = new FileInfo(path).LinkTarget ?? "";
            foreach (var top in new[] { root, Configuration.ConfigurationRepository.ProductionPath })
            {
                if (target.StartsWith(top + "/", StringComparison.Ordinal))
                    return Path.GetRelativePath(Path.GetDirectoryName(path)!, root + target[top.Length..]);
            }

            return target;
        }
    }

    /// <summary>Whether everything lies there as it did. No file is read.</summary>
    public bool IsUnchanged()
    {
        if (!Top.IsUnchanged())
            return false;
        foreach (var entry in Entries)
        {
            if (!entry.IsUnchanged())
                return false;
        }

        return true;
    }

    /// <summary>Null for a file that we may not read: no run could.</summary>
    private static byte[]? TryHash(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return SHA256.HashData(file);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException)
        {
            return null;
        }
    }

    private static string HashOf(List<RepositoryEntry> entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in entries)
        {
            var content = entry.Hash is { } bytes ? Convert.ToHexStringLower(bytes) : entry.Target ?? "";
            hash.AppendData(Encoding.UTF8.GetBytes($"{entry.Path}\0{(int)entry.Kind}\0{content}\0"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>What stands at a path. Numbers reach the database.</summary>
internal enum RepositoryEntryKind : short
{
    Folder = 0,
    File = 1,
    Program = 2,
    Link = 3,

    /// <summary>Pipe, socket or device; never stored.</summary>
    Other = 9,
}

/// <summary>A folder, file or link of the repository.</summary>
/// <param name="Path">Relative to the top, with slashes.</param>
/// <param name="Hash">SHA-256 of a file that may be handed out.</param>
/// <param name="Target">Where a link leads.</param>
/// <param name="Stamp">How it lay on the disk.</param>
/// <param name="Encoded">Absolute path for <see cref="FileStamp"/>.</param>
internal sealed record RepositoryEntry(string Path, RepositoryEntryKind Kind, byte[]? Hash, string? Target, FileStamp Stamp, byte[] Encoded)
{
    public bool IsUnchanged() => FileStamp.Of(Encoded, followLink: false) == Stamp;
}
