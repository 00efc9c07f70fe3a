using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Configuration;

/// <summary>One value that <c>ansible-vault encrypt_string</c> made.</summary>
/// <param name="Line">Line of its tag in the file, from 1.</param>
/// <param name="Text">The vault text.</param>
internal sealed record InlineVault(int Line, string Text);

/// <summary>What a run has to know about a YAML file before Ansible reads it.</summary>
/// <param name="Path">Path it was read from.</param>
/// <param name="Sha256">SHA-256 of the bytes, hexadecimal.</param>
internal sealed record YamlFacts(string Path, string Sha256)
{
    /// <summary>Whether the file as a whole is a vault text.</summary>
    public bool Encrypted { get; init; }

    public YamlRoot Root { get; init; } = YamlRoot.Unknown;

    /// <summary>Values that are vault texts of their own.</summary>
    public IReadOnlyList<InlineVault> Inline { get; init; } = [];

    /// <summary>Why Ansible could not read it; null when it can, or when it is encrypted.</summary>
    public YamlProblem? Problem { get; init; }

    /// <summary>The content, kept of files that hold secrets; nothing for others.</summary>
    public YamlReading Reading { get; init; } = YamlReading.Nothing;

    public bool NeedsVault => Encrypted || Inline.Count > 0;

    /// <summary>Whether its name says that it holds secrets.</summary>
    public bool IsSecrets => System.IO.Path.GetFileNameWithoutExtension(Path) == "secrets";

    /// <param name="name">How the file is named to people.</param>
    /// <exception cref="OsismException"><c>yaml.broken</c> with file and line.</exception>
    public void RequireSound(string name)
    {
        if (Problem is { } problem)
            throw new OsismException(ErrorCodes.YamlBroken, $"{name}, line {problem.Line}: {problem.Message}") { File = name, Line = problem.Line };
    }
}
