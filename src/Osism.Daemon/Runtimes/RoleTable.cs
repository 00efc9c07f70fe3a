using Osism.Daemon.Configuration;
using Osism.Daemon.Platform.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Runtimes;

/// <summary>Role -> environment and runtime, kept up to date by looking at folders' times.</summary>
/// <remarks>The naming rules of playbooks are those of <c>reference/configuration.md</c> 2.7.</remarks>
internal sealed partial class RoleTable(
    ConfigurationRepository repository, RuntimeCatalog runtimes, TimeProvider time, ILogger<RoleTable> log)
{
    private const string OperatorPrefix = "playbook-";

    // kolla plays that are known with their prefix because the bare name means something else.
    private static readonly string[] KollaWithPrefix =
        ["ceph-rgw", "certificates", "destroy", "facts", "gather-facts", "prune-images", "purge", "rgw-endpoint", "site", "testbed", "testbed-identity"];

    private static readonly EnumerationOptions Accessible = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None, MatchCasing = MatchCasing.CaseSensitive };

    private readonly Lock _gate = new();
    private (string Path, FileStamp Stamp)[] _stamps = [];
    private RoleIndex? _index;

    /// <summary>The table as the files are now.</summary>
    public RoleIndex Current()
    {
        lock (_gate)
        {
            var readAt = time.GetUtcNow();
            var stamps = Stamps().ToArray();
            if (_index is not null && stamps.AsSpan().SequenceEqual(_stamps))
                return _index;
            var index = new RoleIndex([.. OperatorPlays(), .. KnownRoles.All, .. RuntimePlays(), .. InterfaceTables()], Notes());
            (_stamps, _index) = Array.TrueForAll(stamps, stamp => stamp.Stamp.IsSettled(readAt)) ? (stamps, index) : ([], null);
            return index;
        }
    }

    private IEnumerable<(string Path, FileStamp Stamp)> Stamps()
    {
        var tables = Path.Combine(runtimes.InterfaceFolder, "playbooks");
        yield return (tables, FileStamp.Of(tables) ?? default);
        foreach (var file in Files(tables, "*.yml"))
            yield return (file, FileStamp.Of(file) ?? default);
        foreach (var name in RuntimeCatalog.Names)
        {
            var own = runtimes.FolderOf(name);
            yield return (own, FileStamp.Of(own) ?? default);
            var notes = Path.Combine(own, RoleNotes.File);
            yield return (notes, FileStamp.Of(notes) ?? default);
            if (name != RuntimeCatalog.Osism)
                continue;
            foreach (var environment in Runtime.OsismEnvironments)
            {
                var folder = Path.Combine(own, environment);
                yield return (folder, FileStamp.Of(folder) ?? default);
            }
        }

        yield return (repository.Environments, FileStamp.Of(repository.Environments) ?? default);
        foreach (var environment in repository.ListEnvironments())
        {
            var folder = repository.EnvironmentFolder(environment, null);
            yield return (folder, FileStamp.Of(folder) ?? default);
        }
    }

    private IEnumerable<RoleEntry> InterfaceTables()
    {
        foreach (var file in Files(Path.Combine(runtimes.InterfaceFolder, "playbooks"), "*.yml"))
        {
            var runtime = Path.GetFileNameWithoutExtension(file);
            var yaml = new YamlStream();
            try
            {
                using var reader = new StreamReader(file);
                yaml.Load(reader);
            }
            catch (Exception e) when (e is YamlException or IOException or UnauthorizedAccessException)
            {
                LogSkipped(file, e.Message);
                continue;
            }

            if (yaml.Documents is not [{ RootNode: YamlMappingNode table }, ..])
            {
                LogSkipped(file, "it is not a mapping of role to environment");
                continue;
            }

            foreach (var (role, environment) in table)
            {
                if (role is YamlScalarNode { Value: { Length: > 0 } name } && environment is YamlScalarNode { Value: { Length: > 0 } value })
                    yield return new RoleEntry(name, value, runtime, RoleSource.Interface);
            }
        }
    }

    private Dictionary<string, IReadOnlyDictionary<string, RoleNote>> Notes()
    {
        var notes = new Dictionary<string, IReadOnlyDictionary<string, RoleNote>>(StringComparer.Ordinal);
        // Custom has no plays of its own.
        foreach (var name in RuntimeCatalog.Names.Where(name => name != RuntimeCatalog.Custom))
        {
            var file = Path.Combine(runtimes.FolderOf(name), RoleNotes.File);
            notes[name] = RoleNotes.Read(file, fault => LogNote(file, fault));
        }

        return notes;
    }

    private IEnumerable<RoleEntry> RuntimePlays()
    {
        var osism = runtimes.FolderOf(RuntimeCatalog.Osism);
        foreach (var environment in Runtime.OsismEnvironments)
        {
            foreach (var play in Plays(Path.Combine(osism, environment), ""))
            {
                if (!(environment == "manager" && Runtime.SeedPlays.Contains(play)) && !IsHidden(environment, play))
                    yield return new RoleEntry(play, environment, RuntimeCatalog.Osism, RoleSource.Runtime);
            }

            foreach (var play in Plays(osism, $"{environment}-"))
            {
                if (IsHidden(environment, play))
                    continue;
                var role = environment == "manager" && play is "operator" or "network" ? $"manager-{play}" : play;
                yield return new RoleEntry(role, environment, RuntimeCatalog.Osism, RoleSource.Runtime);
            }
        }

        foreach (var name in new[] { RuntimeCatalog.Kolla, RuntimeCatalog.Ceph, RuntimeCatalog.Kubernetes })
        {
            var runtime = runtimes.Get(name);
            var environment = runtime.Environment!;
            foreach (var play in Plays(runtime.Folder, $"{environment}-"))
            {
                var prefixed = name == RuntimeCatalog.Ceph || (name == RuntimeCatalog.Kolla && KollaWithPrefix.Contains(play, StringComparer.Ordinal));
                yield return new RoleEntry(prefixed ? $"{environment}-{play}" : play, environment, name, RoleSource.Runtime);
            }
        }
    }

    private IEnumerable<RoleEntry> OperatorPlays()
    {
        // Custom last: it wins, as it is where an unknown role is looked for.
        foreach (var environment in repository.ListEnvironments().OrderBy(name => name == RuntimeCatalog.Custom))
        {
            if (environment.Contains('.', StringComparison.Ordinal))
                continue;
            foreach (var play in Plays(repository.EnvironmentFolder(environment, null), OperatorPrefix))
            {
                var known = environment == "ceph" && KnownRoles.All.Any(entry => entry.Role == $"ceph-{play}");
                yield return new RoleEntry(known ? $"ceph-{play}" : play, environment, RuntimeOf(environment), RoleSource.Repository);
            }
        }
    }

    /// <summary>The runtime whose Ansible runs the operator's own plays of an environment.</summary>
    private static string RuntimeOf(string environment) => environment switch
    {
        "kolla" => RuntimeCatalog.Kolla,
        "ceph" => RuntimeCatalog.Ceph,
        "kubernetes" => RuntimeCatalog.Kubernetes,
        RuntimeCatalog.Custom => RuntimeCatalog.Custom,
        _ => RuntimeCatalog.Osism,
    };

    private static bool IsHidden(string environment, string play) => environment == "generic" && play == "common";

    private static IEnumerable<string> Plays(string folder, string prefix) =>
        Files(folder, $"{prefix}*.yml").Select(file => Path.GetFileNameWithoutExtension(file)[prefix.Length..]).Where(play => play.Length > 0);

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern, Accessible).Order(StringComparer.Ordinal) : [];

    [LoggerMessage(EventId = 2101, Level = LogLevel.Warning, Message = "The table of roles {File} is left out: {Reason}")]
    private partial void LogSkipped(string file, string reason);

    [LoggerMessage(EventId = 2102, Level = LogLevel.Warning, Message = "{File}: {Fault}")]
    private partial void LogNote(string file, string fault);
}
