namespace Osism.Daemon.Runtimes;

/// <summary>What somebody asked to be run, before anything was looked up. Stored with the job, so that it is composed the same way when it is claimed.</summary>
/// <param name="Role">As given to <c>osism apply</c>.</param>
internal sealed record RunRequest(string Role)
{
    /// <summary>Identity of the manager's home whose repository the run is composed from; null means that of the machine that runs it.</summary>
    public string? Origin { get; init; }

    /// <summary>Forces the environment (<c>-e</c> before ROLE).</summary>
    public string? Environment { get; init; }

    /// <summary>Replaces the environment after the runtime was chosen.</summary>
    public string? Overwrite { get; init; }

    /// <summary>Sub-environment; ceph and kolla only, as in the reference.</summary>
    public string? Sub { get; init; }

    /// <summary>kolla action. Default <c>deploy</c>.</summary>
    public string? Action { get; init; }

    /// <summary>For Ansible, as they came: elements of several words are split when routed.</summary>
    public IReadOnlyList<string> Arguments { get => field ?? []; init; }

    /// <summary>Ansible's check mode.</summary>
    public bool DryRun { get; init; }
}

/// <summary>Where a request leads.</summary>
/// <param name="Runtime">Who owns the playbook and the Ansible.</param>
/// <param name="Queue">Queue of its jobs: the name of the runtime.</param>
/// <param name="Environment">Environment without the sub-environment.</param>
/// <param name="Sub">Sub-environment, null where there is none.</param>
/// <param name="Role">Name of the play without a prefix such as <c>kolla-</c>.</param>
/// <param name="Action">kolla action, null elsewhere.</param>
/// <param name="Arguments">Separate elements for Ansible.</param>
/// <param name="Idempotent">Whether a lost run of it may be repeated by itself.</param>
internal sealed record RunRoute(
    string Runtime, string Queue, string Environment, string? Sub, string Role, string? Action, IReadOnlyList<string> Arguments, bool Idempotent)
{
    /// <summary>The sub-environment where it selects the folder: kolla and ceph only, as in the reference; elsewhere plays merely see <c>SUB</c>.</summary>
    public string? FolderSub => Runtime is RuntimeCatalog.Kolla or RuntimeCatalog.Ceph ? Sub : null;

    /// <summary>The single plays; kolla and ceph take a comma list.</summary>
    public IReadOnlyList<string> Plays => Role.Split(',');
}
