using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Merges ansible.cfg: our defaults, then <c>environments/ansible.cfg</c>, then the one of the environment; each key of each section on its own.</summary>
/// <remarks>The one of environment manager is left out: it belongs to the seed phase and its inventory (<c>reference/configuration.md</c> 2.3).</remarks>
internal sealed class AnsibleConfigs(
    ConfigurationRepository repository, IOptions<SshOptions> ssh, IOptions<RunOptions> run, OsismHome home, RunUser user, TimeProvider time)
{
    private const string FileName = "ansible.cfg";

    // Two names of one setting: where the repository uses one, a default of ours under the other must not stand against it.
    private static readonly ((string, string) Ours, (string, string) Theirs)[] Synonyms =
    [
        (("ssh_connection", "pipelining"), ("connection", "pipelining")),
        (("defaults", "collections_path"), ("defaults", "collections_paths")),
        (("defaults", "timeout"), ("ssh_connection", "timeout")),
    ];

    // Nobody can answer a run.
    private static readonly (string, string)[] Asking =
        [("defaults", "ask_pass"), ("defaults", "ask_vault_pass"), ("privilege_escalation", "become_ask_pass")];

    private readonly ConcurrentDictionary<string, (FileStamp?[] Stamps, MergedConfig Merged)> _known = new(StringComparer.Ordinal);

    /// <exception cref="OsismException"><c>configuration.broken</c> with file and line; <c>repository.unreadable</c>.</exception>
    public MergedConfig Merge(RunRoute route, Runtime runtime)
    {
        var files = new List<string> { Path.Combine(repository.Environments, FileName) };
        if (route.Environment != "manager")
            files.Add(Path.Combine(repository.EnvironmentFolder(route.Environment, route.FolderSub), FileName));
        return Merge(files, runtime, files[^1]);
    }

    private MergedConfig Merge(IReadOnlyList<string> files, Runtime runtime, string purpose)
    {
        var key = $"{runtime.Folder}\n{purpose}";
        var readAt = time.GetUtcNow();
        FileStamp?[] stamps = [.. files.Select(FileStamp.Of)];
        if (_known.TryGetValue(key, out var known) && stamps.AsSpan().SequenceEqual(known.Stamps) && File.Exists(known.Merged.Path))
            return known.Merged;

        var merged = Merge([.. files.Where(File.Exists)], runtime);
        if (Array.TrueForAll(stamps, stamp => stamp is null || stamp.Value.IsSettled(readAt)))
            _known[key] = (stamps, merged);
        return merged;
    }

    /// <summary>What everybody gets who uses the published inventory by himself: no environment has its say.</summary>
    /// <exception cref="OsismException">As <see cref="Merge(RunRoute, Runtime)"/>.</exception>
    public InventoryConfig ForInventory(Runtime runtime)
    {
        var merged = MergeCommon(runtime);
        return new InventoryConfig(File.ReadAllBytes(merged.Path), [Path.Combine(repository.Environments, FileName)]);
    }

    /// <summary>What holds wherever no environment has its say.</summary>
    /// <exception cref="OsismException">As <see cref="Merge(RunRoute, Runtime)"/>.</exception>
    public MergedConfig MergeCommon(Runtime runtime) => Merge([Path.Combine(repository.Environments, FileName)], runtime, "inventory");

    private MergedConfig Merge(IReadOnlyList<string> files, Runtime runtime)
    {
        var values = Defaults(runtime);
        foreach (var file in files)
        {
            foreach (var (setting, value) in Read(file))
            {
                foreach (var (ours, theirs) in Synonyms)
                {
                    if (theirs == setting && values.TryGetValue(ours, out var old) && old.File is null)
                        values.Remove(ours);
                }

                var folder = Path.GetDirectoryName(file)!;
                values[setting] = value with { Value = ConfigPaths.Resolve(setting, value.Value, folder, path => Translate(path, runtime)) };
            }
        }

        foreach (var setting in Asking)
            values.Remove(setting);
        if (values.TryGetValue(("ssh_connection", "ssh_args"), out var arguments))
            values[("ssh_connection", "ssh_args")] = arguments with { Value = SshArguments.WithKeepalive(arguments.Value, ssh.Value) };

        var text = Encoding.UTF8.GetBytes(IniFile.Write(values));
        var hash = Convert.ToHexStringLower(SHA256.HashData(text));
        var path = Path.Combine(home.Cache, "ansible-cfg", hash[..16], FileName);
        Store(path, text);
        return new MergedConfig(path, hash, files) { Values = values };
    }

    private Dictionary<(string Section, string Key), IniValue> Defaults(Runtime runtime)
    {
        var defaults = new Dictionary<(string, string), string>
        {
            [("defaults", "forks")] = $"{Forks()}",
            [("defaults", "gathering")] = "smart",
            [("defaults", "fact_caching_timeout")] = "86400",
            [("defaults", "host_key_checking")] = "False",
            [("defaults", "interpreter_python")] = "auto_silent",
            [("defaults", "remote_user")] = "dragon",
            [("defaults", "deprecation_warnings")] = "False",
            [("defaults", "force_valid_group_names")] = "ignore",
            [("defaults", "inventory_ignore_patterns")] = "^clustershell$",
            [("defaults", "retry_files_enabled")] = "False",
            [("defaults", "timeout")] = $"{(int)ssh.Value.ConnectTimeout.TotalSeconds}",
            [("defaults", "roles_path")] = $"{runtime.Folder}/roles:{runtime.Folder}/galaxy:/usr/share/ansible/roles",
            [("defaults", "collections_path")] = $"{runtime.Folder}/collections:{user.Home}/.ansible/collections:/usr/share/ansible/collections",
            [("ssh_connection", "pipelining")] = "True",
            [("ssh_connection", "ssh_args")] = SshArguments.Default(ssh.Value),
        };
        return defaults.ToDictionary(pair => pair.Key, pair => new IniValue(pair.Value, null));
    }

    /// <summary>A fork is a process of about 60 MB that is busy half of its time.</summary>
    private int Forks()
    {
        if (run.Value.Forks > 0)
            return run.Value.Forks;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (256L * 1024 * 1024);
        return (int)Math.Clamp(Math.Min(Environment.ProcessorCount * 4, memory), 5, 16);
    }

    private Dictionary<(string Section, string Key), IniValue> Read(string file)
    {
        var name = repository.Relative(file);
        try
        {
            return IniFile.Read(file, name, File.ReadAllText(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)));
        }
        catch (DecoderFallbackException e)
        {
            throw new OsismException(ErrorCodes.ConfigurationBroken, $"{name} is not UTF-8", e) { File = name };
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new OsismException(ErrorCodes.RepositoryUnreadable, $"{name} cannot be read: {e.Message}", e) { File = name };
        }
    }

    /// <summary>The real path of what the production layout calls <c>/opt/configuration</c> and <c>/ansible</c>.</summary>
    private string Translate(string path, Runtime runtime)
    {
        if (path.StartsWith(ConfigurationRepository.ProductionPath + "/", StringComparison.Ordinal))
            return repository.Root + path[ConfigurationRepository.ProductionPath.Length..];
        return path.StartsWith("/ansible/", StringComparison.Ordinal) ? runtime.Folder + path["/ansible".Length..] : path;
    }

    private static void Store(string path, byte[] text)
    {
        if (File.Exists(path))
            return;
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Guid.NewGuid():N}");
        File.WriteAllBytes(temporary, text);
        File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(temporary, path, overwrite: true);
    }
}
