using Microsoft.AspNetCore.Http.HttpResults;
using Osism.Contracts;
using Osism.Contracts.Runs;
using Osism.Daemon.Ansible;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Hosting;

/// <summary><c>/v1/roles</c> and <c>/v1/runtimes</c>: what can be applied, and what there is to know of it before.</summary>
internal static class RoleEndpoints
{
    public static void MapRoles(this IEndpointRouteBuilder app)
    {
        app.MapGet(ApiRoutes.Runtimes, ListRuntimesAsync).WithTags("runs").WithSummary("Where playbooks come from, and how that is");
        app.MapGet(ApiRoutes.Roles, ListAsync).WithTags("runs").WithSummary("Roles that can be applied");
        app.MapGet($"{ApiRoutes.Roles}/{{role}}", ShowAsync).WithTags("runs").WithSummary("What there is to know of a role before it is applied");
    }

    private static async Task<Ok<Page<RuntimeInfo>>> ListRuntimesAsync(RuntimeDescriptions runtimes, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<RuntimeInfo>(await runtimes.ListAsync(cancellationToken), null));

    private static async Task<Ok<Page<RoleInfo>>> ListAsync(RunComposer composer, RoleDurations durations, CancellationToken cancellationToken)
    {
        var roles = composer.ListRoles();
        var took = await durations.OfAsync(roles.Select(role => role.Role), cancellationToken);
        return TypedResults.Ok(new Page<RoleInfo>([.. roles.Select(role => With(role, took))], null));
    }

    private static async Task<Ok<RoleInfo>> ShowAsync(string role, RoleTable table, CollectionNames collections, RoleDurations durations, CancellationToken cancellationToken)
    {
        if (collections(role))
        {
            throw new OsismException(ErrorCodes.RoleIsCollection, $"{role} is a collection: 'osism collection show {role}' shows it");
        }

        var index = table.Current();
        var nearest = NearestNames.Find(role, index.Names);
        var known = index.Describe(role) ?? throw new OsismException(
            ErrorCodes.RoleUnknown, $"there is no role '{role}'; {(nearest.Count == 0 ? "'osism apply' lists the roles" : $"did you mean {string.Join(", ", nearest)}?")}")
        {
            Nearest = nearest,
        };
        return TypedResults.Ok(With(known, await durations.OfAsync([role], cancellationToken)));
    }

    private static RoleInfo With(RoleInfo role, IReadOnlyDictionary<string, TypicalDuration> took) =>
        took.TryGetValue(role.Role, out var typical) ? role with { TypicalSeconds = Math.Round(typical.Seconds, 1), TypicalRuns = typical.Runs } : role;
}
