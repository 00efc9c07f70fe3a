using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Runtimes;

/// <summary>A place that owns playbooks and an Ansible to run them with.</summary>
/// <param name="Name">One of <see cref="RuntimeCatalog.Names"/>.</param>
/// <param name="Folder">Absolute path of its playbooks, on this machine or in its image; plays see it as <c>/ansible</c>.</param>
/// <param name="AnsiblePlaybook">Absolute path of the program, in an image perhaps its name alone; null when none was found.</param>
internal sealed record Runtime(string Name, string Folder, string? AnsiblePlaybook)
{
    /// <summary>Environments whose plays osism-ansible owns. Of equal names the one in the later environment wins.</summary>
    public static readonly IReadOnlyList<string> OsismEnvironments =
        ["ceph", "generic", "infrastructure", "kolla", "kubernetes", "manager", "monitoring", "openstack", "proxmox"];

    /// <summary>Plays of the seed phase: they exist for the manager too, but the name means the play of another environment.</summary>
    public static readonly IReadOnlyList<string> SeedPlays = ["bootstrap", "docker", "netbox", "network", "operator", "reboot"];

    public RuntimeKind Kind { get; init; }

    /// <summary>What there is to run.</summary>
    public PlaybookFolder Playbooks { get; init; } = LocalPlaybooks.Instance;

    /// <summary>Of kind <c>container</c>: its image.</summary>
    public RuntimeImage? Image { get; init; }

    /// <summary>Environments of a runtime of the operator's own; empty for those of the manager.</summary>
    public IReadOnlyList<string> OwnEnvironments { get; init; } = [];

    /// <summary>Queue of its jobs.</summary>
    public required string Queue { get; init; }

    /// <summary>Versions of Ansible it works with; null = any.</summary>
    public string? Ansible { get; init; }

    public bool IsInstalled => Image is { } image ? image.State == RuntimeImageState.Ready : Directory.Exists(Folder);

    /// <summary>The environment whose plays this runtime of the manager owns alone, null for osism-ansible, custom, and the operator's own.</summary>
    public string? Environment => Name switch
    {
        RuntimeCatalog.Kolla => "kolla",
        RuntimeCatalog.Ceph => "ceph",
        RuntimeCatalog.Kubernetes => "kubernetes",
        _ => null,
    };

    /// <summary>Whether a playbook is in the image, where nobody but its runs can read it.</summary>
    public bool IsInImage(string playbook) => Kind == RuntimeKind.Container && Playbooks.Exists(playbook);

    /// <summary>Nobody knows what is in an image before it is here.</summary>
    /// <param name="play">What somebody wants of it.</param>
    /// <exception cref="OsismException"><c>runtime.unusable</c> says why.</exception>
    public void RequireImage(string play)
    {
        if (Image is { State: not RuntimeImageState.Ready } image)
        {
            throw new OsismException(
                ErrorCodes.RuntimeUnusable,
                $"{play} belongs to the runtime {Name}, which cannot be used: {image.Fault ?? $"its image {image.Reference} is being pulled; try again when 'osism runtime list' says ready"}");
        }
    }

    /// <summary>Where its play of a name may lie, best first.</summary>
    /// <param name="environment">Environment of the run, without the sub-environment.</param>
    /// <param name="play">Name without the prefix of the environment.</param>
    public IEnumerable<string> PlaybookPaths(string environment, string play)
    {
        if (Environment is { } own)
        {
            yield return Path.Combine(Folder, $"{own}-{play}.yml");
            yield break;
        }

        if (Name == RuntimeCatalog.Custom)
            yield break;
        yield return Path.Combine(Folder, environment, $"{play}.yml");
        yield return Path.Combine(Folder, $"{environment}-{play}.yml");
        if (play.StartsWith(environment + "-", StringComparison.Ordinal) || OwnEnvironments.Count == 1)
            yield return Path.Combine(Folder, $"{play}.yml");
    }

    /// <summary>Its play of a name, null when it has none.</summary>
    public string? FindPlaybook(string environment, string play) => PlaybookPaths(environment, play).FirstOrDefault(Playbooks.Exists);
}
