namespace Osism.Daemon.Drift;

/// <summary>The name of an image, taken apart: <c>registry/path:tag</c> or <c>registry/path@digest</c>.</summary>
/// <param name="Repository">In full, so that two ways to write it are one.</param>
/// <param name="Tag">Null when it is named by its digest alone.</param>
internal sealed record ImageReference(string Repository, string? Tag)
{
    private const string Hub = "docker.io";

    /// <remarks>Source: what docker and podman make of short names of the hub. A name that means nothing is itself.</remarks>
    public static ImageReference Parse(string text)
    {
        var (name, digest) = text.Split('@', 2) is [var before, var after] ? (before, after) : (text, null);
        var colon = name.IndexOf(':', name.LastIndexOf('/') + 1);
        var (path, tag) = colon < 0 ? (name, digest is null ? "latest" : null) : (name[..colon], name[(colon + 1)..]);
        var first = path.Split('/', 2) is [var head, _] ? head : "";
        var isRegistry = first == "localhost" || first.AsSpan().ContainsAny('.', ':');
        var rest = isRegistry ? path[(first.Length + 1)..] : path;
        var registry = isRegistry && first != $"index.{Hub}" ? first : Hub;
        return new ImageReference(registry == Hub && !rest.Contains('/', StringComparison.Ordinal) ? $"{Hub}/library/{rest}" : $"{registry}/{rest}", tag);
    }

    /// <summary>Whether a text names an image and not a tag, in which neither sign can be.</summary>
    public static bool IsImage(string text) => text.AsSpan().ContainsAny('/', ':', '@');
}
