namespace Osism.Testing;

/// <summary>Nodes made of namespaces, in a network of their own (<c>scripts/nodes</c>; root only).</summary>
public sealed class NodeLab : IAsyncDisposable
{
    private static readonly string Script = Checkout.PathOf("scripts", "nodes");
    private readonly TempFolder _folder;

    private NodeLab(TempFolder folder, string key)
    {
        _folder = folder;
        PrivateKey = key;
    }

    /// <summary>Logs in as <c>dragon</c> and as <c>root</c>.</summary>
    public string PrivateKey { get; }

    /// <summary>Name and address, in the order they were asked for.</summary>
    public IReadOnlyList<Node> Nodes { get; private set; } = [];

    /// <summary>Address of this machine in the network of the nodes. An sshd answers there when the lab has a manager.</summary>
    public string ManagerAddress { get; private set; } = "";

    /// <summary>Begins of the names of links and namespaces.</summary>
    public string Prefix { get; private set; } = "";

    /// <summary>Starts <c>node-0</c> ... in the first free network 198.18.N.0/24.</summary>
    /// <param name="count">Number of nodes.</param>
    /// <param name="managerVariables">Not null: also an sshd of this machine on <see cref="ManagerAddress"/> for its user dragon, whose sessions have these variables (<c>NAME=VALUE</c>).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The script failed; holds what it said.</exception>
    public static Task<NodeLab> StartAsync(int count, IReadOnlyList<string>? managerVariables, CancellationToken cancellationToken) =>
        StartAsync([.. Enumerable.Range(0, count).Select(number => $"node-{number}")], managerVariables, cancellationToken);

    /// <summary>The same with names of their own.</summary>
    /// <inheritdoc cref="StartAsync(int, IReadOnlyList{string}?, CancellationToken)"/>
    public static async Task<NodeLab> StartAsync(IReadOnlyList<string> names, IReadOnlyList<string>? managerVariables, CancellationToken cancellationToken)
    {
        var folder = new TempFolder();
        var lab = new NodeLab(folder, folder["key"]);
        await new Command("ssh-keygen") { Arguments = ["-q", "-t", "ed25519", "-N", "", "-f", lab.PrivateKey] }.MustAsync(cancellationToken);

        List<string> arguments =
            ["up", .. names, "--network", "auto", "--key", $"{lab.PrivateKey}.pub", "--owner", $"{Environment.ProcessId}"];
        if (managerVariables is not null)
        {
            arguments.Add("--manager");
            foreach (var variable in managerVariables)
            {
                arguments.AddRange(["--setenv", variable]);
            }
        }

        var up = await new Command(Script) { Arguments = arguments }.MustAsync(cancellationToken);
        lab.Nodes = [.. up.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Node.Parse).Where(node => node.Name != "manager").OrderBy(node => names.Index().First(name => name.Item == node.Name).Index)];
        var network = lab.Nodes[0].Address[..lab.Nodes[0].Address.LastIndexOf('.')];
        lab.ManagerAddress = $"{network}.1";
        lab.Prefix = $"osm{network[(network.LastIndexOf('.') + 1)..]}";
        return lab;
    }

    /// <summary>Takes the node's link down.</summary>
    public Task CutAsync(string node, CancellationToken cancellationToken) => ScriptAsync(cancellationToken, "cut", node);

    /// <summary>Takes the node's link up again.</summary>
    public Task HealAsync(string node, CancellationToken cancellationToken) => ScriptAsync(cancellationToken, "heal", node);

    /// <summary>Kills everything on the node at once, as a loss of power does.</summary>
    public Task StopAsync(string node, CancellationToken cancellationToken) => ScriptAsync(cancellationToken, "down", node);

    /// <summary>Runs a command on the node as root, past its sshd.</summary>
    public Task<CommandResult> ExecAsync(string node, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        new Command(Script) { Arguments = ["exec", "--prefix", Prefix, node, .. command] }.RunAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // A test that was cancelled still has to take its nodes away.
        await ScriptAsync(CancellationToken.None, "down");
        _folder.Dispose();
    }

    private Task<CommandResult> ScriptAsync(CancellationToken cancellationToken, params string[] words) =>
        new Command(Script) { Arguments = [words[0], "--prefix", Prefix, .. words[1..]] }.MustAsync(cancellationToken);
}

/// <summary>One node of a <see cref="NodeLab"/>.</summary>
public sealed record Node(string Name, string Address)
{
    // NAME ADDRESS PID STATE, as `nodes list` prints it.
    internal static Node Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new Node(words[0], words[1]);
    }
}
