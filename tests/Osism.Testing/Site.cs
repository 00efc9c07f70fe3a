namespace Osism.Testing;

/// <summary>A whole installation: nodes, their pod, and a manager that knows its vault password.</summary>
/// <remarks>The pod's <c>manager-0</c> is this machine, as its user <c>dragon</c>, with <c>osism</c> on the PATH.</remarks>
public sealed class Site : IAsyncDisposable
{
    private Site(NodeLab? lab, ConfigurationPod pod, Daemon daemon)
    {
        Lab = lab;
        Pod = pod;
        Daemon = daemon;
    }

    /// <summary>Null when the pod is this machine alone.</summary>
    public NodeLab? Lab { get; }

    public ConfigurationPod Pod { get; }

    public Daemon Daemon { get; }

    public Cli Cli => Daemon.Cli;

    /// <param name="nodes">Number of nodes; 0 makes a pod of this machine alone.</param>
    /// <param name="settings">Environment variables of the daemon, such as <c>OSISM_WORKER__SLOTS</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static Task<Site> StartAsync(int nodes, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken) =>
        StartAsync([.. Enumerable.Range(0, nodes).Select(number => $"node-{number}")], settings, (_, _) => Task.CompletedTask, cancellationToken);

    /// <param name="nodes">Names of the nodes; none makes a pod of this machine alone.</param>
    /// <param name="settings">Environment variables of the daemon, such as <c>OSISM_WORKER__SLOTS</c>.</param>
    /// <param name="prepare">Changes nodes and pod before the manager starts. Without nodes there is no lab.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<Site> StartAsync(
        IReadOnlyList<string> nodes, IReadOnlyDictionary<string, string> settings, Func<NodeLab?, ConfigurationPod, Task> prepare, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prepare);
        NodeLab? lab = null;
        ConfigurationPod? pod = null;
        Daemon? daemon = null;
        try
        {
            // The folder comes first: sessions on the manager are told of it.
            var folder = new TempFolder();
            lab = nodes.Count > 0 ? await NodeLab.StartAsync(nodes, [$"OSISM_HOME={Daemon.HomeIn(folder)}"], cancellationToken) : null;
            pod = await ConfigurationPod.CreateAsync(lab, encrypted: true, cancellationToken);
            await prepare(lab, pod);
            daemon = await StartManagerAsync(folder, pod, settings, cancellationToken);
            return new Site(lab, pod, daemon);
        }
        catch
        {
            if (daemon is not null)
            {
                await daemon.DisposeAsync();
            }

            pod?.Dispose();
            if (lab is not null)
            {
                await lab.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>One more manager of a pod, which knows its vault password. The caller disposes it.</summary>
    /// <param name="folder">Holds all of it, and belongs to it from now on.</param>
    /// <param name="pod">Its configuration repository.</param>
    /// <param name="settings">Environment variables of the daemon.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<Daemon> StartManagerAsync(
        TempFolder folder, ConfigurationPod pod, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var daemon = await Daemon.StartAsync(folder, pod.Path, settings, cancellationToken);
        try
        {
            var password = daemon.Cli.Command("vault", "password", "set") with { Input = System.Text.Encoding.UTF8.GetBytes(pod.VaultPassword) };
            await password.MustAsync(cancellationToken);
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        Pod.Dispose();
        if (Lab is not null)
        {
            await Lab.DisposeAsync();
        }
    }
}
