using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Runs;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Makes of a request the very object that is executed, or says why it cannot be run.</summary>
/// <remarks>
/// Follows <c>reference/configuration.md</c> section 2. While no file changed nothing is read again and no program is started.
/// A list of services is one call of ansible-playbook with several playbooks: like the original's loop it ends with the first playbook that
/// failed; unlike there, facts set with <c>set_fact</c> and groups made with <c>group_by</c> last from one playbook to the next.
/// </remarks>
internal sealed class RunComposer(
    ConfigurationRepository repository,
    RepositoryLocks locks,
    RuntimeCatalog runtimes,
    RuntimeImages images,
    AnsibleVersions versions,
    ContainerRuns containers,
    RoleTable roles,
    RunRouter router,
    RunInventory findInventory,
    AnsibleConfigs configs,
    RunVault vault,
    RunEnvironment environment,
    SshControlFolders controlFolders,
    RunReadable readable,
    RunMappings mappings,
    OperatorKeySource operatorKey,
    IOptions<SshOptions> ssh,
    OsismHome home)
{
    private const string VaultPasswordFile = "vault_password";

    /// <summary>Where a request leads. Cheap, and enough to queue it.</summary>
    /// <exception cref="OsismException"><c>role.unknown</c>, <c>environment.missing</c> or <c>request.invalid</c>.</exception>
    public RunRoute Route(RunRequest request)
    {
        try
        {
            return router.Route(request);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>Roles for which there is a playbook.</summary>
    public IReadOnlyList<RoleInfo> ListRoles() => roles.Current().List();

    /// <summary>Composes a run that may start now.</summary>
    /// <exception cref="OsismException">What stands in the way, in this order: the request, the repository, the environment, a lock, the playbook or its runtime,
    /// missing files, broken files, the vault.</exception>
    public Task<ComposedRun> ComposeAsync(RunRequest request, AttemptPaths attempt, CancellationToken cancellationToken) =>
        GuardAsync(() => ComposeAsync(request, attempt, refuseLocked: true, cancellationToken));

    /// <summary>The same for somebody who only wants to see it: a lock is shown and does not refuse.</summary>
    public Task<ComposedRun> ExplainAsync(RunRequest request, CancellationToken cancellationToken) =>
        GuardAsync(() => ComposeAsync(request, AttemptPaths.Nil(home), refuseLocked: false, cancellationToken));

    /// <summary>What any step may meet on the disk.</summary>
    private async Task<ComposedRun> GuardAsync(Func<Task<ComposedRun>> compose)
    {
        try
        {
            return await compose();
        }
        catch (UnauthorizedAccessException e)
        {
            throw Unreadable(e);
        }
        catch (IOException e) when (DiskSpace.IsFull(e))
        {
            throw new OsismException(ErrorCodes.SpoolDiskFull, $"the disk of {home.Root} is full: free some space, then submit the job again", e);
        }
    }

    private OsismException Unreadable(UnauthorizedAccessException e) =>
        new(ErrorCodes.RepositoryUnreadable, $"the configuration repository {repository.Root} cannot be read: {e.Message}", e) { File = repository.Root };

    private async Task<ComposedRun> ComposeAsync(RunRequest request, AttemptPaths attempt, bool refuseLocked, CancellationToken cancellationToken)
    {
        repository.Require();
        await images.SettleAsync(cancellationToken);
        var index = roles.Current();
        var route = router.Route(request, index);
        var runtime = runtimes.Get(route.Runtime);
        if (!Directory.Exists(repository.EnvironmentFolder(route.Environment, route.FolderSub)))
            throw RunRouter.MissingEnvironment(repository, Path.GetFileName(repository.EnvironmentFolder(route.Environment, route.FolderSub)));
        var lockInfos = await FindLocksAsync(route, refuseLocked, cancellationToken);
        var files = RunFiles.Find(route, runtime, index, repository);
        if (runtime.AnsiblePlaybook is not { } program)
        {
            throw new OsismException(
                ErrorCodes.RuntimeMissing, $"no ansible-playbook was found for the runtime {runtime.Name}; install Ansible or set runtimes.{runtime.Name}.ansible_playbook");
        }

        await versions.RequireAsync(runtime, cancellationToken);
        var readablePlaybooks = files.Playbooks.Where(playbook => !runtime.IsInImage(playbook)).ToList();
        await readable.RequireAsync([.. files.ExtraVars, .. readablePlaybooks], cancellationToken);
        var config = configs.Merge(route, runtime);
        var inventory = await findInventory(cancellationToken);
        IReadOnlyList<string> extraVars = [.. files.ExtraVars, .. RunArguments.ExtraVarsFiles(route.Arguments, files.Folder, repository)];
        var secrets = await vault.OpenAsync(
            extraVars, readablePlaybooks, inventory, RunArguments.HasVaultPassword(route.Arguments) || environment.HasVaultPassword(config), cancellationToken);

        var key = await OperatorKey.FindAsync(home, config, operatorKey, secrets.OperatorKey, cancellationToken);
        var controlFolder = controlFolders.For(attempt);
        var env = environment.Build(route, runtime, config, inventory.Path, attempt, controlFolder, key is not null);
        var redis = environment.RedisPassword(config);
        var passwordFile = secrets.Password is null ? null : Path.Combine(attempt.Secrets, VaultPasswordFile);
        var plan = new RunPlanInfo
        {
            Runtime = route.Runtime,
            Queue = route.Queue,
            Environment = route.Environment,
            Playbook = files.Playbooks[0],
            Cwd = files.Folder,
            Argv = RunArguments.Build(program, passwordFile, route, files, request.DryRun),
            Env = env,
            ExtraVarsFiles = extraVars,
            AnsibleCfg = config.Files,
            Inventory = new RunInventoryInfo(inventory.Revision, inventory.Path),
            Vault = secrets.Info,
            Locks = lockInfos,
            Warnings = Warnings(request, route, config, env, inventory),
        };
        var composed = new ComposedRun(plan, route)
        {
            SecretFiles = SecretFiles(secrets.Password, key, redis),
            Secrets = redis is null ? secrets.Values : [.. secrets.Values, redis],
            Mappings = mappings.Of(runtime, inventory, attempt),
            ConfigurationHash = Hash(route, config, secrets.Hashes, runtime.Image?.Id, request.DryRun),
            SshControlFolder = controlFolder,
            WritableFolders = [environment.AnsibleHome, environment.FactCache, controlFolder],
        };
        return runtime.Image is { } image ? containers.Wrap(composed, image, attempt, inventory.Path, config.Path) : composed;
    }

    private async Task<List<RunLockInfo>> FindLocksAsync(RunRoute route, bool refuse, CancellationToken cancellationToken)
    {
        var infos = new List<RunLockInfo>();
        foreach (var place in locks.Places(route.Environment, route.FolderSub))
        {
            var held = await locks.FindAsync(place, cancellationToken);
            if (held is not null && refuse)
                throw held.ToException(repository.Relative(place.Path));
            infos.Add(new RunLockInfo(place.Scope, place.Path, held is not null) { Holder = held?.Owner, Reason = held?.Reason });
        }

        return infos;
    }

    private List<ReasonInfo> Warnings(RunRequest request, RunRoute route, MergedConfig config, IReadOnlyDictionary<string, string> env, InventorySnapshot inventory)
    {
        var warnings = new List<ReasonInfo>();
        if (inventory.Stale is { } stale)
            warnings.Add(new ReasonInfo(stale.Finding is null ? "inventory.held" : "inventory.stale", stale.Message));
        if (SshWarning.Find(config, env, route.Arguments, ssh.Value) is { } slow)
            warnings.Add(slow);
        if (request.Sub is not null && route.FolderSub is null)
            warnings.Add(new ReasonInfo("sub.ignored", $"the sub-environment {request.Sub} selects no folder here: only plays of kolla-ansible and ceph-ansible have them"));
        return warnings;
    }

    private static List<SpoolFile> SecretFiles(RunPassword? password, byte[]? key, string? redis)
    {
        var files = new List<SpoolFile>();
        if (password is not null)
            files.Add(new SpoolFile($"secrets/{VaultPasswordFile}", Encoding.UTF8.GetBytes(password.Text + "\n")));
        if (key is not null)
            files.Add(new SpoolFile($"secrets/{OperatorKey.FileName}", key));
        if (redis is not null)
            files.Add(new SpoolFile($"secrets/{RunEnvironment.RedisPasswordFile}", Encoding.UTF8.GetBytes(redis)));
        return files;
    }

    private static string Hash(RunRoute route, MergedConfig config, IReadOnlyList<(string Name, string Sha256)> files, string? image, bool dryRun)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, sha256) in files)
            Add(name, sha256);
        Add("ansible.cfg", config.Sha256);
        if (image is not null)
            Add("image", image);
        Add("check", dryRun ? "1" : "0");
        foreach (var argument in route.Arguments)
            Add("argument", argument);
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(string name, string content)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{content.Length}\0{content}\0"));
        }
    }
}
