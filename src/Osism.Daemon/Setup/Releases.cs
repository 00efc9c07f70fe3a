using Osism.Contracts;
using Osism.Daemon.Platform;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Setup;

/// <summary>The releases that are known: those of <c>catalog/releases.yml</c>, those of a repository (<c>release/VERSION/base.yml</c>), and <c>latest</c>.</summary>
internal static class Releases
{
    public const string Latest = "latest";

    private const string Resource = "catalog/releases.yml";

    // Images whose tag is 'latest' where the release is (configuration reference 1.8).
    private static readonly string[] Rolling = ["inventory_reconciler", "osism", "osism_ansible", "osism_kubernetes"];

    private static readonly Lazy<IReadOnlyList<Release>> Known = new(Load);

    /// <summary>Those that come with the manager, the newest first, and <see cref="Latest"/>.</summary>
    public static IReadOnlyList<Release> Shipped => Known.Value;

    public static Release Newest => Shipped[0];

    /// <param name="repository">Its top; null = only what is shipped.</param>
    /// <returns>Null when nobody knows it. A file of the repository comes before what is shipped.</returns>
    /// <exception cref="OsismException"><c>yaml.broken</c>: the repository's file cannot be read.</exception>
    public static Release? Find(string? repository, string version) =>
        repository is not null && OfRepository(repository).FirstOrDefault(file => file.Version == version) is { Path: { } path }
            ? Read(path, version)
            : Shipped.FirstOrDefault(release => release.Version == version);

    /// <exception cref="OsismException"><c>release.unknown</c>, with the known ones.</exception>
    public static Release Require(string? repository, string version)
    {
        if (Find(repository, version) is { } release)
            return release;
        var names = (repository is null ? [] : OfRepository(repository).Select(file => file.Version)).Concat(Shipped.Select(known => known.Version)).Distinct(StringComparer.Ordinal);
        throw new OsismException(
            ErrorCodes.ReleaseUnknown, $"there is no release '{version}'; known are {string.Join(", ", names)}, and what release/VERSION/base.yml of the repository describes");
    }

    private static IEnumerable<(string Version, string? Path)> OfRepository(string repository)
    {
        var folder = Path.Combine(repository, "release");
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "base.yml", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
                .Select(path => (Path.GetFileName(Path.GetDirectoryName(path))!, (string?)path)).Where(file => file.Item1 != "release").OrderDescending()
            : [];
    }

    /// <summary>A release as its <c>base.yml</c> has it.</summary>
    /// <param name="source">Where that came from, for people.</param>
    /// <exception cref="OsismException"><c>yaml.broken</c></exception>
    public static Release Parse(string version, string text, string source)
    {
        try
        {
            using var reader = new StringReader(text);
            return Of(version, Parse(reader), source);
        }
        catch (Exception e) when (e is YamlException or InvalidCastException)
        {
            throw new OsismException(ErrorCodes.YamlBroken, $"{source}: {e.Message}", e) { File = source };
        }
    }

    private static Release Read(string path, string version) => Parse(version, File.ReadAllText(path), $"release/{version}/base.yml");

    private static IReadOnlyList<Release> Load()
    {
        using var resource = typeof(Releases).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"The program lacks its resource {Resource}");
        using var reader = new StreamReader(resource);
        return
        [
            .. Parse(reader).Select(release => Of(((YamlScalarNode)release.Key).Value!, (YamlMappingNode)release.Value, "osismd")),
            new Release(Latest, "osismd", Rolling.ToDictionary(name => name, _ => Latest, StringComparer.Ordinal), null, null),
        ];
    }

    private static YamlMappingNode Parse(TextReader reader)
    {
        var yaml = new YamlStream();
        yaml.Load(reader);
        return yaml.Documents.Count > 0 ? (YamlMappingNode)yaml.Documents[0].RootNode : [];
    }

    private static Release Of(string version, YamlMappingNode content, string source)
    {
        return new Release(version, source, Texts("docker_images"), Texts("osism_projects").GetValueOrDefault("docker"), Text("generics_version"));

        Dictionary<string, string> Texts(string key) => content.Children.TryGetValue(key, out var node)
            ? ((YamlMappingNode)node).ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => ((YamlScalarNode)pair.Value).Value!, StringComparer.Ordinal)
            : [];

        string? Text(string key) => content.Children.TryGetValue(key, out var node) ? ((YamlScalarNode)node).Value : null;
    }
}
