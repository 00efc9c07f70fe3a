namespace Osism.Daemon.Inventory.Model;

/// <summary>Those of Ansible's settings that change what an inventory means. The defaults are Ansible's.</summary>
internal sealed record AnsibleSettings
{
    public static readonly AnsibleSettings Default = new();

    /// <summary><c>hash_behaviour = merge</c>: dictionaries of the same name are merged instead of replaced.</summary>
    public bool MergeHashes { get; init; }

    /// <summary><c>inventory_ignore_extensions</c>: files of a folder that are no sources, by how their name ends.</summary>
    public IReadOnlyList<string> IgnoredExtensions { get; init; } =
        [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry"];

    /// <summary><c>inventory_ignore_patterns</c>: regular expressions of names that are no sources.</summary>
    public IReadOnlyList<string> IgnoredPatterns { get; init; } = [];

    /// <summary><c>yaml_valid_extensions</c> of files of variables.</summary>
    public IReadOnlyList<string> VariableExtensions { get; init; } = [".yml", ".yaml", ".json"];

    /// <summary>Extensions of YAML sources; a name without one is tried too.</summary>
    public IReadOnlyList<string> YamlExtensions { get; init; } = [".yaml", ".yml", ".json"];

    /// <summary><c>duplicate_dict_key = error</c>.</summary>
    public bool RefuseDuplicateKeys { get; init; }

    /// <summary><c>force_valid_group_names</c>: always or silently replaces what a variable's name cannot have.</summary>
    public bool ReplaceInGroupNames { get; init; }

    /// <summary><c>force_valid_group_names</c> is never or always: such names are worth a finding.</summary>
    public bool ReportGroupNames { get; init; } = true;

    /// <summary><c>any_unparsed_is_failed</c>.</summary>
    public bool AnyUnparsedFails { get; init; }

    /// <summary><c>unparsed_is_failed</c>: it is an error when no source could be read.</summary>
    public bool UnparsedFails { get; init; }

    /// <summary><c>host_pattern_mismatch = error</c>.</summary>
    public bool PatternMismatchFails { get; init; }

    /// <summary>What <c>ansible_python_interpreter</c> of the implicit localhost is: the Python that runs Ansible.</summary>
    public string Python { get; init; } = "/usr/bin/python3";
}
