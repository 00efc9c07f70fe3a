using System.Security.Cryptography;
using System.Text;
using Osism.Contracts;
using Osism.Contracts.Runs;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Makes of a command of the repository the object that is executed: same user, same namespace, same masker as a play, without Ansible.</summary>
internal sealed class CommandComposer(
    ConfigurationRepository repository, RepositoryLocks locks, RunInventory findInventory, RunVault vault, RunEnvironment environment,
    SshControlFolders controlFolders, RunMappings mappings)
{
    /// <summary>Queue of commands.</summary>
    public const string Queue = "conductor";

    /// <summary>What stands for a runtime in their records.</summary>
    public const string Runtime = "command";

    /// <exception cref="OsismException"><c>repository.missing</c>, <c>environment.missing</c>, <c>lock.held</c>, <c>file.missing</c> for the program; <c>yaml.broken</c>.</exception>
    public async Task<ComposedRun> ComposeAsync(CommandRequest request, AttemptPaths attempt, CancellationToken cancellationToken)
    {
        repository.Require();
        var folder = request.Environment is { } name ? repository.EnvironmentFolder(name, null) : repository.Root;
        if (!Directory.Exists(folder))
            throw RunRouter.MissingEnvironment(repository, request.Environment!);
        var lockInfos = await FindLocksAsync(request, cancellationToken);
        RequireProgram(request.Argv[0], folder);
        var inventory = await findInventory(cancellationToken);

        // It gets none of them, but what it prints is masked like the output of a play.
        string[] files = [Path.Combine(repository.Environments, "secrets.yml"), Path.Combine(folder, "secrets.yml")];
        var secrets = await vault.OpenAsync([.. files.Distinct(StringComparer.Ordinal).Where(File.Exists)], [], inventory, ownPassword: true, cancellationToken);
        var controlFolder = controlFolders.For(attempt);
        var plan = new RunPlanInfo
        {
            Runtime = Runtime,
            Queue = Queue,
            Environment = request.Environment ?? "",
            Playbook = "",
            Cwd = folder,
            Argv = request.Argv,
            Env = environment.BuildForCommand(request, inventory.Path, attempt),
            ExtraVarsFiles = [],
            AnsibleCfg = [],
            Inventory = new RunInventoryInfo(inventory.Revision, inventory.Path),
            Vault = secrets.Info with { Needed = false },
            Locks = lockInfos,
        };
        return new ComposedRun(plan, new RunRoute(Runtime, Queue, request.Environment ?? "", null, "", null, request.Argv, Idempotent: false))
        {
            SecretFiles = [],
            Secrets = secrets.Values,
            Mappings = mappings.Of(null, inventory, attempt),
            ConfigurationHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', request.Argv)))),
            SshControlFolder = controlFolder,
            WritableFolders = [controlFolder],
        };
    }

    private async Task<List<RunLockInfo>> FindLocksAsync(CommandRequest request, CancellationToken cancellationToken)
    {
        var infos = new List<RunLockInfo>();
        foreach (var place in locks.Places(request.Environment ?? "", null).Where(place => request.Environment is not null || place.Scope == LockPlace.Everything))
        {
            if (await locks.FindAsync(place, cancellationToken) is { } held)
                throw held.ToException(repository.Relative(place.Path));
            infos.Add(new RunLockInfo(place.Scope, place.Path, Held: false));
        }

        return infos;
    }

    private static void RequireProgram(string program, string folder)
    {
        var found = program.Contains('/', StringComparison.Ordinal)
            ? File.Exists(Path.GetFullPath(program, folder))
            : RunEnvironment.CommandPath.Split(':').Any(bin => File.Exists(Path.Combine(bin, program)));
        if (!found)
        {
            throw new OsismException(
                ErrorCodes.FileMissing,
                program.Contains('/', StringComparison.Ordinal)
                    ? $"the program {program} of a command does not exist (looked at from {folder})"
                    : $"the program {program} of a command is in none of {RunEnvironment.CommandPath}")
            {
                File = program,
            };
        }
    }
}
