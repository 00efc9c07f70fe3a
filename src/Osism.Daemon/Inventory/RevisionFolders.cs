using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Inventory;

/// <summary>The folders <c>$OSISM_HOME/inventory/revisions/N</c>. Each appears by one rename and never changes.</summary>
internal sealed class RevisionFolders(InventoryRevisions revisions, OsismHome home, Failpoints failpoints)
{
    private string Parent => Path.Combine(home.Inventory, "revisions");

    public string Of(long revision) => Path.Combine(Parent, $"{revision}");

    /// <summary>Number to which <c>current</c> leads; null when it leads nowhere.</summary>
    public long? Current =>
        long.TryParse(Path.GetFileName(new FileInfo(Path.Combine(home.Inventory, "current")).LinkTarget), out var revision) ? revision : null;

    public void Point(long revision) => SymbolicLink.Point(Path.Combine(home.Inventory, "current"), Path.Combine("revisions", $"{revision}"));

    /// <summary>Folder of a revision; on a machine that does not have it yet it is unpacked from the database.</summary>
    /// <exception cref="OsismException"><c>file.missing</c>: there is no such revision.</exception>
    public async Task<string> UnpackAsync(long revision, CancellationToken cancellationToken)
    {
        var folder = Of(revision);
        if (Directory.Exists(folder))
            return folder;
        var archive = await revisions.FindArchiveAsync(revision, cancellationToken)
            ?? throw new OsismException(ErrorCodes.FileMissing, $"there is no inventory revision {revision}");
        using var stream = new MemoryStream(archive, writable: false);
        await PlaceAsync(await InventoryArchive.UnpackAsync(stream, cancellationToken), revision, null, cancellationToken);
        return folder;
    }

    /// <summary>Makes the folder of a revision unless it is there.</summary>
    /// <param name="like">A revision with many of the same files: those become links to one file on the disk.</param>
    public async Task PlaceAsync(IReadOnlyList<InventoryFile> files, long revision, PlacedRevision? like, CancellationToken cancellationToken)
    {
        var folder = Of(revision);
        if (Directory.Exists(folder))
            return;
        Directory.CreateDirectory(Parent);
        var temporary = Path.Combine(Parent, $".{revision}.{Guid.NewGuid():N}");
        try
        {
            InventoryArchive.Write(files, temporary, file => like is not null && like.Files.TryGetValue(file.Name, out var same) && same == file.Key ? Path.Combine(Of(like.Revision), file.Name) : null);
            await failpoints.ReachAsync("inventory.written", null, cancellationToken);
            Directory.Move(temporary, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another process of this manager was faster; the content is the same.
        }
        finally
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>Makes it anew when a power loss left something else in it than was written.</summary>
    public async Task RepairAsync(IReadOnlyList<InventoryFile> files, long revision, CancellationToken cancellationToken)
    {
        var folder = Of(revision);
        if (!Directory.Exists(folder) || files.All(file => IsWhole(Path.Combine(folder, file.Name), file)))
            return;
        Directory.Move(folder, Path.Combine(Parent, $".{revision}.{Guid.NewGuid():N}"));
        await PlaceAsync(files, revision, null, cancellationToken);
    }

    /// <summary>Removes what nobody needs any more.</summary>
    /// <param name="kept">Revisions that stay.</param>
    /// <param name="olderThan">Younger folders may be on their way into the table.</param>
    public void Prune(IReadOnlySet<long> kept, DateTime olderThan)
    {
        if (!Directory.Exists(Parent))
            return;
        var current = Current;
        foreach (var folder in new DirectoryInfo(Parent).EnumerateDirectories())
        {
            // Others are drafts of a process that died.
            var isKept = long.TryParse(folder.Name, out var revision) && (revision == current || kept.Contains(revision));
            if (!isKept && folder.LastWriteTimeUtc < olderThan)
                folder.Delete(recursive: true);
        }

        foreach (var staging in new DirectoryInfo(home.Inventory).EnumerateDirectories(".staging-*").Where(staging => staging.LastWriteTimeUtc < olderThan))
            staging.Delete(recursive: true);
    }

    private static bool IsWhole(string path, InventoryFile file) =>
        File.Exists(path) && new FileInfo(path).Length == file.Content.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(file.Content);
}

/// <summary>A revision whose folder is there, and what is in it.</summary>
/// <param name="Files"><see cref="InventoryFile.Key"/> by name.</param>
internal sealed record PlacedRevision(long Revision, IReadOnlyDictionary<string, string> Files);

/// <summary>How a published folder is read.</summary>
internal static class RevisionSettings
{
    /// <summary>As runs read it: names of groups are nobody's fault any more, and what is there for ClusterShell is no source.</summary>
    public static Model.AnsibleSettings Reading { get; } = Model.AnsibleSettings.Default with { ReportGroupNames = false, IgnoredPatterns = ["^clustershell$"] };
}
