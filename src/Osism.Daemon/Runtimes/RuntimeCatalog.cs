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

    /// <summary>Those the manager knows, whatever is installed.</summary>
    public static readonly IReadOnlyList<string> BuiltIn = [Osism, Kolla, Ceph, Kubernetes, Custom];

    private const string ImageFolder = "/ansible";

    private readonly RuntimesOptions _options;
    private readonly RuntimeImages _images;
    private readonly OsismHome _home;

    public RuntimeCatalog(IOptions<RuntimesOptions> options, IOptions<InterfaceOptions> shared, RuntimeImages images, OsismHome home)
    {
        (_options, _images, _home) = (options.Value, images, home);
        InterfaceFolder = shared.Value.Path ?? Path.Combine(home.Root, "interface");
        Names = [.. BuiltIn, .. _options.Own()];
    }

    /// <summary>Those the manager knows and those of the operator's own.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What runtimes tell about themselves; plays see it as <c>/interface</c>.</summary>
    public string InterfaceFolder { get; }

    /// <summary>Looks at one runtime. Where its Ansible is can change while the manager runs, so it is looked up each time.</summary>
    public Runtime Get(string name)
    {
        // The operator's own plays run where those of osism-ansible do.
        if (name == Custom && _options.Find(Custom) is null)
            return Get(Osism) with { Name = Custom };
        var (folder, settings) = (FolderOf(name), _options.Find(name) ?? new RuntimeSettings());
        var isOwn = !BuiltIn.Contains(name, StringComparer.Ordinal);
        var runtime = new Runtime(name, folder, null)
        {
            Kind = settings.EffectiveKind,
            OwnEnvironments = EnvironmentsOf(name),
            Queue = isOwn ? settings.Queue ?? Osism : name == Custom ? Osism : name,
            Ansible = settings.Ansible,
        };
        if (runtime.Kind == RuntimeKind.Container)
        {
            var image = _images.Find(name);
            return runtime with { AnsiblePlaybook = settings.AnsiblePlaybook ?? "ansible-playbook", Image = image, Playbooks = new ImagePlaybooks(image.Playbooks) };
        }

        return runtime with { AnsiblePlaybook = settings.AnsiblePlaybook ?? (FindProgram(folder, settings.Venv)) };
    }

    /// <summary>Where the playbooks of a runtime are, without a look for its Ansible.</summary>
    public string FolderOf(string name) => Path.TrimEndingDirectorySeparator(_options.Find(name)?.Path ?? DefaultFolder(name));

    /// <summary>Environments of a runtime of the operator's own; empty for those of the manager.</summary>
    public IReadOnlyList<string> EnvironmentsOf(string name) => BuiltIn.Contains(name, StringComparer.Ordinal) ? [] : _options.Named[name].Environments;

    /// <summary>The runtime of the operator's own that owns an environment; null when none does.</summary>
    public string? OwnerOf(string environment) => _options.Own().FirstOrDefault(name => _options.Named[name].Environments.Contains(environment, StringComparer.Ordinal));

    private string DefaultFolder(string name) => _options.Find(name)?.EffectiveKind == RuntimeKind.Container
        ? ImageFolder
        : name switch
        {
            Osism => ShippedFolder.Find(Osism),
            Custom => FolderOf(Osism),
            _ => Path.Combine(_home.Root, "runtimes", name),
        };

    internal static string? FindProgram(string folder, string? venv)
    {
        string[] own = venv is not null ? [Path.Combine(venv, "bin")] : [Path.Combine(folder, "venv", "bin"), Path.Combine(folder, ".venv", "bin"), Path.Combine(folder, "bin")];
        return own.Concat(venv is null ? SearchPath.Split(':') : []).Select(bin => Path.Combine(bin, "ansible-playbook")).FirstOrDefault(File.Exists);
    }
}
