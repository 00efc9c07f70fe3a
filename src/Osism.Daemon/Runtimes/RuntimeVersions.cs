namespace Osism.Daemon.Runtimes;

/// <summary>Versions of the runtimes, from the files their images leave behind.</summary>
/// <param name="Folder">What plays see as <c>/interface</c>.</param>
internal sealed record RuntimeVersions(string Folder)
{
    /// <summary>Of one runtime: <c>latest</c> where its file has an empty one, <c>unknown</c> where there is none (python-osism, the history of executions).</summary>
    public string Of(string runtime)
    {
        return ValueOf(runtime, $"{runtime.Replace('-', '_')}_version") switch { null => "unknown", "" => "latest", var version => version };
    }

    /// <summary>What the file of a runtime says of something; null when it does not.</summary>
    public string? ValueOf(string runtime, string name)
    {
        var file = Path.Combine(Folder, "versions", $"{Path.GetFileName(runtime)}.yml");
        return File.Exists(file) && File.ReadLines(file).FirstOrDefault(line => line.StartsWith($"{name}:", StringComparison.Ordinal)) is { } line
            ? line[(name.Length + 1)..].Trim().Trim('"', '\'')
            : null;
    }
}
