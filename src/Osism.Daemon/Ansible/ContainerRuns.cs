using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Makes of a run one in a container: the same command, variables and files, seen at the same places.</summary>
/// <remarks>
/// Every path of the run is mounted where it is on this machine, and besides where the images expect it (<c>reference/configuration.md</c> 2.2). Values of
/// variables reach the container by name, not in the arguments. What if we die here? The container and the client that follows it are no children of the
/// manager; the record of the attempt says how the container is removed.
/// </remarks>
internal sealed class ContainerRuns(ConfigurationRepository repository, RunEnvironment environment, RunUser user, OsismHome home)
{
    // The image has its own, and the client needs those of this machine.
    private static readonly string[] OfTheMachine = ["PATH", "HOME", "USER", "LOGNAME"];

    private static readonly string[] OfTheClient = ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DOCKER_HOST", "CONTAINER_HOST"];

    /// <param name="run">As it would be on this machine.</param>
    /// <param name="image">Of its runtime, ready.</param>
    /// <param name="attempt">Whose container it is.</param>
    /// <param name="inventory">What Ansible is given.</param>
    /// <param name="config">Path of the merged ansible.cfg.</param>
    public ComposedRun Wrap(ComposedRun run, RuntimeImage image, AttemptPaths attempt, string inventory, string config)
    {
        var plan = run.Plan;
        var name = NameOf(attempt);
        var inside = plan.Env.Where(variable => !OfTheMachine.Contains(variable.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);
        List<string> argv =
        [
            .. image.Engine, "run", "--rm", "--pull=never", $"--name={name}", "--network=host",
            // The signals reach the processes of the container by themselves: through the client Ansible would get each twice.
            "--sig-proxy=false",
            $"--workdir={plan.Cwd}",
        ];
        if (user.IsOther)
            argv.Add($"--user={user.Account.Id}:{user.Account.Group}");
        foreach (var variable in inside.Keys.Order(StringComparer.Ordinal))
            argv.Add($"--env={variable}");
        argv.Add($"--env=HOME={environment.AnsibleHome}");
        foreach (var (path, isReadOnly) in Paths(run, attempt, inventory, config))
            argv.Add($"--volume={path}:{path}{(isReadOnly ? ":ro" : "")}");
        foreach (var mapping in run.Mappings.Where(mapping => mapping.Target is not "/ansible" && mapping.Source != mapping.Target))
            argv.Add($"--volume={mapping.Source}:{mapping.Target}{(mapping.ReadOnly ? ":ro" : "")}");
        argv.AddRange([.. image.RunOptions, "--entrypoint=", image.Reference, .. plan.Argv]);

        var client = new SortedDictionary<string, string>(inside, StringComparer.Ordinal)
        {
            ["PATH"] = RuntimeCatalog.SearchPath,
            ["HOME"] = UnixUser.Current.Home,
        };
        foreach (var variable in OfTheClient)
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value)
                client[variable] = value;
        }

        return run with { Plan = plan with { Argv = argv, Env = client }, Removal = [.. image.Engine, "rm", "--force", name], AsManager = true };
    }

    /// <summary>Name of an attempt's container.</summary>
    public static string NameOf(AttemptPaths attempt) => $"osism-{attempt.Id}";

    private IEnumerable<(string Path, bool IsReadOnly)> Paths(ComposedRun run, AttemptPaths attempt, string inventory, string config)
    {
        yield return (repository.Root, true);
        yield return (inventory, true);
        yield return (config, true);
        yield return (attempt.Secrets, true);
        yield return (attempt.Events, false);
        yield return (home.Share, false);
        foreach (var folder in run.WritableFolders.Distinct(StringComparer.Ordinal))
            yield return (folder, false);
        foreach (var folder in environment.PluginFolders)
            yield return (folder, true);
        foreach (var file in run.Plan.ExtraVarsFiles.Where(file => !file.StartsWith(repository.Root + "/", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal))
            yield return (file, true);
    }
}
