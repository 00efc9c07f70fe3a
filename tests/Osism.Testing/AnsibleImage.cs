namespace Osism.Testing;

/// <summary>A real image with Debian's Ansible and playbooks of a test, in a storage of podman's of its own; or where <c>OSISM_TEST_DOCKER</c> names the socket of a docker, there.</summary>
public sealed class AnsibleImage : IAsyncDisposable
{
    // Debian's crun wants one kind of cgroups alone, and a test machine need not allow a container more files than itself has.
    private static readonly string[] Runtime = ["--runtime=runc", "--cgroup-manager=cgroupfs"];

    private readonly TempFolder _folder = new();

    private AnsibleImage()
    {
    }

    public const string Name = "localhost/osism-test:1";

    /// <summary>Address of the docker that is tried in the place of podman; null = none.</summary>
    public static string? Docker { get; } = Environment.GetEnvironmentVariable("OSISM_TEST_DOCKER");

    /// <summary>What runs it.</summary>
    public static string Engine => Docker is null ? "podman" : "docker";

    /// <summary>What a client of the image gives the engine before its command.</summary>
    public IReadOnlyList<string> EngineOptions => Docker is not null ? ["--host", Docker] : ["--root", _folder["storage"], "--runroot", _folder["run"], .. Runtime];

    /// <summary>And after <c>run</c>.</summary>
    public static IReadOnlyList<string> RunOptions => ["--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"];

    /// <summary>Builds it; some seconds.</summary>
    /// <param name="playbooks">Content by path below <c>/ansible</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<AnsibleImage> BuildAsync(IReadOnlyDictionary<string, string> playbooks, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(playbooks);
        var image = new AnsibleImage();
        foreach (var (path, content) in playbooks)
        {
            var file = Path.Combine(image._folder["ansible"], path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, content, cancellationToken);
        }

        await new Command(Checkout.PathOf("scripts", "ansible-image")) { Arguments = [Engine, Name, image._folder["ansible"], .. image.EngineOptions], Timeout = Bounds.Long }.MustAsync(cancellationToken);
        return image;
    }

    /// <summary>Settings of a runtime that is this image, as environment variables.</summary>
    /// <param name="runtime">Its name.</param>
    /// <param name="environment">The environment it owns.</param>
    public Dictionary<string, string> Settings(string runtime, string environment)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        var prefix = $"OSISM_RUNTIMES__{runtime.ToUpperInvariant()}__";
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [$"{prefix}IMAGE"] = Name,
            [$"{prefix}ENGINE"] = Engine,
            [$"{prefix}ENVIRONMENTS__0"] = environment,
        };
        foreach (var (number, option) in EngineOptions.Index())
            settings[$"{prefix}ENGINEOPTIONS__{number}"] = option;
        foreach (var (number, option) in RunOptions.Index())
            settings[$"{prefix}RUNOPTIONS__{number}"] = option;
        return settings;
    }

    /// <summary>Names of the containers there are, running or not.</summary>
    public async Task<string> ContainersAsync(CancellationToken cancellationToken) =>
        (await EngineAsync(cancellationToken, "ps", "--all", "--format", "{{.Names}}")).Text.Trim();

    public Task<CommandResult> EngineAsync(CancellationToken cancellationToken, params string[] arguments) =>
        new Command(Engine) { Arguments = [.. EngineOptions, .. arguments] }.MustAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Docker is null)
        {
            // Mounts of containers that still run would keep the folder.
            await EngineAsync(CancellationToken.None, "rm", "--all", "--force");
            await EngineAsync(CancellationToken.None, "rmi", "--all", "--force");
        }

        _folder.Dispose();
    }
}
