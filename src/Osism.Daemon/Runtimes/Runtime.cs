namespace Osism.Daemon.Runtimes;

/// <summary>A place that owns playbooks and an Ansible to run them with.</summary>
/// <param name="Name">One of <see cref="RuntimeCatalog.Names"/>.</param>
/// <param name="Folder">Absolute path of its playbooks; plays see it as <c>/ansible</c>.</param>
/// <param name="AnsiblePlaybook">Absolute path of the program; null when none was found.</param>
internal sealed record Runtime(string Name, string Folder, string? AnsiblePlaybook)
{
    /// <summary>Environments whose plays osism-ansible owns. Of equal names the one in the later environment wins.</summary>
    public static readonly IReadOnlyList<string> OsismEnvironments =
        ["ceph", "generic", "infrastructure", "kolla", "kubernetes", "manager", "monitoring", "openstack", "proxmox"];

    /// <summary>Plays of the seed phase: they exist for the manager too, but the name means the play of another environment.</summary>
    public static readonly IReadOnlyList<string> SeedPlays = ["bootstrap", "docker", "netbox", "network", "operator", "reboot"];

    public bool IsInstalled => Directory.Exists(Folder);

    /// <summary>The environment whose plays this runtime owns alone, null for osism-ansible and custom.</summary>
    public string? Environment => Name switch
    {
        RuntimeCatalog.Kolla => "kolla",
        RuntimeCatalog.Ceph => "ceph",
        RuntimeCatalog.Kubernetes => "kubernetes",
        _ => null,
    };

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
        if (play.StartsWith(environment + "-", StringComparison.Ordinal))
            yield return Path.Combine(Folder, $"{play}.yml");
    }

    /// <summary>Its play of a name, null when it has none.</summary>
    public string? FindPlaybook(string environment, string play) => PlaybookPaths(environment, play).FirstOrDefault(File.Exists);
}
