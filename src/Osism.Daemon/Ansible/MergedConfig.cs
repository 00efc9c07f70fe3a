namespace Osism.Daemon.Ansible;

/// <summary>The effective ansible.cfg of a run.</summary>
/// <param name="Path">Where it was written; the content is part of the name.</param>
/// <param name="Sha256">SHA-256 of the file, hexadecimal.</param>
/// <param name="Files">Files it was merged from, later wins.</param>
internal sealed record MergedConfig(string Path, string Sha256, IReadOnlyList<string> Files)
{
    public required IReadOnlyDictionary<(string Section, string Key), IniValue> Values { get; init; }

    /// <summary>Value of the first of these keys in a section that the repository sets; our own defaults do not count.</summary>
    public string? FromRepository(string section, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (Values.TryGetValue((section, key), out var value) && value.File is not null)
                return value.Value;
        }

        return null;
    }

    /// <summary>Value of a key, ours included.</summary>
    public string? Find(string section, string key) => Values.TryGetValue((section, key), out var value) ? value.Value : null;
}
