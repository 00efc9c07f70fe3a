namespace Osism.Daemon.Runtimes;

/// <summary>The playbooks of a runtime, on this machine or in an image.</summary>
internal abstract class PlaybookFolder
{
    public abstract bool Exists(string path);

    /// <summary>Names of the files of a folder that begin so and end with <c>.yml</c>, without what they begin and end with, sorted.</summary>
    public abstract IEnumerable<string> Plays(string folder, string prefix);
}

/// <summary>On this machine, as they are now.</summary>
internal sealed class LocalPlaybooks : PlaybookFolder
{
    public static readonly LocalPlaybooks Instance = new();

    private static readonly EnumerationOptions Accessible = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None, MatchCasing = MatchCasing.CaseSensitive };

    public override bool Exists(string path) => File.Exists(path);

    public override IEnumerable<string> Plays(string folder, string prefix) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, $"{prefix}*.yml", Accessible).Select(file => Path.GetFileNameWithoutExtension(file)[prefix.Length..]).Where(play => play.Length > 0).Order(StringComparer.Ordinal)
        : [];
}

/// <summary>In an image, as they were when it was looked at.</summary>
/// <param name="paths">Absolute paths in the image.</param>
internal sealed class ImagePlaybooks(IReadOnlySet<string> paths) : PlaybookFolder
{
    private const string Yaml = ".yml";

    public override bool Exists(string path) => paths.Contains(path);

    public override IEnumerable<string> Plays(string folder, string prefix) => paths
        .Where(path => path.EndsWith(Yaml, StringComparison.Ordinal) && Path.GetDirectoryName(path) == folder && Path.GetFileName(path).StartsWith(prefix, StringComparison.Ordinal))
        .Select(path => Path.GetFileName(path)[prefix.Length..^Yaml.Length]).Where(play => play.Length > 0).Order(StringComparer.Ordinal);
}
