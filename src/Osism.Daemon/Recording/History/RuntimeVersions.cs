namespace Osism.Daemon.Recording.History;

/// <summary>Versions of the runtimes, from the files their images leave behind.</summary>
/// <param name="Folder">What plays see as <c>/interface</c>.</param>
internal sealed record RuntimeVersions(string Folder)
{
    /// <summary>Of one runtime: <c>latest</c> where its file has an empty one, <c>unknown</c> where there is none (python-osism, the history of executions).</summary>
    public string Of(string runtime)
    {
        var file = Path.Combine(Folder, "versions", $"{Path.GetFileName(runtime)}.yml");
        if (!File.Exists(file))
        {
            return "unknown";
        }

        var key = $"{runtime.Replace('-', '_')}_version:";
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line is null ? "unknown" : line[key.Length..].Trim().Trim('"', '\'') is { Length: > 0 } version ? version : "latest";
    }
}
