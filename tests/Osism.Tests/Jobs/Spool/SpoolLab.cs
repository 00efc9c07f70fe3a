using System.Text;
using Osism.Contracts.Runs;
using Osism.Daemon.Ansible;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Runtimes;
using Osism.Testing;

namespace Osism.Tests.Jobs.Spool;

/// <summary>Real spool folders and supervisors that run what a test says instead of Ansible.</summary>
internal static class SpoolLab
{
    public static readonly TimeSpan Patience = Bounds.Long;

    /// <summary>Makes the folder of an attempt as the worker does; null when it was fenced.</summary>
    public static Task<SpoolFolder?> CreateAsync(JobsSetup jobs, Guid job, int attempt, IReadOnlyList<string>? secrets, CancellationToken cancellationToken)
    {
        var paths = AttemptPaths.For(jobs.Home, job, attempt);
        var self = ProcessIdentity.Current;
        return jobs.Get<SpoolWriter>().CreateAsync(
            paths, Run(jobs.Home, Plan(["/bin/true"], paths.Id)),
            new AttemptRecord(
                paths.Id, null, null, self.Pid, self.StartTime, self.BootId, jobs.Get<Sealer>().Seal(MaskList.Pack(secrets ?? []), paths.Id)),
            Cgroup.None, cancellationToken);
    }

    /// <summary>Starts a shell script as the run of an attempt.</summary>
    public static Task StartAsync(JobsSetup jobs, SpoolFolder folder, string script, CancellationToken cancellationToken) =>
        StartAsync(jobs, folder, script, Cgroup.None, cancellationToken);

    public static Task StartAsync(JobsSetup jobs, SpoolFolder folder, string script, Cgroup cgroup, CancellationToken cancellationToken) =>
        StartAsync(jobs, folder, ["/bin/sh", "-c", script], cgroup, cancellationToken);

    /// <summary>Starts a program as the run of an attempt.</summary>
    public static Task StartAsync(JobsSetup jobs, SpoolFolder folder, IReadOnlyList<string> argv, Cgroup cgroup, CancellationToken cancellationToken)
    {
        Write(jobs, folder, argv, cgroup);
        return jobs.Get<Supervisors>().StartAsync(folder, cancellationToken);
    }

    /// <summary>Starts a shell script by a manager that has signals ignored, as one that was started in the background of a script.</summary>
    public static async Task StartDeafAsync(JobsSetup jobs, SpoolFolder folder, string script, CancellationToken cancellationToken)
    {
        Write(jobs, folder, ["/bin/sh", "-c", script], Cgroup.None);
        var launch = Supervisors.Launch(folder);
        var launched = await ProcessRunner.RunAsync(
            launch with { File = "/bin/sh", Arguments = ["-c", "trap '' INT QUIT; exec \"$@\"", "sh", launch.File, .. launch.Arguments] }, cancellationToken);
        Assert.Equal(0, launched.ExitCode);
    }

    private static void Write(JobsSetup jobs, SpoolFolder folder, IReadOnlyList<string> argv, Cgroup cgroup)
    {
        var command = SpoolCommand.Pack(Plan(argv, Path.GetFileName(folder.Path)), jobs.Get<RunUser>(), [], cgroup);
        using var file = File.OpenHandle(folder.Command, FileMode.Open, FileAccess.Write);

        // In place: the disk may be full by now.
        RandomAccess.Write(file, command, 0);
        RandomAccess.SetLength(file, command.Length);
    }

    public static async Task<SpoolFolder> StartedAsync(JobsSetup jobs, string script, CancellationToken cancellationToken)
    {
        var folder = (await CreateAsync(jobs, Guid.CreateVersion7(), 1, null, cancellationToken))!;
        await StartAsync(jobs, folder, script, cancellationToken);
        return folder;
    }

    /// <summary>The exit code, once the record is there.</summary>
    public static async Task<int> ExitAsync(SpoolFolder folder, CancellationToken cancellationToken)
    {
        await Eventually.TrueAsync($"{folder.Path}/exit is written", () => folder.ReadExit() is not null, Patience, cancellationToken);
        return folder.ReadExit()!.Value;
    }

    public static async Task<ProcessIdentity> SupervisorAsync(SpoolFolder folder, CancellationToken cancellationToken)
    {
        await Eventually.TrueAsync($"{folder.Path}/pid is written", () => folder.ReadSupervisor() is not null, Patience, cancellationToken);
        return folder.ReadSupervisor()!;
    }

    /// <summary>Waits for a word in the run's output.</summary>
    public static Task SaysAsync(SpoolFolder folder, string word, CancellationToken cancellationToken) => Eventually.TrueAsync(
        $"the run says '{word}'", () => Encoding.UTF8.GetString(File.ReadAllBytes(folder.Output)).Contains(word, StringComparison.Ordinal), Patience,
        cancellationToken);

    private static RunPlanInfo Plan(IReadOnlyList<string> argv, string attempt) => new()
    {
        Runtime = "test",
        Environment = "test",
        Playbook = "/none",
        Cwd = "/",
        Argv = argv,
        Env = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin", [ProcessTree.Marker] = attempt },
        ExtraVarsFiles = [],
        AnsibleCfg = [],
        Inventory = new RunInventoryInfo(1, "/none"),
        Vault = new RunVaultInfo(Needed: false, "none", []),
        Locks = [],
        Queue = JobsSetup.Queue,
    };

    private static ComposedRun Run(OsismHome home, RunPlanInfo plan) => new(
        plan,
        new RunRoute("test", JobsSetup.Queue, "test", null, "test", null, [], Idempotent: false))
    {
        SecretFiles = [new SpoolFile("secrets/key", "key"u8.ToArray())],
        Secrets = [],
        Mappings = [],
        ConfigurationHash = "",
        SshControlFolder = Path.Combine(home.Root, "cp"),
        WritableFolders = [],
    };
}
