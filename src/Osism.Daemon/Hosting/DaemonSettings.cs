using System.Collections;
using Osism.Contracts;
using Osism.Daemon.Platform;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Hosting;

/// <summary>Everything the program is told from outside: the only place that reads the environment and the settings files.</summary>
/// <param name="Home">From <c>OSISM_HOME</c>.</param>
/// <param name="Roles">From <c>--roles</c>, else <c>OSISM_ROLES</c>, else all.</param>
/// <param name="Values">Flat <c>section:key</c> without underscores, for the options classes.</param>
/// <param name="Environment">The process's own environment, for what runs inherit.</param>
internal sealed record DaemonSettings(
    OsismHome Home, DaemonRoles Roles, IReadOnlyDictionary<string, string?> Values, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Where each of <see cref="Values"/> came from, as its operator knows it: a variable, or a file with its line.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; private init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    private const string Machine = "/etc/osism/osismd.yml";
    private const string Prefix = "OSISM_";

    /// <summary>Variables with a name of their own, and the setting each stands for.</summary>
    private static readonly (string Variable, string Key)[] Named =
    [
        ("OSISM_CONFIGURATION", "configuration:path"),
        ("OSISM_LISTEN", "api:listen"),
        ("OSISM_DATABASE", "database:connectionstring"),
        ("OSISM_CELERY_CONCURRENCY", "worker:slots"),
        ("GATHER_FACTS_SCHEDULE", "schedules:gatherfacts"),
        ("INVENTORY_RECONCILER_SCHEDULE", "schedules:reconcile"),
        ("FACTS_MAX_AGE", "facts:maxage"),
        ("REDIS_HOST", "redis:host"),
        ("REDIS_PORT", "redis:port"),
        ("REDIS_DB", "redis:db"),
    ];

    /// <summary>A variable of the environment, for calls that need no settings.</summary>
    public static string? Variable(string name) => System.Environment.GetEnvironmentVariable(name);

    /// <exception cref="OsismException">A file cannot be read (<c>settings.invalid</c>), or a role does not exist.</exception>
    public static DaemonSettings Read(string? roles) => Of(roles, Variables(), Machine);

    /// <summary>For a program that works beside a running manager: what that one was told by its environment counts where the caller's says nothing.</summary>
    /// <param name="manager">Environment of the manager.</param>
    /// <inheritdoc cref="Read"/>
    public static DaemonSettings ReadBeside(IReadOnlyDictionary<string, string> manager)
    {
        var variables = Variables();
        foreach (var (name, value) in manager)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) || name.StartsWith("OPENSEARCH_", StringComparison.Ordinal))
            {
                variables.TryAdd(name, value);
            }
        }

        return Of(roles: null, variables, Machine);
    }

    private static Dictionary<string, string> Variables() => System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);

    /// <param name="roles">Value of <c>--roles</c>.</param>
    /// <param name="environment">All variables.</param>
    /// <param name="machineFile">Settings of the machine, behind those of the home.</param>
    /// <exception cref="OsismException">A file cannot be read (<c>settings.invalid</c>), or a role does not exist.</exception>
    public static DaemonSettings Of(string? roles, Dictionary<string, string> environment, string machineFile)
    {
        var root = environment.GetValueOrDefault("OSISM_HOME") is { Length: > 0 } wanted ? Path.GetFullPath(wanted) : DefaultHome(environment, Platform.Processes.Posix.IsRoot);
        var home = new OsismHome(root);
        var given = new Dictionary<string, (string? Value, string Source)>(StringComparer.OrdinalIgnoreCase);

        // Later wins.
        AddFile(given, machineFile);
        AddFile(given, home.Settings);
        AddJoinedDatabase(given, home.JoinedDatabase);
        foreach (var (variable, key) in Named)
        {
            if (environment.GetValueOrDefault(variable) is { Length: > 0 } value)
            {
                given[key] = (value, variable);
            }
        }

        foreach (var (name, value) in environment.Where(entry => entry.Key.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            if (name[Prefix.Length..].Split("__") is [{ Length: > 0 } section, { Length: > 0 } key, .. var rest])
            {
                given[string.Join(':', (string[])[Flat(section), Flat(key), .. rest.Select(Flat)])] = (value, name);
            }
        }

        var values = given.ToDictionary(setting => setting.Key, setting => setting.Value.Value, StringComparer.OrdinalIgnoreCase);
        return new DaemonSettings(home, DaemonRoles.Parse(roles ?? environment.GetValueOrDefault("OSISM_ROLES")), values, environment)
        {
            Sources = given.ToDictionary(setting => setting.Key, setting => setting.Value.Source, StringComparer.OrdinalIgnoreCase),
        };
    }

    /// <summary>Without <c>OSISM_HOME</c>. The client and <c>./run</c> follow the same rule.</summary>
    internal static string DefaultHome(Dictionary<string, string> environment, bool isRoot) =>
        isRoot
            ? "/var/lib/osism"
            : Path.Combine(
                environment.GetValueOrDefault("XDG_DATA_HOME") is ['/', ..] data
                    ? data
                    : Path.Combine(environment.GetValueOrDefault("HOME") ?? Platform.Processes.UnixUser.Current.Home, ".local/share"),
                "osism");

    private static void AddFile(Dictionary<string, (string? Value, string Source)> given, string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            var stream = new YamlStream();
            using var reader = File.OpenText(path);
            stream.Load(reader);
            if (stream.Documents.Count > 0)
            {
                Add(given, "", stream.Documents[0].RootNode, path);
            }
        }
        catch (YamlException e)
        {
            throw Broken(path, e.Start, e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.SettingsInvalid, $"{path} cannot be read: {e.Message}", e) { File = path };
        }
    }

    /// <summary>What <c>osismd join</c> left; only the environment wins over it.</summary>
    private static void AddJoinedDatabase(Dictionary<string, (string? Value, string Source)> given, string path)
    {
        try
        {
            if (File.Exists(path))
            {
                given["database:connectionstring"] = (File.ReadAllText(path).Trim(), path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.SettingsInvalid, $"{path} cannot be read: {e.Message}", e) { File = path };
        }
    }

    private static void Add(Dictionary<string, (string? Value, string Source)> given, string at, YamlNode node, string path)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                foreach (var (key, value) in mapping.Children)
                {
                    var name = key is YamlScalarNode { Value: { Length: > 0 } text } ? Flat(text) : throw Broken(path, key.Start, "a key must be a name", null);
                    Add(given, at.Length == 0 ? name : $"{at}:{name}", value, path);
                }

                break;
            case YamlSequenceNode sequence when at.Length > 0:
                for (var i = 0; i < sequence.Children.Count; i++)
                {
                    Add(given, $"{at}:{i}", sequence.Children[i], path);
                }

                break;
            case YamlScalarNode { Value: null or "" }:
                // 'key:' without a value, or an empty file: the default.
                break;
            case YamlScalarNode scalar when at.Contains(':', StringComparison.Ordinal):
                given[at] = (scalar.Value, $"{path}:{scalar.Start.Line}");
                break;
            default:
                throw Broken(path, node.Start, "the file must hold sections with keys, such as 'worker:' and below it '  slots: 4'", null);
        }
    }

    private static OsismException Broken(string path, Mark at, string message, Exception? inner) =>
        new(ErrorCodes.SettingsInvalid, $"{path}:{at.Line}: {message}", inner) { File = path, Line = (int)at.Line };

    // Settings are written connect_timeout, options are ConnectTimeout. The names of runtimes keep their dashes.
    internal static string Flat(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
