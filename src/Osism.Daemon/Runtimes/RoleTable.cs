using Osism.Daemon.Configuration;
using Osism.Daemon.Platform.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Runtimes;

/// <summary>Role -> environment and runtime, kept up to date by looking at folders' times.</summary>
/// <remarks>The naming rules of playbooks are those of <c>reference/configuration.md</c> 2.7.</remarks>
internal sealed partial class RoleTable(
    ConfigurationRepository repository, RuntimeCatalog runtimes, RuntimeImages images, TimeProvider time, ILogger<RoleTable> log)
{
    private const string OperatorPrefix = "playbook-";

    // kolla plays that are known with their prefix because the bare name means something else.
    private static readonly string[] KollaWithPrefix =
        ["ceph-rgw", "certificates", "destroy", "facts", "gather-facts", "prune-images", "purge", "rgw-endpoint", "site", "testbed", "testbed-identity"];

    private readonly Lock _gate = new();
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);
    private (string Path, FileStamp Stamp)[] _stamps = [];
    private long _images = -1;
    private RoleIndex? _index;

    /// <summary>The table as the files are now.</summary>
    public RoleIndex Current()
    {
        lock (_gate)
        {
            var readAt = time.GetUtcNow();
            var stamps = Stamps().ToArray();
            var seen = images.Changes;
            if (_index is not null && stamps.AsSpan().SequenceEqual(_stamps) && seen == _images)
                return _index;
            _images = seen;
            var index = new RoleIndex([.. OperatorPlays(), .. KnownRoles.All, .. RuntimePlays(), .. InterfaceTables()], Notes());
            foreach (var (role, first, second) in index.Twice)
                Say($"{role} {first} {second}", () => LogTwice(role, first, second));
            (_stamps, _index) = Array.TrueForAll(stamps, stamp => stamp.Stamp.IsSettled(readAt)) ? (stamps, index) : ([], null);
            return index;
        }
    }

    private IEnumerable<(string Path, FileStamp Stamp)> Stamps()
    {
        var tables = Path.Combine(runtimes.InterfaceFolder, "playbooks");
        yield return (tables, FileStamp.Of(tables) ?? default);
        foreach (var file in Files(tables))
            yield return (file, FileStamp.Of(file) ?? default);
        foreach (var name in runtimes.Names)
        {
            var own = runtimes.FolderOf(name);
            yield return (own, FileStamp.Of(own) ?? default);
            var notes = Path.Combine(own, RoleNotes.File);
            yield return (notes, FileStamp.Of(notes) ?? default);
            foreach (var environment in name == RuntimeCatalog.Osism ? Runtime.OsismEnvironments : runtimes.EnvironmentsOf(name))
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
        foreach (var file in Files(Path.Combine(runtimes.InterfaceFolder, "playbooks")))
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
                Say($"{file} {e.Message}", () => LogSkipped(file, e.Message));
                continue;
            }

            if (yaml.Documents is not [{ RootNode: YamlMappingNode table }, ..])
            {
                Say(file, () => LogSkipped(file, "it is not a mapping of role to environment"));
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
        foreach (var name in runtimes.Names.Where(name => name != RuntimeCatalog.Custom && runtimes.Get(name).Kind != RuntimeKind.Container))
        {
            var file = Path.Combine(runtimes.FolderOf(name), RoleNotes.File);
            notes[name] = RoleNotes.Read(file, fault => Say($"{file} {fault}", () => LogNote(file, fault)));
        }

        return notes;
    }

    private IEnumerable<RoleEntry> RuntimePlays()
    {
        var osism = runtimes.Get(RuntimeCatalog.Osism);
        foreach (var environment in Runtime.OsismEnvironments)
        {
            foreach (var play in osism.Playbooks.Plays(Path.Combine(osism.Folder, environment), ""))
            {
                if (!(environment == "manager" && Runtime.SeedPlays.Contains(play)) && !IsHidden(environment, play))
                    yield return new RoleEntry(play, environment, RuntimeCatalog.Osism, RoleSource.Runtime);
            }

            foreach (var play in osism.Playbooks.Plays(osism.Folder, $"{environment}-"))
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
            foreach (var play in runtime.Playbooks.Plays(runtime.Folder, $"{environment}-"))
            {
                var prefixed = name == RuntimeCatalog.Ceph || (name == RuntimeCatalog.Kolla && KollaWithPrefix.Contains(play, StringComparer.Ordinal));
                yield return new RoleEntry(prefixed ? $"{environment}-{play}" : play, environment, name, RoleSource.Runtime);
            }
        }

        foreach (var own in runtimes.Names.Except(RuntimeCatalog.BuiltIn, StringComparer.Ordinal).Select(runtimes.Get))
        {
            foreach (var environment in own.OwnEnvironments)
            {
                var plays = own.Playbooks.Plays(Path.Combine(own.Folder, environment), "").Concat(own.Playbooks.Plays(own.Folder, $"{environment}-"));
                if (own.OwnEnvironments.Count == 1)
                    plays = plays.Concat(own.Playbooks.Plays(own.Folder, "").Where(play => !play.StartsWith($"{environment}-", StringComparison.Ordinal) && $"{play}.yml" != RoleNotes.File));
                foreach (var play in plays.Distinct(StringComparer.Ordinal))
                    yield return new RoleEntry(play, environment, own.Name, RoleSource.Runtime);
            }
        }
    }

    /// <summary>What is wrong is said once, not each time the files are looked at.</summary>
    private void Say(string what, Action say)
    {
        if (_said.Add(what))
            say();
    }

    private IEnumerable<RoleEntry> OperatorPlays()
    {
        // Custom last: it wins, as it is where an unknown role is looked for.
        foreach (var environment in repository.ListEnvironments().OrderBy(name => name == RuntimeCatalog.Custom))
        {
            if (environment.Contains('.', StringComparison.Ordinal))
                continue;
            foreach (var play in LocalPlaybooks.Instance.Plays(repository.EnvironmentFolder(environment, null), OperatorPrefix))
            {
                var known = environment == "ceph" && KnownRoles.All.Any(entry => entry.Role == $"ceph-{play}");
                yield return new RoleEntry(known ? $"ceph-{play}" : play, environment, RuntimeOf(environment), RoleSource.Repository);
            }
        }
    }

    /// <summary>The runtime whose Ansible runs the operator's own plays of an environment.</summary>
    private string RuntimeOf(string environment) => environment switch
    {
        "kolla" => RuntimeCatalog.Kolla,
        "ceph" => RuntimeCatalog.Ceph,
        "kubernetes" => RuntimeCatalog.Kubernetes,
        RuntimeCatalog.Custom => RuntimeCatalog.Custom,
        _ => runtimes.OwnerOf(environment) ?? RuntimeCatalog.Osism,
    };

    private static bool IsHidden(string environment, string play) => environment == "generic" && play == "common";

    private static IEnumerable<string> Files(string folder) => LocalPlaybooks.Instance.Plays(folder, "").Select(name => Path.Combine(folder, $"{name}.yml"));

    [LoggerMessage(EventId = 2101, Level = LogLevel.Warning, Message = "The table of roles {File} is left out: {Reason}")]
    private partial void LogSkipped(string file, string reason);

    [LoggerMessage(EventId = 2103, Level = LogLevel.Warning, Message = "The role {Role} is in two runtimes: {First} and {Second}; the latter has it, 'osism apply -e ENVIRONMENT {Role}' reaches the other")]
    private partial void LogTwice(string role, string first, string second);

    [LoggerMessage(EventId = 2102, Level = LogLevel.Warning, Message = "{File}: {Fault}")]
    private partial void LogNote(string file, string fault);
}
