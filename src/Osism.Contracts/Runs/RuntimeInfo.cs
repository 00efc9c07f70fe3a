namespace Osism.Contracts.Runs;

/// <summary>A runtime: where playbooks are and which Ansible runs them.</summary>
/// <param name="Name">As in the settings.</param>
/// <param name="Kind"><c>directory</c>, <c>venv</c> or <c>container</c>.</param>
/// <param name="Place">Folder of its playbooks, or its image.</param>
/// <param name="State"><c>ready</c>, <c>missing</c> (not installed), <c>pulling</c> or <c>broken</c>.</param>
public sealed record RuntimeInfo(string Name, string Kind, string Place, string State)
{
    /// <summary>Why it is not ready, and what to do; null when it is.</summary>
    public string? Detail { get; init; }

    /// <summary>Version of its ansible-core; null when nobody could tell.</summary>
    public string? Ansible { get; init; }

    /// <summary>Its own version, as it tells in <c>/interface/versions</c>; that of the manager for the plays that come with it; null when nobody says.</summary>
    public string? Version { get; init; }

    /// <summary>Version of what it deploys, such as a release of OpenStack or Ceph, from the same place.</summary>
    public string? Release { get; init; }

    /// <summary>Roles it has a playbook for.</summary>
    public int Roles { get; init; }

    /// <summary>Environments whose plays it owns, where that can be set.</summary>
    public IReadOnlyList<string> Environments { get => field ?? []; init; }

    /// <summary>Queue of its jobs.</summary>
    public required string Queue { get; init; }
}
