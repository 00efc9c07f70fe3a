using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Setup;

/// <summary>Makes the repository of a pod beside its place, whole, and then gives it its name.</summary>
/// <remarks>What if we die here? Before the rename there is nothing in the place; what lies beside it belongs to nobody and is removed by the next call. After it all is there.</remarks>
internal sealed class PodMaker : IDisposable
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;
    private const UnixFileMode PublicFile = OwnerFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly string[] GitOptions =
        ["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false", "-c", "user.name=osism", "-c", "user.email=osism@localhost", "-c", "init.templateDir="];

    private readonly string _target;
    private readonly FileLock _lock;

    // A git that whoever called us works with is not the one of this repository.
    private readonly Dictionary<string, string> _environment;

    private PodMaker(string target, FileLock held, IReadOnlyDictionary<string, string> environment) =>
        (_target, _lock, _environment) = (target, held, environment.Where(variable => !variable.Key.StartsWith("GIT_", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal));

    /// <summary>Where it is made.</summary>
    public string Stage => $"{_target}.new";

    /// <summary>A folder that is gone at the end, for whoever has to write something meanwhile.</summary>
    public string Scratch => $"{_target}.new.home";

    private string Secrets => Path.Combine(Stage, "secrets");

    /// <param name="target">Where the repository is to be; an empty folder may be there.</param>
    /// <param name="environment">For git and ssh-keygen.</param>
    /// <exception cref="OsismException"><c>repository.exists</c>; <c>repository.busy</c> while another one makes it; <c>access.denied</c>.</exception>
    public static PodMaker Begin(string target, IReadOnlyDictionary<string, string> environment)
    {
        try
        {
            RequireEmpty(target);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var held = FileLock.TryTake($"{target}.new.lock")
                ?? throw new OsismException(ErrorCodes.RepositoryBusy, $"another 'osism init' makes {target}");
            var maker = new PodMaker(target, held, environment);
            maker.Clear();
            return maker;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.AccessDenied, $"{target} cannot be made: {e.Message}", e);
        }
    }

    /// <exception cref="OsismException"><c>repository.exists</c></exception>
    public static void RequireEmpty(string target)
    {
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
            throw new OsismException(ErrorCodes.RepositoryExists, $"{target} holds something, and nothing of it was touched: name a folder that does not exist or is empty") { File = target };
    }

    /// <summary>Writes everything, and commits what may be.</summary>
    /// <returns>The vault password, which opens its secrets.</returns>
    public async Task<string> MakeAsync(PodPlan plan, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Stage);
        Directory.CreateDirectory(Secrets, OwnerFolder);
        var operatorKeys = await KeepAsync("operator", plan.OperatorKey, cancellationToken);
        var configurationKeys = await KeepAsync("configuration", null, cancellationToken);
        var secrets = await SecretSchema.MakeAsync(name => KeysAsync(name, cancellationToken));
        secrets[SecretSchema.All]["operator_private_key"] = $"|\n{SecretSchema.Indent(operatorKeys.Private, 2)}";
        secrets[SecretSchema.All]["configuration_git_private_key"] = $"|\n{SecretSchema.Indent(configurationKeys.Private, 2)}";

        foreach (var (path, text) in PodFiles.Of(plan, Guid.NewGuid().ToString(), operatorKeys.Public.Trim()))
            await WriteAsync(path, Encoding.UTF8.GetBytes(text), PublicFile, cancellationToken);
        var password = SecretSchema.VaultPassword();
        await WriteAsync("secrets/vaultpass", Encoding.UTF8.GetBytes($"{password}\n"), OwnerFile, cancellationToken);
        foreach (var environment in PodFiles.Environments(plan).Prepend(SecretSchema.All))
        {
            var content = secrets.TryGetValue(environment, out var own) ? string.Concat(own.Select(pair => $"{pair.Key}:{(pair.Value.StartsWith('\n') ? "" : " ")}{pair.Value}\n")) : "dummy: true\n";
            // The plain text of the file is on no disk, not even for a moment.
            var path = environment == SecretSchema.All ? "environments/secrets.yml" : $"environments/{environment}/secrets.yml";
            await WriteAsync(path, AnsibleVault.Encrypt(Encoding.UTF8.GetBytes($"---\n{content}"), password), PublicFile, cancellationToken);
        }

        await GitAsync(["init", "-q", "-b", "main", "."], cancellationToken);
        await GitAsync(["add", "-A"], cancellationToken);
        await GitAsync(["commit", "-q", "-m", $"Begin the pod {plan.Domain}"], cancellationToken);
        return password;
    }

    /// <summary>Puts it in its place.</summary>
    /// <exception cref="OsismException"><c>repository.exists</c>: somebody put something there meanwhile.</exception>
    public void Publish()
    {
        RequireEmpty(_target);
        try
        {
            if (Directory.Exists(_target))
                Directory.Delete(_target);
            Directory.Move(Stage, _target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.RepositoryNotMade, $"{_target} cannot be put in its place: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        Clear();
        _lock.Dispose();
    }

    private void Clear()
    {
        foreach (var folder in (string[])[Stage, Scratch])
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private async Task WriteAsync(string path, byte[] content, UnixFileMode mode, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Stage, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await AtomicFile.WriteAsync(file, content, mode, cancellationToken);
    }

    /// <summary>A pair of keys that stays in <c>secrets/</c>: a new one, or that of a file.</summary>
    private async Task<KeyPair> KeepAsync(string name, string? from, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Secrets, $"id_rsa.{name}");
        if (from is null)
            return await GenerateAsync(file, name, cancellationToken);
        try
        {
            await AtomicFile.WriteAsync(file, await File.ReadAllBytesAsync(from, cancellationToken), OwnerFile, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.FileMissing, $"the operator's key {from} cannot be read: {e.Message}", e) { File = from };
        }

        // With an empty passphrase, so that a key which has one is refused instead of asked for.
        var shown = await RunAsync("ssh-keygen", ["-y", "-P", "", "-f", file], cancellationToken);
        if (shown.ExitCode != 0)
            throw new OsismException(ErrorCodes.RequestInvalid, $"{from} is no private key without a passphrase: {shown.Error.Trim()}");
        await AtomicFile.WriteAsync($"{file}.pub", shown.OutputBytes, PublicFile, cancellationToken);
        return new KeyPair(await File.ReadAllTextAsync(file, cancellationToken), shown.Output);
    }

    /// <summary>A pair of keys of which nothing stays.</summary>
    private async Task<KeyPair> KeysAsync(string name, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Secrets, $".{name}");
        var pair = await GenerateAsync(file, name, cancellationToken);
        File.Delete(file);
        File.Delete($"{file}.pub");
        return pair;
    }

    private async Task<KeyPair> GenerateAsync(string file, string comment, CancellationToken cancellationToken)
    {
        var result = await RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file], cancellationToken);
        if (result.ExitCode != 0)
            throw new OsismException(ErrorCodes.RepositoryNotMade, $"ssh-keygen made no key: {result.Error.Trim()}");
        return new KeyPair(await File.ReadAllTextAsync(file, cancellationToken), await File.ReadAllTextAsync($"{file}.pub", cancellationToken));
    }

    private async Task GitAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var result = await RunAsync("git", [.. GitOptions, .. arguments], cancellationToken);
        if (result.ExitCode != 0)
            throw new OsismException(ErrorCodes.RepositoryNotMade, $"git {arguments[0]} failed: {result.Error.Trim()}");
    }

    private async Task<ProcessResult> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await ProcessRunner.RunAsync(new ProcessSpec(program, arguments) { WorkingDirectory = Stage, Environment = _environment }, cancellationToken);
        }
        catch (FileNotFoundException e)
        {
            throw new OsismException(ErrorCodes.RepositoryNotMade, $"{program} is not installed", e);
        }
    }
}
