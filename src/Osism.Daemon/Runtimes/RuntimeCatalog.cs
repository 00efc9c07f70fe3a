using Microsoft.Extensions.Options;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Runtimes;

/// <summary>The runtimes of this installation.</summary>
internal sealed class RuntimeCatalog
{
    public const string Osism = "osism-ansible";
    public const string Kolla = "kolla-ansible";
    public const string Ceph = "ceph-ansible";
    public const string Kubernetes = "osism-kubernetes";

    /// <summary>Plays of the repository's environment <c>custom</c>: it has no playbooks of its own and takes the Ansible of osism-ansible.</summary>
    public const string Custom = "custom";

    /// <summary>PATH of every run, unless its runtime has a virtual environment.</summary>
    public const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static readonly IReadOnlyList<string> Names = [Osism, Kolla, Ceph, Kubernetes, Custom];

    private readonly RuntimesOptions _options;
    private readonly OsismHome _home;

    public RuntimeCatalog(IOptions<RuntimesOptions> options, IOptions<InterfaceOptions> shared, OsismHome home)
    {
        (_options, _home) = (options.Value, home);
        InterfaceFolder = shared.Value.Path ?? Path.Combine(home.Root, "interface");
    }

    /// <summary>What runtimes tell about themselves; plays see it as <c>/interface</c>.</summary>
    public string InterfaceFolder { get; }

    /// <summary>Looks at one runtime. Where its Ansible is can change while the manager runs, so it is looked up each time.</summary>
    public Runtime Get(string name)
    {
        var folder = FolderOf(name);
        var program = _options.Find(name)?.AnsiblePlaybook ?? (name == Custom ? Get(Osism).AnsiblePlaybook : FindProgram(folder));
        return new Runtime(name, folder, program);
    }

    /// <summary>Where the playbooks of a runtime are, without a look for its Ansible.</summary>
    public string FolderOf(string name) => Path.TrimEndingDirectorySeparator(_options.Find(name)?.Path ?? DefaultFolder(name));

    private string DefaultFolder(string name) => name switch
    {
        Osism => ShippedFolder.Find(Osism),
        Custom => FolderOf(Osism),
        _ => Path.Combine(_home.Root, "runtimes", name),
    };

    private static string? FindProgram(string folder)
    {
        string[] own = [Path.Combine(folder, "venv", "bin"), Path.Combine(folder, ".venv", "bin"), Path.Combine(folder, "bin")];
        return own.Concat(SearchPath.Split(':')).Select(bin => Path.Combine(bin, "ansible-playbook")).FirstOrDefault(File.Exists);
    }
}
