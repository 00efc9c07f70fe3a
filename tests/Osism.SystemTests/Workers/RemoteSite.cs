using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Workers;

/// <summary>Two managers and two workers on four machines that share nothing but a network, and in it a PostgreSQL.</summary>
/// <remarks>The managers have the repository at <c>/srv/pod</c> and homes of their own; the workers have neither.</remarks>
public sealed class RemoteSite : IAsyncLifetime
{
    private const string Repository = "/srv/pod";
    private static readonly TimeSpan ReadyWithin = Bounds.Long;

    private readonly TempFolder _folder = new();

    public NodeLab Lab { get; private set; } = null!;

    public NetworkPostgres Postgres { get; private set; } = null!;

    public ConfigurationPod Pod { get; private set; } = null!;

    public IReadOnlyList<RemoteNode> Managers { get; private set; } = [];

    public IReadOnlyList<RemoteNode> Workers { get; private set; } = [];

    /// <summary>Folder on a worker in which runs leave their marks.</summary>
    public static string Marks => "/var/tmp/marks";

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Lab = await NodeLab.StartAsync(4, managerVariables: null, token);
        Pod = await ConfigurationPod.CreateAsync(Lab, encrypted: true, token);
        foreach (var (role, play) in Plays.All)
        {
            await Pod.PlayAsync(role, play, token);
        }

        await Pod.CommitAsync("Add the plays of the tests", token);
        Postgres = await NetworkPostgres.StartAsync(Lab.ManagerAddress, token);
        Managers = [New(0, "/srv/manager-0"), New(1, "/srv/manager-1")];
        Workers = [New(2, "/srv/worker-2"), New(3, "/srv/worker-3")];

        foreach (var node in Managers.Concat(Workers))
        {
            await CopyProgramsAsync(node, token);
        }

        foreach (var manager in Managers)
        {
            await CopyPodAsync(manager, token);
        }

        await StartManagerAsync(Managers[0], token);
        await Managers[0].MustAsync($"printf %s {Pod.VaultPassword} | OSISM_HOME={Managers[0].Home} {Checkout.Cli} vault password set", token);
        await JoinAsync(Managers[1], token);
        await StartManagerAsync(Managers[1], token);
        foreach (var worker in Workers)
        {
            await worker.MustAsync($"mkdir -m 1777 {Marks}", token);
            await JoinAsync(worker, token);
            await StartWorkerAsync(worker, token);
        }
    }

    /// <summary>Takes a home into the installation by a token that its first manager makes.</summary>
    public async Task<string> JoinAsync(RemoteNode node, CancellationToken cancellationToken)
    {
        await node.WriteAsync("/root/token", await Managers[0].MustOsismAsync(cancellationToken, "worker", "token"), cancellationToken);
        await node.WriteAsync("/root/database", Postgres.Url, cancellationToken);
        return await node.MustAsync($"OSISM_HOME={node.Home} {Checkout.Daemon} join --token-file /root/token --database-file /root/database; code=$?; rm /root/token /root/database; exit $code", cancellationToken);
    }

    /// <summary>A manager without a worker of its own.</summary>
    public async Task StartManagerAsync(RemoteNode manager, CancellationToken cancellationToken)
    {
        await manager.StartAsync("api,beat", cancellationToken, $"OSISM_CONFIGURATION={Repository}", $"OSISM_DATABASE={Postgres.Url}");
        await ReadyAsync(manager, async token => (await manager.OsismAsync(token, "worker", "list")).ExitCode == 0, cancellationToken);
    }

    public async Task StartWorkerAsync(RemoteNode worker, CancellationToken cancellationToken, params string[] settings)
    {
        await worker.StartAsync("worker:osism-ansible,worker:conductor", cancellationToken, settings);
        await ReadyAsync(worker, async token => (await Managers[0].WorkersAsync(token)).Any(info => info.Name == worker.Name && info.State == "up"), cancellationToken);
    }

    /// <summary>Brings a manager's repository to what the test made of <see cref="Pod"/>.</summary>
    public Task CopyPodAsync(RemoteNode manager, CancellationToken cancellationToken) => CopyAsync(manager, Pod.Path, Repository, ["."], cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // With their first process everything on the machines is gone.
        if (Lab is not null)
        {
            await Lab.DisposeAsync();
        }

        if (Postgres is not null)
        {
            await Postgres.DisposeAsync();
        }

        Pod?.Dispose();
        _folder.Dispose();
    }

    /// <summary>A machine shows neither /tmp nor what else is mounted on ours: there our checkout may lie.</summary>
    private async Task CopyProgramsAsync(RemoteNode node, CancellationToken cancellationToken)
    {
        if ((await node.ExecAsync(cancellationToken, "test", "-x", Checkout.Daemon)).ExitCode != 0)
        {
            await CopyAsync(
                node, Checkout.Root, Checkout.Root, ["Osism.slnx", "ansible", "catalog", "artifacts/bin/Osism.Cli", "artifacts/bin/Osism.Daemon"], cancellationToken);
        }
    }

    /// <summary>Copies what lies in a folder of ours into one of a machine.</summary>
    private async Task CopyAsync(RemoteNode node, string from, string to, string[] what, CancellationToken cancellationToken)
    {
        var archive = (await new Command("tar") { Arguments = ["-C", from, "-cz", .. what] }.MustAsync(cancellationToken)).Stdout;
        var file = _folder["copy.tar.gz"];
        await File.WriteAllBytesAsync(file, archive, cancellationToken);
        await new Command("/bin/sh")
        {
            Arguments = ["-c", "exec \"$0\" exec --prefix \"$1\" \"$2\" sh -c \"mkdir -p $4 && tar -C $4 -xz --no-same-owner\" <\"$3\"", Checkout.PathOf("scripts", "nodes"), Lab.Prefix, node.Name, file, to],
        }.MustAsync(cancellationToken);
    }

    private RemoteNode New(int number, string home) => new(Lab, $"node-{number}", home);

    private static async Task ReadyAsync(RemoteNode node, Func<CancellationToken, Task<bool>> isReady, CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.TrueAsync($"osismd on {node.Name} is ready", isReady, ReadyWithin, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new TimeoutException($"{e.Message}\n{await node.LogAsync(CancellationToken.None)}", e);
        }
    }
}
