using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Runtimes;

/// <summary>Decides which environment and runtime a request leads to.</summary>
/// <remarks>
/// The order is that of the original (<c>reference/manager.md</c> 2.2) with these differences:
/// plays of the environments ceph and kubernetes that osism-ansible owns run there (the original sends <c>validate-ceph-*</c> to a runtime without them);
/// a role that the kolla runtime knows under its full name (<c>kolla-facts</c>) stays there although the short name is one of osism-ansible's;
/// a role that nobody knows is refused when nothing by its name lies in the environment.
/// </remarks>
internal sealed partial class RunRouter(ConfigurationRepository repository, RuntimeCatalog runtimes, RoleTable table)
{
    private static readonly string[] IdempotentRoles = ["facts", "gather-facts", "ping"];

    /// <exception cref="OsismException"><c>role.unknown</c>, <c>environment.missing</c> or <c>request.invalid</c>.</exception>
    public RunRoute Route(RunRequest request) => Route(request, table.Current());

    /// <inheritdoc cref="Route(RunRequest)"/>
    public RunRoute Route(RunRequest request, RoleIndex index)
    {
        CheckName(request.Environment, "environment");
        CheckName(request.Overwrite, "environment");
        CheckName(request.Sub, "sub-environment");
        var arguments = ArgumentSplitter.Split(request.Arguments);
        ArgumentGuard.Check(arguments);

        var places = request.Role.Split(',').Select(role => Place(role, request, index)).ToList();
        var first = places[0];
        if (places.Exists(place => place with { Play = first.Play } != first) || (places.Count > 1 && first.Runtime is not (RuntimeCatalog.Kolla or RuntimeCatalog.Ceph)))
        {
            throw new OsismException(
                ErrorCodes.RequestInvalid, $"a list of roles ({request.Role}) can be given for kolla and ceph only, and all of it must belong to one of them; use a chain (a//b) instead");
        }

        var play = string.Join(',', places.Select(place => place.Play));
        string? action = null;
        if (first.Runtime == RuntimeCatalog.Kolla)
            (play, action, arguments) = KollaArguments.Compose(play, request.Action, arguments);
        var idempotent = first is { Runtime: RuntimeCatalog.Osism, Environment: "generic" } && IdempotentRoles.Contains(play, StringComparer.Ordinal);
        return new RunRoute(first.Runtime, runtimes.Get(first.Runtime).Queue, first.Environment, first.Sub, play, action, arguments, idempotent);
    }

    private PlayPlace Place(string role, RunRequest request, RoleIndex index)
    {
        CheckName(role, "role");
        var entry = index.Find(role);
        var environment = role == "ceph" ? "ceph" : request.Environment ?? entry?.Environment ?? RuntimeCatalog.Custom;
        var sub = request.Sub;
        if (sub is null && environment.Split('.', 2) is ["ceph" or "kolla" or "kubernetes", { Length: > 0 }] parts)
            (environment, sub) = (parts[0], parts[1]);

        // osism-ansible owns plays of the other runtimes' environments too.
        var borrowed = entry is { Runtime: RuntimeCatalog.Osism } && entry.Environment == environment;
        var place = environment switch
        {
            "ceph" when !borrowed => new PlayPlace(RuntimeCatalog.Ceph, environment, sub, Strip(role, "ceph-")),
            "ceph" => new PlayPlace(RuntimeCatalog.Osism, environment, sub, Strip(role, "ceph-")),
            "kubernetes" => new PlayPlace(borrowed ? RuntimeCatalog.Osism : RuntimeCatalog.Kubernetes, environment, sub, role),
            "kolla" => new PlayPlace(IsBorrowedKolla(role, entry, index) ? RuntimeCatalog.Osism : RuntimeCatalog.Kolla, environment, sub, Strip(role, "kolla-")),
            _ => Other(role, request.Overwrite ?? environment),
        };
        if (entry is null)
            RequirePlay(role, place, index);
        return place;
    }

    private PlayPlace Other(string role, string environment) =>
        new(environment == RuntimeCatalog.Custom ? RuntimeCatalog.Custom : runtimes.OwnerOf(environment) ?? RuntimeCatalog.Osism, environment, null, role);

    private static bool IsBorrowedKolla(string role, RoleEntry? entry, RoleIndex index)
    {
        var play = Strip(role, "kolla-");
        return play != "common" && index.IsOsism(play) && !(role != play && entry is { Runtime: RuntimeCatalog.Kolla });
    }

    /// <summary>A role no table knows may still be a playbook in the environment.</summary>
    private void RequirePlay(string role, PlayPlace place, RoleIndex index)
    {
        var runtime = runtimes.Get(place.Runtime);
        var folder = repository.EnvironmentFolder(place.Environment, runtime.Environment is "kolla" or "ceph" ? place.Sub : null);
        if (File.Exists(Path.Combine(folder, $"playbook-{place.Play}.yml")) || runtime.FindPlaybook(place.Environment, place.Play) is not null)
            return;
        runtime.RequireImage(role);

        // Without the repository nothing can be said about its playbooks.
        repository.Require();
        if (!Directory.Exists(folder) && place.Environment != RuntimeCatalog.Custom)
            throw MissingEnvironment(repository, Path.GetFileName(folder));
        var nearest = NearestNames.Find(role, index.Names);
        var hint = nearest.Count == 0 ? "'osism apply' lists the roles" : $"did you mean {string.Join(", ", nearest)}?";
        throw new OsismException(
            ErrorCodes.RoleUnknown, $"there is no role '{role}', and no playbook-{place.Play}.yml in environment {place.Environment}; {hint}")
        {
            Nearest = nearest,
        };
    }

    public static OsismException MissingEnvironment(ConfigurationRepository repository, string environment)
    {
        var known = repository.ListEnvironments();
        return new OsismException(
            ErrorCodes.EnvironmentMissing,
            $"the configuration repository has no environment {environment} (no folder environments/{environment}); it has {(known.Count == 0 ? "none" : string.Join(", ", known))}")
        {
            Nearest = NearestNames.Find(environment, known),
        };
    }

    private static string Strip(string role, string prefix) =>
        role.Length > prefix.Length && role.StartsWith(prefix, StringComparison.Ordinal) ? role[prefix.Length..] : role;

    private static void CheckName(string? name, string what)
    {
        // Names become file names; nothing may lead out of the folder.
        if (name is not null && !Name().IsMatch(name))
            throw new OsismException(ErrorCodes.RequestInvalid, $"'{name}' cannot be the name of a {what}: letters, digits, '-', '_' and '.' make one");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    /// <summary>Where one play of a request is.</summary>
    private sealed record PlayPlace(string Runtime, string Environment, string? Sub, string Play);
}
