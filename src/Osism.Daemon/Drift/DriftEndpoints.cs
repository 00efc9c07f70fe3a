using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Osism.Contracts;
using Osism.Contracts.Services;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Drift;

/// <summary><c>/v1/services/versions</c>: what runs, and what should.</summary>
internal static class DriftEndpoints
{
    public static IServiceCollection AddDrift(this IServiceCollection services) => services.AddSingleton<ServiceVersions>();

    public static void MapDrift(this IEndpointRouteBuilder app) => app.MapGet(ApiRoutes.ServicesVersions, VersionsAsync).WithTags("services")
        .WithSummary("Looks on the hosts, now, which containers are of another version than the configuration asks for");

    /// <param name="name">May be repeated; none = all.</param>
    private static async Task<Ok<Page<ServiceVersionInfo>>> VersionsAsync(
        [FromQuery] string[] name, HttpContext context, ServiceVersions versions, CancellationToken cancellationToken, string? layer = null, string? limit = null)
    {
        // It reads, but with the operator's key and on every host: not for everybody who can reach the port.
        if (context.User.Identity?.IsAuthenticated != true)
            throw new OsismException(ErrorCodes.AccessDenied, "the manager logs in to hosts for this: send the token of $OSISM_HOME/token as 'Authorization: Bearer ...', or use the Unix socket");
        return TypedResults.Ok(new Page<ServiceVersionInfo>(await versions.LookAsync(name, layer, limit, cancellationToken), null));
    }
}
