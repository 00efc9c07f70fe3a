using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Runs;
using Osism.Daemon.Ansible.Snapshots;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Makes of work of the manager on itself a call of its own program: as its own user, outside the namespace of runs, with nothing of the configuration repository.</summary>
internal sealed class ManagerCommandComposer(DaemonEnvironment daemon, SnapshotPublisher publisher, SshControlFolders controlFolders, OsismHome home)
{
    /// <summary>Queue of such work.</summary>
    public const string Queue = CommandComposer.Queue;

    /// <summary>What stands for a runtime in their records.</summary>
    public const string Runtime = "manager";

    // What its programs (ssh, pg_dump) need to know of the user.
    private static readonly string[] Inherited = ["HOME", "PATH", "USER", "LOGNAME", "SSH_AUTH_SOCK"];

    /// <exception cref="OsismException"><c>manager.away</c>: it is the work of a manager on another machine.</exception>
    public PlacedRun Compose(ManagerRequest request, AttemptPaths attempt)
    {
        if (request.Origin != publisher.Origin)
        {
            throw new OsismException(
                ErrorCodes.ManagerAway, $"'osism manager {string.Join(' ', request.Words)}' is work of the manager on its own machine, and a worker elsewhere took it: let workers elsewhere not take the queue {Queue}");
        }

        var env = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in daemon.Variables)
        {
            if (name.StartsWith("OSISM_", StringComparison.Ordinal) || Inherited.Contains(name, StringComparer.Ordinal))
                env[name] = value;
        }

        env["LANG"] = env["LC_ALL"] = "C.UTF-8";
        env["OSISM_HOME"] = home.Root;
        env["OSISM_ATTEMPT"] = attempt.Id;
        string[] argv = [Environment.ProcessPath!, "manager", .. request.Words];
        var plan = new RunPlanInfo
        {
            Runtime = Runtime,
            Queue = Queue,
            Environment = "",
            Playbook = "",
            Cwd = home.Root,
            Argv = argv,
            Env = env,
            ExtraVarsFiles = [],
            AnsibleCfg = [],
            Inventory = new RunInventoryInfo(0, ""),
            Vault = new RunVaultInfo(Needed: false, "none", []),
            Locks = [],
        };
        var run = new ComposedRun(plan, new RunRoute(Runtime, Queue, "", null, "", null, argv, Idempotent: false))
        {
            SecretFiles = [],
            Secrets = [],
            Mappings = [],
            ConfigurationHash = "",
            SshControlFolder = controlFolders.For(attempt),
            WritableFolders = [],
            AsManager = true,
        };
        return new PlacedRun(run, _ => Task.FromResult(new ConfigurationInfo(null, null, null)));
    }
}
