using System.Text;

namespace Osism.Testing.Sequence;

/// <summary>A testbed: its nodes, its repository, and a manager with the stand-in runtimes of <c>tests/sequence</c>.</summary>
/// <remarks>
/// Plays of osism-ansible are those of the product; of kolla-ansible, ceph-ansible and osism-kubernetes stand-ins that do in small what the real ones do.
/// Each leaves a line in <see cref="Journal"/> of its node, or a file.
/// </remarks>
public sealed class SequenceSite : IAsyncDisposable
{
    /// <summary>On the nodes: a line for each run of a role.</summary>
    public const string Journal = "/var/lib/sequence/journal";

    private const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;
    private readonly TempFolder _folder;
    private readonly Site _site;

    private SequenceSite(TempFolder folder, Site site)
    {
        _folder = folder;
        _site = site;
    }

    /// <summary>Names of all seven nodes of the testbed.</summary>
    public static IReadOnlyList<string> AllNodes => SequenceInventory.Nodes;

    public NodeLab Lab => _site.Lab!;

    public ConfigurationPod Pod => _site.Pod;

    public Daemon Daemon => _site.Daemon;

    public Cli Cli => _site.Cli;

    /// <summary>Where plays leave the volumes of each host.</summary>
    public string Volumes => VolumesIn(_folder);

    /// <summary>The folder <c>host_vars</c> of a layer of the inventory below the repository, which runs may write.</summary>
    public string ExtraHostVars => Path.Combine(ExtraIn(_folder), "host_vars");

    /// <param name="nodes">Some of <see cref="AllNodes"/>.</param>
    /// <param name="settings">Environment variables of the daemon beside those the runtimes need.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<SequenceSite> StartAsync(
        IReadOnlyList<string> nodes, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var folder = new TempFolder();
        try
        {
            foreach (var open in new[] { VolumesIn(folder), Path.Combine(ExtraIn(folder), "host_vars") })
            {
                Directory.CreateDirectory(open);
                File.SetUnixFileMode(open, Everybody);
            }

            var all = new Dictionary<string, string>(settings, StringComparer.Ordinal)
            {
                ["OSISM_RUNTIMES__KOLLA_ANSIBLE__PATH"] = Checkout.PathOf("tests", "sequence", "kolla-ansible"),
                ["OSISM_RUNTIMES__CEPH_ANSIBLE__PATH"] = Checkout.PathOf("tests", "sequence", "ceph-ansible"),
                ["OSISM_RUNTIMES__OSISM_KUBERNETES__PATH"] = Checkout.PathOf("tests", "sequence", "osism-kubernetes"),
                ["OSISM_INVENTORY__EXTRA"] = ExtraIn(folder),
            };
            return new SequenceSite(folder, await Site.StartAsync(nodes, all, (lab, pod) => PrepareAsync(lab!, pod, VolumesIn(folder), cancellationToken), cancellationToken));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Has the repository say which images are pulled.</summary>
    public async Task ChoosePullsAsync(SequencePlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = await File.ReadAllTextAsync(Checkout.PathOf("tests", "sequence", "pod", "environments", "custom", "configuration.yml"), cancellationToken);
        await Pod.WriteAsync("environments/custom/configuration.yml", $"{text}pulls: [{string.Join(", ", plan.Steps.SelectMany(step => step.Pulls))}]\n", cancellationToken);
        await Pod.CommitAsync("Choose what is pulled", cancellationToken);
    }

    /// <summary>Has the stand-in of a role fail on all nodes until <see cref="LetPassAsync"/>.</summary>
    /// <param name="name">Its name in the journal.</param>
    public Task LetFailAsync(string name, CancellationToken cancellationToken) =>
        OnAllAsync(["touch", $"/var/lib/sequence/fail-{name}"], cancellationToken);

    public Task LetPassAsync(string name, CancellationToken cancellationToken) =>
        OnAllAsync(["rm", "-f", $"/var/lib/sequence/fail-{name}"], cancellationToken);

    /// <summary>Empties the journals.</summary>
    public Task ForgetAsync(CancellationToken cancellationToken) => OnAllAsync(["truncate", "-s", "0", Journal], cancellationToken);

    /// <summary>The journal of each node, line by line.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> JournalsAsync(CancellationToken cancellationToken)
    {
        var journals = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var node in Lab.Nodes)
        {
            journals[node.Name] = (await Lab.ExecAsync(node.Name, ["cat", Journal], cancellationToken)).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }

        return journals;
    }

    /// <summary>Whether a file of a node is there and was written after the node was prepared.</summary>
    public async Task<bool> HasNewAsync(string node, string path, CancellationToken cancellationToken) =>
        (await Lab.ExecAsync(node, ["test", path, "-nt", "/var/lib/sequence/began"], cancellationToken)).ExitCode == 0;

    /// <summary>The hosts that a pattern means, as the manager says. No host is no fault.</summary>
    public async Task<IReadOnlyList<string>> HostsAsync(string pattern, CancellationToken cancellationToken)
    {
        var answer = await Cli.RunAsync(cancellationToken, "get", "hosts", "-l", pattern, "--format", "csv");
        return [.. answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(host => host.Trim())];
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _folder.Dispose();
    }

    private static string VolumesIn(TempFolder folder) => folder["volumes"];

    private static string ExtraIn(TempFolder folder) => folder["extra"];

    private static async Task PrepareAsync(NodeLab lab, ConfigurationPod pod, string volumes, CancellationToken cancellationToken)
    {
        var script = await File.ReadAllTextAsync(Checkout.PathOf("tests", "sequence", "prepare-node"), cancellationToken);
        await Parallel.ForEachAsync(lab.Nodes, cancellationToken, async (node, token) =>
        {
            var done = await lab.ExecAsync(node.Name, ["sh", "-c", script], token);
            if (done.ExitCode != 0)
            {
                throw new InvalidOperationException($"{node.Name} could not be prepared: {done.Text}{done.Errors}");
            }
        });

        await new Command("cp") { Arguments = ["-r", $"{Checkout.PathOf("tests", "sequence", "pod")}/.", pod.Path] }.MustAsync(cancellationToken);
        await pod.WriteAsync("inventory/20-roles", SequenceInventory.Roles([.. lab.Nodes.Select(node => node.Name)]), cancellationToken);
        foreach (var node in lab.Nodes)
        {
            // Beside a folder of a host its file would not be read.
            Directory.CreateDirectory(pod.PathOf("inventory", "host_vars", node.Name));
            File.Move(pod.PathOf("inventory", "host_vars", $"{node.Name}.yml"), pod.PathOf("inventory", "host_vars", node.Name, "host.yml"));
        }

        var settings = new StringBuilder(await File.ReadAllTextAsync(pod.PathOf("environments", "ceph", "configuration.yml"), cancellationToken));
        settings.Append($"lvm_configuration_directory: {volumes}\n");
        await pod.WriteAsync("environments/ceph/configuration.yml", settings.ToString(), cancellationToken);
        await pod.CommitAsync("Make it that of the testbed", cancellationToken);
    }

    private async Task OnAllAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        foreach (var node in Lab.Nodes)
        {
            var done = await Lab.ExecAsync(node.Name, command, cancellationToken);
            if (done.ExitCode != 0)
            {
                throw new InvalidOperationException($"{string.Join(' ', command)} on {node.Name}: {done.Errors}");
            }
        }
    }
}
