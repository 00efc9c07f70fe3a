namespace Osism.Testing;

/// <summary>A configuration repository of a test, made from <c>examples/pod</c> in a git of its own.</summary>
public sealed class ConfigurationPod : IDisposable
{
    private readonly TempFolder _folder;

    private ConfigurationPod(TempFolder folder, string path)
    {
        _folder = folder;
        Path = path;
    }

    /// <summary>The repository: the value of <c>OSISM_CONFIGURATION</c>.</summary>
    public string Path { get; }

    /// <summary>Opens <c>environments/secrets.yml</c>, unless the pod is plain.</summary>
    public string VaultPassword => File.ReadAllText(PathOf("secrets", "vaultpass")).Trim();

    /// <summary>A pod of the nodes of a lab; without a lab, of this machine alone.</summary>
    /// <param name="lab">Whose nodes and key are used.</param>
    /// <param name="encrypted">Whether <c>environments/secrets.yml</c> is encrypted with <see cref="VaultPassword"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<ConfigurationPod> CreateAsync(NodeLab? lab, bool encrypted, CancellationToken cancellationToken)
    {
        var folder = new TempFolder();
        var pod = new ConfigurationPod(folder, folder["pod"]);
        List<string> arguments = [pod.Path];
        if (!encrypted)
        {
            arguments.Add("--plain");
        }

        if (lab is null)
        {
            arguments.Add("--local");
        }
        else
        {
            arguments.AddRange(lab.Nodes.SelectMany(node => new[] { "--node", $"{node.Name}={node.Address}" }));
            arguments.AddRange(["--manager", lab.ManagerAddress, "--key", lab.PrivateKey]);
        }

        await new Command(Checkout.PathOf("scripts", "make-pod")) { Arguments = arguments }.MustAsync(cancellationToken);
        return pod;
    }

    public string PathOf(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a file of the repository, with the folders it needs. It is not committed.</summary>
    public async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        var file = PathOf(path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, text, cancellationToken);
    }

    /// <summary>Writes <c>environments/custom/playbook-ROLE.yml</c>.</summary>
    public Task PlayAsync(string role, string yaml, CancellationToken cancellationToken) =>
        WriteAsync($"environments/custom/playbook-{role}.yml", yaml, cancellationToken);

    /// <summary>Commits all that changed.</summary>
    public async Task CommitAsync(string subject, CancellationToken cancellationToken)
    {
        await GitAsync(cancellationToken, "add", "-A");
        await GitAsync(cancellationToken, "commit", "-q", "-m", subject);
    }

    public Task<CommandResult> GitAsync(CancellationToken cancellationToken, params string[] arguments) =>
        new Command("git") { Arguments = ["-C", Path, .. arguments] }.MustAsync(cancellationToken);

    public void Dispose() => _folder.Dispose();
}
