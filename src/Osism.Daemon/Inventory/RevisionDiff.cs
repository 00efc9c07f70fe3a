using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory;

/// <summary>Compares two published revisions: hosts, groups with their own members, and the variables each host and group is given itself.</summary>
/// <remarks>Vault texts are compared as they are; no password is needed, and no value is shown.</remarks>
internal sealed class RevisionDiff(RevisionFolders folders)
{
    private const string Added = "added";
    private const string Changed = "changed";
    private const string Removed = "removed";

    /// <exception cref="OsismException"><c>file.missing</c>: there is no such revision.</exception>
    public async Task<InventoryDiffInfo> CompareAsync(long from, long to, CancellationToken cancellationToken)
    {
        var (before, after) = (await folders.UnpackAsync(from, cancellationToken), await folders.UnpackAsync(to, cancellationToken));
        var changes = new List<InventoryChangeInfo>();
        var (old, now) = (Read(before), Read(after));
        Names("host", old.Inventory.Hosts.Select(host => host.Name), now.Inventory.Hosts.Select(host => host.Name), _ => true, changes);
        Names(
            "group", old.Inventory.Groups.Select(group => group.Name), now.Inventory.Groups.Select(group => group.Name),
            // Of all and ungrouped the hosts and groups themselves tell.
            name => name is InventoryDraft.All or InventoryDraft.Ungrouped || Members(old.Inventory.FindGroup(name)!) == Members(now.Inventory.FindGroup(name)!), changes);
        foreach (var name in Entities(before, after, "group_vars", old.Inventory.Groups.Concat(now.Inventory.Groups).Where(group => group.Variables.Count > 0).Select(group => group.Name)))
            Compare("group_variable", name, Of(old, name, isHost: false), Of(now, name, isHost: false), changes);
        foreach (var name in Entities(before, after, "host_vars", old.Inventory.Hosts.Concat(now.Inventory.Hosts).Where(host => host.Variables.Count > 0).Select(host => host.Name)))
            Compare("host_variable", name, Of(old, name, isHost: true), Of(now, name, isHost: true), changes);
        return new InventoryDiffInfo { From = from, To = to, Changes = changes };
    }

    private static InventoryReading Read(string folder) =>
        InventoryReading.Read([folder], null, playbookIsNamed: false, RevisionSettings.Reading, VaultSecrets.None);

    private static string Members(InventoryGroup group) =>
        string.Join('\n', group.Hosts.Select(host => host.Name).Concat(group.Children.Select(child => $"@{child.Name}")).Order(StringComparer.Ordinal));

    /// <summary>Who may have other variables: those whose files differ, and those that have some in <c>hosts.json</c>.</summary>
    private static SortedSet<string> Entities(string before, string after, string part, IEnumerable<string> inline)
    {
        var names = new SortedSet<string>(inline, StringComparer.Ordinal);
        var (old, now) = (Files(before), Files(after));
        foreach (var file in old.Keys.Union(now.Keys, StringComparer.Ordinal))
        {
            if (!old.TryGetValue(file, out var left) || !now.TryGetValue(file, out var right) || !IsSame(left, right))
                names.Add(EntityOf(file));
        }

        return names;

        Dictionary<string, string> Files(string folder)
        {
            var root = Path.Combine(folder, part);
            return Directory.Exists(root)
                ? Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToDictionary(path => Path.GetRelativePath(root, path), StringComparer.Ordinal)
                : [];
        }
    }

    private static bool IsSame(string left, string right)
    {
        // Most files of two revisions are one file with two names.
        var (a, b) = (Platform.Files.FileStamp.Of(left), Platform.Files.FileStamp.Of(right));
        return a?.Inode == b?.Inode || (a?.Size == b?.Size && File.ReadAllBytes(left).AsSpan().SequenceEqual(File.ReadAllBytes(right)));
    }

    private static string EntityOf(string file)
    {
        var slash = file.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
            return file[..slash];
        return Path.GetExtension(file) is ".yml" or ".yaml" or ".json" ? Path.ChangeExtension(file, null) : file;
    }

    /// <summary>Variables by name; null when the file is encrypted and nobody can say which are in it.</summary>
    private static Dictionary<string, string>? Of(InventoryReading reading, string name, bool isHost)
    {
        try
        {
            VariableTable? table = isHost
                ? reading.Inventory.FindHost(name) is { } host ? reading.Variables.OwnOf(host) : null
                : reading.Inventory.FindGroup(name) is { } group ? reading.Variables.Of(group) : null;
            return (table?.Items ?? []).ToDictionary(item => PyRepr.Str(item.Name, _ => ""), item => PyRepr.Repr(item.Value, vault => vault.Ciphertext), StringComparer.Ordinal);
        }
        catch (InventoryException)
        {
            return null;
        }
    }

    private static void Compare(string kind, string name, Dictionary<string, string>? old, Dictionary<string, string>? now, List<InventoryChangeInfo> changes)
    {
        if (old is null || now is null)
        {
            changes.Add(new InventoryChangeInfo(kind, name, "(encrypted)", Changed));
            return;
        }

        foreach (var variable in old.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (!old.TryGetValue(variable, out var left))
                changes.Add(new InventoryChangeInfo(kind, name, variable, Added));
            else if (!now.TryGetValue(variable, out var right))
                changes.Add(new InventoryChangeInfo(kind, name, variable, Removed));
            else if (left != right)
                changes.Add(new InventoryChangeInfo(kind, name, variable, Changed));
        }
    }

    private static void Names(string kind, IEnumerable<string> old, IEnumerable<string> now, Func<string, bool> isSame, List<InventoryChangeInfo> changes)
    {
        var (before, after) = (old.ToHashSet(StringComparer.Ordinal), now.ToHashSet(StringComparer.Ordinal));
        foreach (var name in before.Union(after, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (!before.Contains(name))
                changes.Add(new InventoryChangeInfo(kind, name, null, Added));
            else if (!after.Contains(name))
                changes.Add(new InventoryChangeInfo(kind, name, null, Removed));
            else if (!isSame(name))
                changes.Add(new InventoryChangeInfo(kind, name, null, Changed));
        }
    }
}
