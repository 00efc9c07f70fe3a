using System.Collections.Frozen;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Output;

/// <summary>Names that Ansible sets itself, and that <c>ansible-inventory</c> therefore never shows.</summary>
internal static class InternalVariables
{
    private static readonly FrozenSet<string> Names = new[]
    {
        "ansible_config_file", "ansible_diff_mode", "ansible_facts", "ansible_forks", "ansible_inventory_sources", "ansible_limit",
        "ansible_playbook_python", "ansible_run_tags", "ansible_skip_tags", "ansible_verbosity", "ansible_version", "group_names", "groups",
        "inventory_dir", "inventory_file", "inventory_hostname", "inventory_hostname_short", "omit", "playbook_dir",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static bool Contains(PyValue name) => name is PyText text && Names.Contains(text.Value);
}
