using System.Text;
using Osism.Contracts;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Inventory;

/// <summary>A folder, or some files, of the inventory as they lay on the disk when they were read. Names that begin with a dot are not part of it.</summary>
/// <param name="readAt">Time before the reading began.</param>
internal sealed class InventoryTree(DateTimeOffset readAt)
{
    /// <summary>Bytes of the largest file that is taken: a whole site's variables are below that, and a core dump that got into the folder is not.</summary>
    public const long Largest = 32L << 20;

    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // Deeper than any inventory; ends a circle of links.
    private const int MaximumDepth = 16;

    private readonly List<InventoryPlace> _places = [];
    private readonly Dictionary<string, KnownFile> _known = new(StringComparer.Ordinal);
    private readonly List<ReconcileFinding> _findings = [];
    private readonly List<InventoryFile> _files = [];
    private bool _isFolder;
    private bool _hasLinks;
    private bool? _isSettled;

    /// <summary>Sorted by name.</summary>
    public IReadOnlyList<InventoryFile> Files => _files;

    /// <summary>What could not be read, and why.</summary>
    public IReadOnlyList<ReconcileFinding> Findings => _findings;

    /// <summary>Reads a whole folder.</summary>
    /// <param name="folder">Absolute path. It need not be there.</param>
    /// <param name="boundary">Folder that links may not lead out of.</param>
    /// <param name="label">What stands before names of files in findings.</param>
    /// <param name="before">Earlier reading: files whose stamps are the same are not read again.</param>
    /// <param name="readAt">The time now.</param>
    public static InventoryTree Read(string folder, string boundary, string label, InventoryTree? before, DateTimeOffset readAt)
    {
        var tree = new InventoryTree(readAt) { _isFolder = true };
        tree.Walk(new Walked(folder, "", label, boundary, before), 0);
        tree._files.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return tree;
    }

    /// <summary>Reads single files; those that are not there are watched.</summary>
    public static InventoryTree Read(IEnumerable<(string Path, string Name)> files, InventoryTree? before, DateTimeOffset readAt)
    {
        var tree = new InventoryTree(readAt);
        foreach (var (path, name) in files)
        {
            var place = InventoryPlace.Of(path, followLink: true);
            if (place.Stamp is { } stamp)
                tree.ReadFile(path, name, path, place, stamp, before);
            else
                tree._places.Add(place);
        }

        return tree;
    }

    /// <summary>Whether everything lies there as it did. No file is read.</summary>
    public bool IsUnchanged()
    {
        foreach (var place in _places)
        {
            if (!place.IsUnchanged())
                return false;
        }

        return true;
    }

    /// <summary>The folders in it, for <see cref="FolderWatch"/>; null when what happens in them does not tell everything, because links lead elsewhere.</summary>
    public IEnumerable<byte[]>? Folders => _hasLinks ? null : _isFolder ? _places.Where(place => place.Stamp is { IsFolder: true }).Select(place => place.Path) : [];

    /// <summary>What nothing in <see cref="Folders"/> tells: whether its top is still the same folder, or the single files are as they were.</summary>
    public bool IsTopUnchanged() => _isFolder ? _places.Count == 0 || _places[0].IsUnchanged() : IsUnchanged();

    /// <summary>Whether any change since the reading began must show.</summary>
    public bool IsSettled => _isSettled ??= _places.TrueForAll(place => place.Stamp is not { } stamp || stamp.IsSettled(readAt));

    private void Walk(Walked at, int depth)
    {
        if (depth > MaximumDepth)
        {
            Report(FindingCodes.SourceMissing, ErrorCodes.ConfigurationBroken, at.Label + at.Prefix, "lies too deep; do its links make a circle?");
            return;
        }

        string[] entries;
        try
        {
            _places.Add(InventoryPlace.Of(at.Folder, followLink: true));
            if (_places[^1].Stamp is null)
                return;
            entries = Directory.GetFileSystemEntries(at.Folder);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            Report(FindingCodes.SourceUnreadable, ErrorCodes.RepositoryUnreadable, (at.Label + at.Prefix).TrimEnd('/'), $"the folder cannot be read: {e.Message}");
            return;
        }

        foreach (var entry in entries)
        {
            var name = Path.GetFileName(entry);
            if (name.StartsWith('.'))
                continue;
            try
            {
                Look(entry, name, at, depth);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                Report(FindingCodes.SourceUnreadable, ErrorCodes.RepositoryUnreadable, at.Label + at.Prefix + name, $"cannot be read: {e.Message}");
            }
        }
    }

    private void Look(string entry, string name, Walked at, int depth)
    {
        var place = InventoryPlace.Of(entry, followLink: false);
        if (place.Stamp is not { } stamp)
            return;
        name = at.Prefix + name;
        if (stamp.IsLink)
        {
            _hasLinks = true;
            _places.Add(place);
            if (FindBadLink(entry, at.Boundary) is { } fault)
            {
                Report(FindingCodes.LinkOutside, ErrorCodes.ConfigurationBroken, at.Label + name, fault);
                return;
            }

            place = InventoryPlace.Of(entry, followLink: true);
            stamp = place.Stamp ?? stamp;
        }

        if (stamp.IsFolder)
            Walk(at with { Folder = entry, Prefix = $"{name}/" }, depth + 1);
        else
            ReadFile(entry, name, at.Label + name, place, stamp, at.Before);
    }

    private void ReadFile(string path, string name, string label, InventoryPlace place, FileStamp stamp, InventoryTree? before)
    {
        _places.Add(place);
        if (!stamp.IsFile)
        {
            Report(FindingCodes.SourceMissing, ErrorCodes.ConfigurationBroken, label, "is no ordinary file");
        }
        else if (stamp.Size > Largest)
        {
            Report(FindingCodes.SourceTooLarge, ErrorCodes.ConfigurationBroken, label, $"has {stamp.Size >> 20} MB; files of more than {Largest >> 20} MB are not taken");
        }
        else
        {
            var file = before?.Find(name, stamp) ?? new InventoryFile(name, ((UnixFileMode)stamp.Mode & AnyExecute) != UnixFileMode.None, File.ReadAllBytes(path));
            _files.Add(file);
            if (stamp.IsSettled(readAt))
                _known[name] = new KnownFile(file, stamp);
        }
    }

    private InventoryFile? Find(string name, FileStamp stamp) =>
        _known.TryGetValue(name, out var known) && known.Stamp == stamp ? known.File : null;

    private static string? FindBadLink(string link, string boundary)
    {
        if (new FileInfo(link).ResolveLinkTarget(returnFinalTarget: true) is not { } target || !Path.Exists(target.FullName))
            return "is a link that leads nowhere";
        return target.FullName.StartsWith(boundary + "/", StringComparison.Ordinal) ? null : $"is a link out of the configuration repository, to {target.FullName}";
    }

    private void Report(string code, ErrorCode error, string label, string what) =>
        _findings.Add(new ReconcileFinding(new Finding(code, label, 0, $"{label} {what}"), error));

    /// <summary>A folder on the way through a tree.</summary>
    private sealed record Walked(string Folder, string Prefix, string Label, string Boundary, InventoryTree? Before);

    private readonly record struct KnownFile(InventoryFile File, FileStamp Stamp);
}

/// <summary>A folder, file or link of the inventory and its stamp; null when it is not there.</summary>
internal sealed record InventoryPlace(byte[] Path, bool FollowLink, FileStamp? Stamp)
{
    public static InventoryPlace Of(string path, bool followLink)
    {
        var encoded = FileStamp.Encode(path);
        return new InventoryPlace(encoded, followLink, FileStamp.Of(encoded, followLink));
    }

    public bool IsUnchanged()
    {
        try
        {
            return FileStamp.Of(Path, FollowLink) == Stamp;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    public override string ToString() => Encoding.UTF8.GetString(Path.AsSpan(0, Path.Length - 1));
}
