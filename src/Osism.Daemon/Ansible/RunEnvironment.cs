using Microsoft.Extensions.Options;
using Osism.Daemon.Configuration;
using Osism.Daemon.Facts.Cache;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Makes the whole environment of a run; nothing else is inherited.</summary>
internal sealed class RunEnvironment(
    DaemonEnvironment daemon, IOptions<SshOptions> ssh, IOptions<RunOptions> run, ConfigurationRepository repository, OsismHome home, RunUser user, FactCaches facts)
{
    /// <summary>The manager's callback plugins: one tells what happens, the other lets a loop give a dead host up.</summary>
    public const string Callbacks = "osism_events,osism_patience";

    private static readonly string[] Proxies = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

    // They contradict ours or would ask somebody.
    private static readonly string[] NotInherited =
        ["ANSIBLE_NOCOLOR", "ANSIBLE_CALLBACK_WHITELIST", "ANSIBLE_ASK_PASS", "ANSIBLE_ASK_VAULT_PASS", "ANSIBLE_BECOME_ASK_PASS"];

    private readonly string _cachePlugins = ShippedFolder.Find("cache_plugins");
    private readonly string _callbacks = run.Value.CallbackPlugins ?? ShippedFolder.Find("callback_plugins");

    /// <summary>The manager's own plugins: a run reads them where they are.</summary>
    public IEnumerable<string> PluginFolders => [_callbacks, _cachePlugins];

    /// <summary>Where Ansible of all runs keeps what it may lose: <c>ANSIBLE_HOME</c>.</summary>
    public string AnsibleHome { get; } = Path.Combine(home.Cache, "ansible");

    /// <summary>Ansible's fact cache, unless the repository configures another.</summary>
    public string FactCache => facts.Files.Folder;

    /// <summary>Name of the file in the attempt's folder that holds the password of Redis.</summary>
    public const string RedisPasswordFile = "redis_password";

    private const string DefaultCachePlugins = "~/.ansible/plugins/cache:/usr/share/ansible/plugins/cache";

    /// <param name="operatorKey">Whether the attempt's folder holds the operator's SSH key.</param>
    public SortedDictionary<string, string> Build(
        RunRoute route, Runtime runtime, MergedConfig config, string inventory, AttemptPaths attempt, string controlFolder, bool operatorKey)
    {
        var env = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in daemon.Variables)
        {
            if ((name.StartsWith("ANSIBLE_", StringComparison.Ordinal) && !NotInherited.Contains(name, StringComparer.Ordinal))
                || Proxies.Contains(name, StringComparer.Ordinal))
            {
                env[name] = value;
            }
        }

        AddUser(env, SearchPath(runtime));
        env["PY_COLORS"] = env["PYTHONUNBUFFERED"] = env["ANSIBLE_FORCE_COLOR"] = "1";
        env["ANSIBLE_RETRY_FILES_ENABLED"] = "0";
        env["ANSIBLE_CONFIG"] = config.Path;
        env["ANSIBLE_INVENTORY"] = inventory;
        env["ANSIBLE_HOME"] = AnsibleHome;
        env["ANSIBLE_LOCAL_TEMP"] = Path.Combine(AnsibleHome, "tmp");
        env["ANSIBLE_SSH_CONTROL_PATH_DIR"] = controlFolder;
        AddCallbacks(env, config);
        AddFactCache(env, config, attempt);
        AddSsh(env, config, attempt, operatorKey);
        env["ENVIRONMENT"] = route.Environment;
        if (route.Sub is { } sub)
            env["SUB"] = $"{route.Environment}.{sub}";
        if (runtime.Name == RuntimeCatalog.Kubernetes)
            env["KUBECONFIG"] = Path.Combine(home.Share, "kubeconfig");
        env["OSISM_ATTEMPT"] = attempt.Id;
        env["OSISM_EVENTS"] = attempt.Events;
        return env;
    }

    /// <summary>The environment of a command of the repository.</summary>
    /// <param name="request">Its own variables win, except over what makes the process ours.</param>
    /// <param name="inventory">For commands that are Ansible's.</param>
    /// <param name="attempt">Whose marker the processes carry.</param>
    public SortedDictionary<string, string> BuildForCommand(CommandRequest request, string inventory, AttemptPaths attempt)
    {
        var env = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Proxies)
        {
            if (daemon.Variables.TryGetValue(name, out var value))
                env[name] = value;
        }

        AddUser(env, CommandPath);
        env["ANSIBLE_INVENTORY"] = inventory;
        env["OSISM_CONFIGURATION"] = repository.Root;
        if (request.Environment is { } environment)
            env["ENVIRONMENT"] = environment;
        foreach (var (name, value) in request.Variables ?? new Dictionary<string, string>(StringComparer.Ordinal))
            env[name] = value;

        // Its own 'osism' talks to this manager.
        env["OSISM_HOME"] = home.Root;
        env["OSISM_ATTEMPT"] = attempt.Id;
        return env;
    }

    /// <summary>Where a program of a command is looked for: last in the folder of the <c>osism</c> that came with this manager.</summary>
    public static string CommandPath { get; } = ShippedFolder.FindProgram("osism") is { } client && Path.GetDirectoryName(client)! is var bin
        && !RuntimeCatalog.SearchPath.Split(':').Contains(bin, StringComparer.Ordinal) ? $"{RuntimeCatalog.SearchPath}:{bin}" : RuntimeCatalog.SearchPath;

    /// <summary>Whether Ansible is told of a vault password by other means than the manager's.</summary>
    public bool HasVaultPassword(MergedConfig config) =>
        daemon.Variables.ContainsKey("ANSIBLE_VAULT_PASSWORD_FILE") || daemon.Variables.ContainsKey("ANSIBLE_VAULT_IDENTITY_LIST")
        || config.FromRepository("defaults", "vault_password_file", "vault_identity_list") is { Length: > 0 };

    private void AddUser(SortedDictionary<string, string> env, string searchPath)
    {
        env["PATH"] = searchPath;
        env["HOME"] = user.Home;
        env["USER"] = env["LOGNAME"] = user.Name;
        env["LANG"] = env["LC_ALL"] = "C.UTF-8";
    }

    private static string SearchPath(Runtime runtime)
    {
        var bin = Path.GetDirectoryName(runtime.AnsiblePlaybook);
        return string.IsNullOrEmpty(bin) || RuntimeCatalog.SearchPath.Split(':').Contains(bin, StringComparer.Ordinal) ? RuntimeCatalog.SearchPath : $"{bin}:{RuntimeCatalog.SearchPath}";
    }

    /// <summary>Variables win over ansible.cfg, so ours carry what the repository asked for as well.</summary>
    private void AddCallbacks(SortedDictionary<string, string> env, MergedConfig config)
    {
        var folders = env.GetValueOrDefault("ANSIBLE_CALLBACK_PLUGINS") ?? config.Find("defaults", "callback_plugins") ?? "/usr/share/ansible/plugins/callback";
        env["ANSIBLE_CALLBACK_PLUGINS"] = $"{_callbacks}:{folders}";
        var enabled = env.GetValueOrDefault("ANSIBLE_CALLBACKS_ENABLED")
            ?? daemon.Variables.GetValueOrDefault("ANSIBLE_CALLBACK_WHITELIST")
            ?? config.Find("defaults", "callbacks_enabled")
            ?? config.Find("defaults", "callback_whitelist");
        env["ANSIBLE_CALLBACKS_ENABLED"] = string.IsNullOrWhiteSpace(enabled) ? Callbacks : $"{enabled.ReplaceLineEndings("").TrimEnd(',', ' ')},{Callbacks}";
    }

    /// <summary>What a run is given to reach the shared cache; null = no password is needed, or it does not use ours.</summary>
    public string? RedisPassword(MergedConfig config) => UsesRedis(daemon.Variables.GetValueOrDefault("ANSIBLE_CACHE_PLUGIN"), config) ? facts.Redis.Password : null;

    /// <summary>Whoever sets Redis up wants it used; only a cache of another kind is the repository's own affair.</summary>
    private bool UsesRedis(string? plugin, MergedConfig config) =>
        facts.IsShared && ((plugin ?? config.Find("defaults", "fact_caching")) is null or "jsonfile" or "redis" or "community.general.redis" or "ansible.builtin.jsonfile");

    private void AddFactCache(SortedDictionary<string, string> env, MergedConfig config, AttemptPaths attempt)
    {
        if (UsesRedis(env.GetValueOrDefault("ANSIBLE_CACHE_PLUGIN"), config))
        {
            var folders = env.GetValueOrDefault("ANSIBLE_CACHE_PLUGINS") ?? config.Find("defaults", "cache_plugins") ?? DefaultCachePlugins;
            env["ANSIBLE_CACHE_PLUGINS"] = $"{_cachePlugins}:{folders}";
            env["ANSIBLE_CACHE_PLUGIN"] = "osism_redis";
            env["ANSIBLE_CACHE_PLUGIN_CONNECTION"] = facts.Redis.Connection;
            env["ANSIBLE_CACHE_PLUGIN_PREFIX"] = RedisFactCache.Prefix;
            if (facts.Redis.Password is not null)
                env["OSISM_REDIS_PASSWORD_FILE"] = Path.Combine(attempt.Secrets, RedisPasswordFile);
            return;
        }

        if (env.ContainsKey("ANSIBLE_CACHE_PLUGIN") || config.Find("defaults", "fact_caching") is { } plugin && plugin != "jsonfile")
            return;
        env["ANSIBLE_CACHE_PLUGIN"] = "jsonfile";
        if (!env.ContainsKey("ANSIBLE_CACHE_PLUGIN_CONNECTION") && config.Find("defaults", "fact_caching_connection") is null)
            env["ANSIBLE_CACHE_PLUGIN_CONNECTION"] = FactCache;
    }

    private void AddSsh(SortedDictionary<string, string> env, MergedConfig config, AttemptPaths attempt, bool operatorKey)
    {
        if (!env.ContainsKey("ANSIBLE_SSH_RETRIES") && config.FromRepository("ssh_connection", "retries") is null && config.FromRepository("connection", "retries") is null)
            env["ANSIBLE_SSH_RETRIES"] = $"{ssh.Value.Retries}";
        if (env.TryGetValue("ANSIBLE_SSH_ARGS", out var arguments))
            env["ANSIBLE_SSH_ARGS"] = SshArguments.WithKeepalive(arguments, ssh.Value);
        if (operatorKey && !env.ContainsKey("ANSIBLE_PRIVATE_KEY_FILE"))
            env["ANSIBLE_PRIVATE_KEY_FILE"] = Path.Combine(attempt.Secrets, OperatorKey.FileName);
    }
}
