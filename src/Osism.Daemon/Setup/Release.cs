namespace Osism.Daemon.Setup;

/// <summary>What an OSISM release consists of.</summary>
/// <param name="Source">Where that is written, for people.</param>
/// <param name="Images">Tags by the names that variables begin with: <c>osism_ansible</c>.</param>
/// <param name="Docker">Version of Docker's package; null when the release does not say.</param>
/// <param name="Generics">Version of the files that <c>gilt.yml</c> brings; null when the release does not say.</param>
internal sealed record Release(string Version, string Source, IReadOnlyDictionary<string, string> Images, string? Docker, string? Generics);
