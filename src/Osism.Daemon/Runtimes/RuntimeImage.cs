using System.Collections.Frozen;

namespace Osism.Daemon.Runtimes;

/// <summary>Whether an image can be used.</summary>
internal enum RuntimeImageState
{
    /// <summary>Nobody has looked yet.</summary>
    Unknown,

    /// <summary>It is being fetched.</summary>
    Pulling,

    Ready,

    /// <summary>It cannot be used; <see cref="RuntimeImage.Fault"/> says why.</summary>
    Broken,
}

/// <summary>What is known of the image of a runtime.</summary>
/// <param name="Reference">As the engine names it.</param>
/// <param name="Engine">The engine with its own options: what comes before <c>run</c>.</param>
/// <param name="RunOptions">What comes after <c>run</c>, besides ours.</param>
internal sealed record RuntimeImage(string Reference, IReadOnlyList<string> Engine, IReadOnlyList<string> RunOptions)
{
    public RuntimeImageState State { get; init; }

    /// <summary>Why it cannot be used.</summary>
    public string? Fault { get; init; }

    /// <summary>Its content, by the engine's name of it; null before it was seen.</summary>
    public string? Id { get; init; }

    /// <summary>Version of its ansible-core.</summary>
    public string? Ansible { get; init; }

    /// <summary>Absolute paths of the YAML files in its folder of playbooks and one below.</summary>
    public IReadOnlySet<string> Playbooks { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Changes when anything above does.</summary>
    public string Stamp => $"{State} {Id}";
}
