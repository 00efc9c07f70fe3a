using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>The playbooks and extra-vars files of a run.</summary>
/// <param name="Folder">Folder of the environment: the run's working directory.</param>
/// <param name="Playbooks">Absolute paths in the order in which they run.</param>
/// <param name="ExtraVars">Absolute paths, later wins.</param>
internal sealed record RunFiles(string Folder, IReadOnlyList<string> Playbooks, IReadOnlyList<string> ExtraVars)
{
    private const string Configuration = "configuration.yml";
    private const string Secrets = "secrets.yml";
    private const string Images = "images.yml";

    /// <summary>Where the playbook of a run lies and what it is given (<c>reference/configuration.md</c> 2.3 to 2.6).</summary>
    /// <exception cref="OsismException"><c>environment.missing</c>, <c>runtime.missing</c>, <c>role.unknown</c> or <c>file.missing</c>.</exception>
    public static RunFiles Find(RunRoute route, Runtime runtime, RoleIndex roles, ConfigurationRepository repository)
    {
        var folder = repository.EnvironmentFolder(route.Environment, route.FolderSub);
        if (!Directory.Exists(folder))
            throw RunRouter.MissingEnvironment(repository, Path.GetFileName(folder));
        var playbooks = route.Plays.Select(play => FindPlaybook(play, route, folder, runtime, roles, repository)).ToList();
        var extraVars = ExtraVarsOf(route, folder, repository).ToList();
        foreach (var file in extraVars)
            Require(file, repository);
        return new RunFiles(folder, playbooks, extraVars);
    }

    private static IEnumerable<string> ExtraVarsOf(RunRoute route, string folder, ConfigurationRepository repository)
    {
        yield return Path.Combine(repository.Environments, Configuration);
        yield return Path.Combine(repository.Environments, Secrets);
        if (route.Environment == "infrastructure")
        {
            var monitoring = repository.EnvironmentFolder("monitoring", null);
            yield return Path.Combine(monitoring, Configuration);
            yield return Path.Combine(monitoring, Secrets);
        }

        yield return Path.Combine(folder, Secrets);
        yield return Path.Combine(folder, Images);
        yield return Path.Combine(folder, Configuration);
    }

    private static string FindPlaybook(
        string play, RunRoute route, string folder, Runtime runtime, RoleIndex roles, ConfigurationRepository repository)
    {
        // The operator's own play shadows the shipped one of the same name.
        var own = Path.Combine(folder, $"playbook-{play}.yml");
        if (File.Exists(own))
            return own;
        if (runtime.FindPlaybook(route.Environment, play) is { } shipped)
            return shipped;

        var environment = Path.GetFileName(folder);
        runtime.RequireImage(play);
        if (!runtime.IsInstalled)
        {
            throw new OsismException(
                ErrorCodes.RuntimeMissing,
                $"the role {play} belongs to the runtime {runtime.Name}, which is not installed: there is no folder {runtime.Folder}; install it or set runtimes.{runtime.Name}.path")
            {
                Nearest = [],
            };
        }

        var nearest = NearestNames.Find(play, roles.List().Where(role => role.Environment == route.Environment).Select(role => role.Role));
        var hint = nearest.Count == 0 ? "" : $"; did you mean {string.Join(", ", nearest)}?";
        var places = string.Join(", ", runtime.PlaybookPaths(route.Environment, play).Prepend(repository.Relative(own)));
        throw new OsismException(ErrorCodes.RoleUnknown, $"there is no playbook for {play} in environment {environment}; looked for {places}{hint}")
        {
            Nearest = nearest,
        };
    }

    private static void Require(string file, ConfigurationRepository repository)
    {
        if (File.Exists(file))
            return;
        var name = repository.Relative(file);
        throw new OsismException(
            ErrorCodes.FileMissing, $"{name} is missing; every environment needs configuration.yml, images.yml and secrets.yml, each with at least one key")
        {
            File = name,
        };
    }
}
