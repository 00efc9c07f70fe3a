using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Osism.Daemon.Ansible;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>The private mount namespace in which a run sees the production paths. Only root can make one.</summary>
internal sealed class RunNamespace(IOptions<SpoolOptions> options, OsismHome home)
{
    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly bool _possible = options.Value.Namespace && Posix.IsRoot;

    /// <summary>The mounts in their order; none when the run gets no namespace. Makes missing mount points, empty.</summary>
    /// <param name="mappings">What the run is to see. One may lie in another: then it is what the run sees there.</param>
    public IReadOnlyList<SpoolMount> Mounts(IReadOnlyList<PathMapping> mappings)
    {
        var mounts = new List<SpoolMount>();
        if (!_possible)
        {
            return mounts;
        }

        foreach (var mapping in mappings.Where(mapping => !mappings.Any(other => IsBelow(mapping.Target, other.Target))))
        {
            var inner = mappings.Where(other => IsBelow(other.Target, mapping.Target)).ToList();
            if (!Directory.Exists(mapping.Target))
            {
                Directory.CreateDirectory(mapping.Target, Readable);
            }

            var source = mapping.Source;
            if (inner.Count > 0 && Path.TrimEndingDirectorySeparator(source) == mapping.Target)
            {
                // Links into it would lead to themselves once the view lies over it.
                source = Aside(source);
                mounts.Add(new SpoolMount(mapping.Source, source, mapping.ReadOnly));
            }

            mounts.Add(new SpoolMount(inner.Count == 0 ? source : View(mapping, source, inner), mapping.Target, mapping.ReadOnly));
            mounts.AddRange(inner.Select(other => new SpoolMount(other.Source, other.Target, other.ReadOnly)));
        }

        return mounts;
    }

    /// <summary>A folder that looks like the mapping's source and has the mount points which that one may lack: links and empty folders, kept for later runs.</summary>
    /// <param name="mapping">What is looked like.</param>
    /// <param name="source">Where its links lead.</param>
    /// <param name="inner">What lies in it.</param>
    private string View(PathMapping mapping, string source, List<PathMapping> inner)
    {
        var points = inner.Select(other => Path.GetRelativePath(mapping.Target, other.Target)).ToHashSet(StringComparer.Ordinal);
        var links = Directory.EnumerateFileSystemEntries(mapping.Source)
            .Select(entry => Path.GetFileName(entry)).Where(name => !points.Contains(name)).Order(StringComparer.Ordinal).ToList();
        var key = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', [source, .. points.Order(StringComparer.Ordinal), "", .. links])));
        var view = Path.Combine(home.Cache, "views", Convert.ToHexStringLower(key)[..16]);
        if (!Directory.Exists(view))
        {
            MakeView(view, source, points, links);
        }

        return view;
    }

    /// <summary>Where a run sees a folder whose own place it sees something else at.</summary>
    private string Aside(string source)
    {
        var aside = Path.Combine(home.Cache, "sources", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source)))[..16]);
        Directory.CreateDirectory(Path.GetDirectoryName(aside)!, Readable);
        Directory.CreateDirectory(aside, Readable);
        return aside;
    }

    private static void MakeView(string view, string source, IEnumerable<string> points, IEnumerable<string> links)
    {
        var draft = $"{view}.{Guid.CreateVersion7()}";
        Directory.CreateDirectory(Path.GetDirectoryName(view)!, Readable);
        Directory.CreateDirectory(draft, Readable);
        File.SetUnixFileMode(draft, Readable);
        foreach (var point in points)
        {
            Directory.CreateDirectory(Path.Combine(draft, point), Readable);
        }

        foreach (var link in links)
        {
            File.CreateSymbolicLink(Path.Combine(draft, link), Path.Combine(source, link));
        }

        if (!Posix.TryRenameNew(draft, view))
        {
            // Another run was faster.
            Directory.Delete(draft, recursive: true);
        }
    }

    private static bool IsBelow(string path, string folder) => path.StartsWith($"{folder.TrimEnd('/')}/", StringComparison.Ordinal);
}
