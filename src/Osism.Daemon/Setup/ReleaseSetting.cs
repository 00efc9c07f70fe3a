using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Setup;

/// <summary>A version that a repository is set to.</summary>
/// <param name="Source">File with line, or who knows the release.</param>
internal sealed record SetVersion(string Name, string Version, string Source);

/// <summary>The release a repository is set to: <c>manager_version</c>, and the versions that follow from it.</summary>
internal sealed class ReleaseSetting(ConfigurationRepository repository)
{
    public const string Variable = "manager_version";

    private const string Settings = "environments/manager/configuration.yml";
    private const string Images = "environments/manager/images.yml";

    // Where an operator may say another version than that of the release.
    private static readonly string[] Places =
        [Settings, Images, "environments/configuration.yml", "environments/kolla/configuration.yml", "environments/kolla/versions.yml", "environments/ceph/configuration.yml"];

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The release first, then by name; what a file says comes before what the release would be.</summary>
    public IReadOnlyList<SetVersion> Show()
    {
        repository.Require();
        var said = new SortedDictionary<string, SetVersion>(StringComparer.Ordinal);
        foreach (var place in Places)
        {
            foreach (var (name, value, line) in VariableLines.Read(ReadPlain(place) ?? ""))
            {
                if (name.EndsWith("_version", StringComparison.Ordinal) || name.EndsWith("_tag", StringComparison.Ordinal))
                    said.TryAdd(name.EndsWith("_tag", StringComparison.Ordinal) ? name[..^"_tag".Length] : name, new SetVersion(name, value, $"{place}:{line}"));
            }
        }

        var version = said.Remove(Variable, out var set) ? set : new SetVersion(Variable, Releases.Latest, "nothing says otherwise");
        foreach (var (name, tag) in Releases.Find(repository.Root, version.Version) is { } release ? release.Images : new Dictionary<string, string>())
            said.TryAdd(name, new SetVersion($"{name}_tag", tag, $"release {version.Version}"));
        return [version, .. said.Values];
    }

    /// <summary>Writes a release and the versions that follow from it.</summary>
    /// <returns>Files that changed, and what the operator has to know.</returns>
    /// <exception cref="OsismException"><c>release.unknown</c>, <c>repository.missing</c>; <c>configuration.broken</c> when a file is encrypted.</exception>
    public async Task<(IReadOnlyList<string> Changed, IReadOnlyList<string> Warnings)> SetAsync(string version, CancellationToken cancellationToken)
    {
        repository.Require();
        var release = Releases.Require(repository.Root, version);
        var texts = Changes(release, ReadPlain);

        // All is known now, so that a file that cannot be changed leaves the others as they are. The one that names the release is last: a set that was cut off is seen.
        foreach (var (path, text) in texts.OrderBy(file => file.Key == Settings))
        {
            var file = Path.Combine(repository.Root, path);
            await AtomicFile.WriteAsync(file, System.Text.Encoding.UTF8.GetBytes(text), File.Exists(file) ? File.GetUnixFileMode(file) : Readable, cancellationToken);
        }

        string[] own = version == Releases.Latest ? [] : [.. Show().Where(one => one.Name is "openstack_version" or "ceph_version").Select(one => $"{one.Source}: {one.Name} counts with the release latest only; remove it")];
        return ([.. texts.Keys.Order(StringComparer.Ordinal)], own);
    }

    /// <summary>The files that a release makes out of what there is, without those that stay as they are.</summary>
    /// <param name="read">Gives a file by its path below the repository, or null.</param>
    public static Dictionary<string, string> Changes(Release release, Func<string, string?> read)
    {
        var changed = new Dictionary<string, string>(StringComparer.Ordinal);
        Change(Settings, text => SetDocker(VariableLines.Set(text, Variable, release.Version, add: true)), make: true);
        Change("environments/configuration.yml", SetDocker, make: false);
        Change(Images, text => release.Images.Aggregate(text, (before, image) => VariableLines.Set(before, $"{image.Key}_tag", image.Value, add: true)), make: true);
        if (release.Generics is { } generics)
            Change("gilt.yml", text => Gilt(text, generics), make: false);
        return changed;

        void Change(string path, Func<string, string> change, bool make)
        {
            if (read(path) is not { } text)
            {
                if (!make)
                    return;
                text = "---\n";
            }

            if (change(text) is { } after && after != text)
                changed[path] = after;
        }

        string SetDocker(string text) => release.Docker is { } docker
            ? VariableLines.Set(VariableLines.Set(text, "docker_version", docker, add: false), "docker_cli_version", docker, add: false)
            : text;
    }

    private static string Gilt(string text, string version) => string.Join('\n', text.Split('\n').Select(line =>
        line.AsSpan().TrimStart([' ', '-']).StartsWith("version:", StringComparison.Ordinal) ? $"{line[..(line.IndexOf("version:", StringComparison.Ordinal) + 8)]} {version}" : line));

    private string? ReadPlain(string path)
    {
        var file = Path.Combine(repository.Root, path);
        if (!File.Exists(file))
            return null;
        var content = File.ReadAllBytes(file);
        return AnsibleVault.IsEncrypted(content)
            ? throw new OsismException(ErrorCodes.ConfigurationBroken, $"{path} is encrypted; versions are no secrets, decrypt it first") { File = path }
            : System.Text.Encoding.UTF8.GetString(content);
    }
}
