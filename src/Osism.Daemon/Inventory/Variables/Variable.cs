using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Variables;

/// <summary>A variable and where it was set.</summary>
/// <param name="Name">Nearly always a text; YAML allows others.</param>
/// <param name="File">Full path; null for what no file says, such as the port in a list of hosts.</param>
/// <param name="Line">From 1; 0 where it is not known.</param>
internal readonly record struct Variable(PyValue Name, PyValue Value, string? File, int Line);

/// <summary>Places where variables are set, the weakest first. The numbers are shown to people and never change.</summary>
internal enum VariableLevel
{
    /// <summary>Group <c>all</c> in an inventory source.</summary>
    AllInSource = 10,

    /// <summary>Another group in an inventory source.</summary>
    GroupInSource = 20,

    /// <summary><c>group_vars/all</c> beside an inventory source.</summary>
    AllBesideSource = 30,

    /// <summary><c>group_vars/all</c> beside the playbook.</summary>
    AllBesidePlaybook = 40,

    /// <summary><c>group_vars/GROUP</c> beside an inventory source.</summary>
    GroupBesideSource = 50,

    /// <summary><c>group_vars/GROUP</c> beside the playbook.</summary>
    GroupBesidePlaybook = 60,

    /// <summary>The host in an inventory source.</summary>
    HostInSource = 70,

    /// <summary><c>host_vars/HOST</c> beside an inventory source.</summary>
    HostBesideSource = 80,

    /// <summary><c>host_vars/HOST</c> beside the playbook.</summary>
    HostBesidePlaybook = 90,
}

/// <summary>The variables that one place sets for one host or group. Shared by all hosts that get them.</summary>
/// <param name="Entity">Name of the host or group.</param>
internal sealed record VariableLayer(VariableLevel Level, string Entity, IReadOnlyList<Variable> Variables);

/// <summary>Layers that Ansible first combines with one another, and those of each folder before: with <c>hash_behaviour = merge</c> that makes a difference.</summary>
internal sealed record VariableStage(VariableLayer[][] Folders);
