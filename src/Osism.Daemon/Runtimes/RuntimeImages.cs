using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Runtimes;

/// <summary>Keeps an eye on the images of runtimes of kind <c>container</c>: fetches those that are missing and knows what is in them.</summary>
/// <remarks>
/// What an image holds is asked once, by running it, and kept in a file by the image's content. What if we die here? A pull that was cut off is begun
/// again by the next start, and the file has its name only when it is whole.
/// </remarks>
internal sealed partial class RuntimeImages(IOptions<RuntimesOptions> options, OsismHome home, TimeProvider time, ILogger<RuntimeImages> log) : BackgroundService
{
    /// <summary>An image that changes its content under the same name is seen after this.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(60);

    /// <summary>A pull may be large; an engine that hangs must not be waited for without an end.</summary>
    private static readonly TimeSpan LongestPull = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(10);

    // Paths of the YAML files of the folder that is its argument, and of the folders in it.
    private const string ListProgram =
        "import os,sys\nroot=sys.argv[1]\nfor at in [root]+sorted(d.path for d in os.scandir(root) if d.is_dir()):\n for name in sorted(os.listdir(at)):\n  if name.endswith('.yml'): print(os.path.join(at,name))";

    private readonly ConcurrentDictionary<string, RuntimeImage> _images = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _changes;

    /// <summary>Another number whenever something may have changed.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>What is known of the image of a runtime of that kind.</summary>
    public RuntimeImage Find(string runtime) => _images.GetOrAdd(runtime, name => Unseen(options.Value.Find(name)!));

    /// <summary>Waits until each image was looked at once, but no longer than ten seconds: who asks right after the start should not be told that nothing is there.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (_looked.Task.IsCompleted || !Configured().Any())
            return;
        await _looked.Task.WaitAsync(FirstLook, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var configured = Configured().ToList();
        while (configured.Count > 0 && !stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(configured.Select(one => LookAsync(one.Name, one.Settings, stoppingToken)));
            _looked.TrySetResult();
            await Task.Delay(Pace, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private IEnumerable<(string Name, RuntimeSettings Settings)> Configured() => RuntimeCatalog.BuiltIn.Concat(options.Value.Own())
        .Select(name => (name, Settings: options.Value.Find(name)!)).Where(one => one.Settings?.EffectiveKind == RuntimeKind.Container);

    private async Task LookAsync(string runtime, RuntimeSettings settings, CancellationToken cancellationToken)
    {
        var before = Find(runtime);
        RuntimeImage image;
        try
        {
            image = await SeeAsync(runtime, before, settings, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            image = before with { State = RuntimeImageState.Broken, Fault = e is OperationCanceledException ? $"{string.Join(' ', before.Engine)} does not answer" : e.Message };
        }

        _images[runtime] = image;
        Interlocked.Increment(ref _changes);
        if (image.Stamp == before.Stamp && image.Fault == before.Fault)
            return;
        if (image.Fault is { } fault)
            LogBroken(runtime, image.Reference, fault);
        else
            LogReady(runtime, image.Reference, image.Ansible ?? "?", image.Playbooks.Count);
    }

    private async Task<RuntimeImage> SeeAsync(string runtime, RuntimeImage before, RuntimeSettings settings, CancellationToken cancellationToken)
    {
        var image = Unseen(settings) with { Id = before.Id, Ansible = before.Ansible, Playbooks = before.Playbooks };
        if (await IdAsync(image, cancellationToken) is not { } id)
        {
            _images[runtime] = image with { State = RuntimeImageState.Pulling };
            Interlocked.Increment(ref _changes);
            LogPulling(runtime, image.Reference);
            var pull = await RunAsync(image, ["pull", "--quiet", image.Reference], LongestPull, cancellationToken);
            if (pull.ExitCode != 0)
                return image with { State = RuntimeImageState.Broken, Fault = $"the image {image.Reference} could not be pulled: {LastLine(pull)}" };
            id = await IdAsync(image, cancellationToken) ?? throw new InvalidOperationException($"the image {image.Reference} was pulled, and is not there");
        }

        if (id == before.Id && before.State == RuntimeImageState.Ready)
            return before;
        var (content, fault) = await ContentAsync(image with { Id = id }, settings, cancellationToken);
        return fault is null ? content with { State = RuntimeImageState.Ready } : content with { State = RuntimeImageState.Broken, Fault = fault };
    }

    /// <summary>Name of the content; null when the image is not here.</summary>
    private static async Task<string?> IdAsync(RuntimeImage image, CancellationToken cancellationToken)
    {
        var inspect = await RunAsync(image, ["image", "inspect", "--format", "{{.Id}}", image.Reference], LongestLook, cancellationToken);
        return inspect.ExitCode == 0 && inspect.Output.Trim() is { Length: > 0 } id ? id : null;
    }

    private async Task<(RuntimeImage Image, string? Fault)> ContentAsync(RuntimeImage image, RuntimeSettings settings, CancellationToken cancellationToken)
    {
        var folder = Path.TrimEndingDirectorySeparator(settings.Path ?? "/ansible");
        var program = settings.AnsiblePlaybook ?? "ansible-playbook";
        var file = Path.Combine(home.Cache, "images", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{image.Id}\n{folder}\n{program}")))[..32]);
        if (!File.Exists(file))
        {
            var version = await RunAsync(image, InImage(image, program, "--version"), LongestLook, cancellationToken);
            if (version.ExitCode != 0 || AnsibleVersions.CoreVersion().Match(version.Output) is not { Success: true } core)
                return (image, $"the image {image.Reference} has no {program} that works: {LastLine(version)}");
            var list = await RunAsync(image, InImage(image, "python3", "-c", ListProgram, folder), LongestLook, cancellationToken);
            if (list.ExitCode != 0)
                return (image, $"the playbooks in {folder} of the image {image.Reference} cannot be listed: {LastLine(list)}");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var draft = $"{file}.{Guid.CreateVersion7()}";
            await File.WriteAllTextAsync(draft, $"{core.Groups["version"].Value}\n{list.Output}", cancellationToken);
            File.Move(draft, file, overwrite: true);
        }

        var lines = await File.ReadAllLinesAsync(file, cancellationToken);
        return (image with { Ansible = lines[0], Playbooks = lines[1..].ToFrozenSet(StringComparer.Ordinal) }, null);
    }

    private static IReadOnlyList<string> InImage(RuntimeImage image, params IReadOnlyList<string> command) =>
        ["run", "--rm", "--pull=never", "--network=none", .. image.RunOptions, "--env", "LC_ALL=C.UTF-8", "--env", "HOME=/tmp", "--entrypoint", "", image.Reference, .. command];

    private static Task<ProcessResult> RunAsync(RuntimeImage image, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellationToken) =>
        LimitedAsync(new ProcessSpec(image.Engine[0], [.. image.Engine.Skip(1), .. arguments]), limit, cancellationToken);

    private static async Task<ProcessResult> LimitedAsync(ProcessSpec spec, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(limit);
        try
        {
            return await ProcessRunner.RunAsync(spec, over.Token);
        }
        catch (FileNotFoundException e)
        {
            throw new InvalidOperationException($"the container engine {spec.File} is not installed; install it, or set runtimes.NAME.engine", e);
        }
    }

    private static RuntimeImage Unseen(RuntimeSettings settings) =>
        new(settings.Image ?? "", [settings.Engine ?? DefaultEngine(), .. settings.EngineOptions], settings.RunOptions);

    private static string DefaultEngine() => InPath("podman") || !InPath("docker") ? "podman" : "docker";

    private static bool InPath(string name) => RuntimeCatalog.SearchPath.Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));

    private static string LastLine(ProcessResult result) =>
        (result.Error + result.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? $"exit code {result.ExitCode}";

    [LoggerMessage(EventId = 2110, Level = LogLevel.Information, Message = "{Runtime}: {Image} is ready: ansible-core {Version}, {Count} playbooks")]
    private partial void LogReady(string runtime, string image, string version, int count);

    [LoggerMessage(EventId = 2111, Level = LogLevel.Warning, Message = "{Runtime}: {Image} cannot be used: {Fault}")]
    private partial void LogBroken(string runtime, string image, string fault);

    [LoggerMessage(EventId = 2112, Level = LogLevel.Information, Message = "{Runtime}: {Image} is not here and is being pulled")]
    private partial void LogPulling(string runtime, string image);
}
