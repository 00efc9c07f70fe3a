using Osism.Daemon.Inventory.Model;

namespace Osism.Daemon.Inventory;

/// <summary>Finds those of Ansible's settings that change an inventory where Ansible would: the environment, then the first <c>ansible.cfg</c>.</summary>
internal sealed class AnsibleConfiguration
{
    private readonly Func<string, string?> _variable;
    private readonly Dictionary<string, string> _file;

    /// <param name="variable">Reads a variable of the environment.</param>
    /// <param name="folder">Working directory, whose <c>ansible.cfg</c> counts unless everybody may write there.</param>
    public AnsibleConfiguration(Func<string, string?> variable, string folder)
    {
        _variable = variable;
        _file = FindFile(folder) is { } path ? Read(path) : new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>Files with vault passwords that the settings name.</summary>
    public IReadOnlyList<string> PasswordFiles =>
        [
            .. Get("ANSIBLE_VAULT_IDENTITY_LIST", "defaults", "vault_identity_list") is { } identities
                ? identities.Split(',').Select(identity => identity[(identity.IndexOf('@', StringComparison.Ordinal) + 1)..].Trim()).Where(path => path.Length > 0 && path != "prompt")
                : [],
            .. Get("ANSIBLE_VAULT_PASSWORD_FILE", "defaults", "vault_password_file") is { Length: > 0 } path ? (string[])[path] : [],
        ];

    /// <summary>The inventory that is meant where none is named.</summary>
    public string? Inventory => Get("ANSIBLE_INVENTORY", "defaults", "inventory");

    public AnsibleSettings ToSettings()
    {
        var names = Get("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "defaults", "force_valid_group_names") ?? "never";
        var settings = AnsibleSettings.Default;
        return settings with
        {
            MergeHashes = Get("ANSIBLE_HASH_BEHAVIOUR", "defaults", "hash_behaviour") == "merge",
            IgnoredExtensions = GetList("ANSIBLE_INVENTORY_IGNORE", "inventory", "ignore_extensions")
                ?? GetList("ANSIBLE_INVENTORY_IGNORE", "defaults", "inventory_ignore_extensions") ?? settings.IgnoredExtensions,
            IgnoredPatterns = GetList("ANSIBLE_INVENTORY_IGNORE_REGEX", "inventory", "ignore_patterns")
                ?? GetList("ANSIBLE_INVENTORY_IGNORE_REGEX", "defaults", "inventory_ignore_patterns") ?? settings.IgnoredPatterns,
            VariableExtensions = GetList("ANSIBLE_YAML_FILENAME_EXT", "defaults", "yaml_valid_extensions") ?? settings.VariableExtensions,
            YamlExtensions = GetList("ANSIBLE_INVENTORY_PLUGIN_EXTS", "inventory_plugin_yaml", "yaml_valid_extensions")
                ?? GetList("ANSIBLE_INVENTORY_PLUGIN_EXTS", "defaults", "yaml_valid_extensions") ?? settings.YamlExtensions,
            RefuseDuplicateKeys = Get("ANSIBLE_DUPLICATE_YAML_DICT_KEY", "defaults", "duplicate_dict_key") == "error",
            ReplaceInGroupNames = names is "always" or "silently",
            ReportGroupNames = names is "always" or "never",
            AnyUnparsedFails = GetFlag("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "inventory", "any_unparsed_is_failed"),
            UnparsedFails = GetFlag("ANSIBLE_INVENTORY_UNPARSED_FAILED", "inventory", "unparsed_is_failed"),
            PatternMismatchFails = Get("ANSIBLE_HOST_PATTERN_MISMATCH", "inventory", "host_pattern_mismatch") == "error",
        };
    }

    private bool GetFlag(string variable, string section, string key) =>
        Get(variable, section, key)?.ToLowerInvariant() is "true" or "yes" or "on" or "1" or "y" or "t";

    private string[]? GetList(string variable, string section, string key) =>
        Get(variable, section, key)?.Split(',', StringSplitOptions.TrimEntries);

    private string? Get(string variable, string section, string key) =>
        _variable(variable) is { Length: > 0 } value ? value : _file.GetValueOrDefault($"{section}.{key}");

    private string? FindFile(string folder)
    {
        if (_variable("ANSIBLE_CONFIG") is { Length: > 0 } named)
            return Directory.Exists(named) ? Path.Combine(named, "ansible.cfg") : named;
        var isOpen = (File.GetUnixFileMode(folder) & UnixFileMode.OtherWrite) != UnixFileMode.None;
        string[] places =
        [
            .. isOpen ? [] : (string[])[Path.Combine(folder, "ansible.cfg")],
            Path.Combine(_variable("HOME") ?? "/", ".ansible.cfg"),
            "/etc/ansible/ansible.cfg",
        ];
        return Array.Find(places, File.Exists);
    }

    private static Dictionary<string, string> Read(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!File.Exists(path))
            return values;
        var section = "";
        foreach (var raw in File.ReadLines(path))
        {
            var line = raw.Trim();
            if (line.Length == 0 || line[0] is '#' or ';')
                continue;
            if (line[0] == '[' && line[^1] == ']')
            {
                section = line[1..^1];
                continue;
            }

            var end = line.AsSpan().IndexOfAny('=', ':');
            if (end < 0)
                continue;
            var value = line[(end + 1)..];
            // Ansible reads its file with ';' as the mark of a remark behind a value.
            var remark = value.IndexOf(" ;", StringComparison.Ordinal);
            values[$"{section}.{line[..end].Trim().ToLowerInvariant()}"] = (remark < 0 ? value : value[..remark]).Trim();
        }

        return values;
    }
}
