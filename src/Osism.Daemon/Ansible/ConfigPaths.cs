using System.Collections.Frozen;

namespace Osism.Daemon.Ansible;

/// <summary>Which settings of ansible.cfg are paths: Ansible takes them relative to the file they stand in, so a merged file must name them in full.</summary>
/// <remarks>Source: types <c>path</c>, <c>pathspec</c> (colon list) and <c>pathlist</c> (comma list) in <c>config/base.yml</c> and the plugins of ansible-core 2.14.</remarks>
internal static class ConfigPaths
{
    private static readonly FrozenSet<(string, string)> Single = new (string, string)[]
    {
        ("defaults", "home"), ("defaults", "become_password_file"), ("defaults", "connection_password_file"), ("defaults", "local_tmp"),
        ("defaults", "log_path"), ("defaults", "private_key_file"), ("defaults", "vault_password_file"), ("defaults", "playbook_dir"),
        ("defaults", "plugin_filters_cfg"), ("defaults", "retry_files_save_path"), ("defaults", "fact_caching_connection"),
        ("galaxy", "role_skeleton"), ("galaxy", "collection_skeleton"), ("galaxy", "token_path"), ("galaxy", "cache_dir"), ("galaxy", "gpg_keyring"),
        ("persistent_connection", "ansible_connection_path"), ("persistent_connection", "control_path_dir"), ("callback_tree", "directory"),
    }.ToFrozenSet();

    private static readonly FrozenSet<(string, string)> Colons = new[]
    {
        "action_plugins", "become_plugins", "cache_plugins", "callback_plugins", "cliconf_plugins", "collections_path", "collections_paths",
        "connection_plugins", "doc_fragment_plugins", "filter_plugins", "httpapi_plugins", "inventory_plugins", "library", "lookup_plugins",
        "module_utils", "netconf_plugins", "roles_path", "strategy_plugins", "terminal_plugins", "test_plugins", "vars_plugins",
    }.Select(key => ("defaults", key)).ToFrozenSet();

    private static readonly (string, string) Commas = ("defaults", "inventory");

    /// <summary>The value with its relative paths made absolute.</summary>
    /// <param name="setting">Section and key.</param>
    /// <param name="value">As it stands in the file.</param>
    /// <param name="folder">Folder of the file.</param>
    /// <param name="translate">Real path of a path of the production layout.</param>
    public static string Resolve((string Section, string Key) setting, string value, string folder, Func<string, string> translate)
    {
        if (Single.Contains(setting))
        {
            // A cache of another kind than files takes an address here.
            return setting.Key == "fact_caching_connection" && !value.Contains('/', StringComparison.Ordinal) ? value : One(value);
        }

        if (Colons.Contains(setting))
            return string.Join(':', value.Split(':').Select(part => translate(One(part))));
        return setting == Commas ? string.Join(',', value.Split(',').Select(part => One(part.Trim()))) : value;

        string One(string path) =>
            path.Length == 0 || path[0] is '/' or '~' or '$' || path.Contains("{{", StringComparison.Ordinal) || path.Contains("://", StringComparison.Ordinal)
                ? path
                : Path.GetFullPath(path, folder);
    }
}
