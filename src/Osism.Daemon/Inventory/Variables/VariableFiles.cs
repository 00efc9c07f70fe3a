using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Variables;

/// <summary>The folders <c>group_vars</c> and <c>host_vars</c>. Each file is read once, when somebody first asks for it.</summary>
/// <remarks>Of <c>NAME</c>, <c>NAME.yml</c>, <c>NAME.yaml</c> and <c>NAME.json</c> the first that is there counts, and the others do not. Of a folder all files below
/// count, in the order of their names.</remarks>
internal sealed class VariableFiles(AnsibleSettings settings, InventoryFiles files)
{
    private const int DeepestFolder = 40;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, IReadOnlyList<Variable>> _known = new(StringComparer.Ordinal);

    /// <summary>Variables of a group or host below a folder, one after the other as the files set them.</summary>
    /// <param name="folder">Folder that holds <c>group_vars</c> and <c>host_vars</c>.</param>
    /// <exception cref="InventoryException">A file cannot be read or is no dictionary: a run fails as well.</exception>
    public IReadOnlyList<Variable> Read(string folder, bool isHost, string name)
    {
        // Such names are folders of chroots.
        if (name.StartsWith('/') || name.Contains('\0', StringComparison.Ordinal) || EscapedUtf8.IsEscaped(name))
            return [];
        var place = Path.GetFullPath(Path.Join(folder, isHost ? "host_vars" : "group_vars", name));
        lock (_lock)
        {
            if (_known.TryGetValue(place, out var known))
                return known;
            var variables = new List<Variable>();
            if (Directory.Exists(Path.Join(folder, isHost ? "host_vars" : "group_vars")))
            {
                foreach (var file in Find(place))
                    ReadFile(file, variables);
            }

            return _known[place] = variables;
        }
    }

    /// <summary>The files that count for a group or host below a folder, in the order in which they are read.</summary>
    /// <exception cref="InventoryException">A folder cannot be listed.</exception>
    public List<string> Find(string folder, bool isHost, string name) => Find(Path.GetFullPath(Path.Join(folder, isHost ? "host_vars" : "group_vars", name)));

    private List<string> Find(string place)
    {
        var found = new List<string>();
        foreach (var extension in (IEnumerable<string>)["", .. settings.VariableExtensions])
        {
            var path = place + (extension.Length == 0 || extension.Contains('.', StringComparison.Ordinal) ? extension : $".{extension}");
            if (Directory.Exists(path))
                FindBelow(path, found, 0);
            else if (File.Exists(path))
                found.Add(path);
            else
                continue;
            break;
        }

        return found;
    }

    private void FindBelow(string folder, List<string> found, int depth)
    {
        if (depth > DeepestFolder)
            throw new InventoryException(new Finding(FindingCodes.VariablesBroken, folder, 0, "the folder lies too deep; do its links make a circle?"));
        string[] names;
        try
        {
            names = [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path))];
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InventoryException(new Finding(FindingCodes.VariablesBroken, folder, 0, $"the folder cannot be listed: {e.Message}"), e);
        }

        Array.Sort(names, PyKeys.Compare);
        foreach (var name in names)
        {
            if (name.StartsWith('.') || name.EndsWith('~'))
                continue;
            var path = Path.Join(folder, name);
            var extension = InventorySources.ExtensionOf(name);
            if (extension.Length == 0 && Directory.Exists(path))
                FindBelow(path, found, depth + 1);
            else if ((extension.Length == 0 || settings.VariableExtensions.Contains(extension)) && File.Exists(path))
                found.Add(path);
        }
    }

    private void ReadFile(string path, List<Variable> variables)
    {
        try
        {
            var value = files.Load(path);
            if (!value.IsTrue)
                return;
            if (value is not PyMapping mapping)
                throw new SourceException($"a file of variables must hold a dictionary, but holds a {value.TypeName}", 1);
            foreach (var pair in mapping.Pairs)
                variables.Add(new Variable(pair.Key, pair.Value, path, pair.Line));
        }
        catch (SourceException e)
        {
            throw new InventoryException(new Finding(e.IsSealed ? FindingCodes.VariablesSealed : FindingCodes.VariablesBroken, path, e.Line, e.Message), e);
        }
    }
}
