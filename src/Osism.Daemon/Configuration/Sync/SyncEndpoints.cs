using Microsoft.AspNetCore.Http.HttpResults;
using Osism.Contracts;
using Osism.Contracts.Configuration;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Configuration.Sync;

/// <summary><c>/v1/configuration/sync</c>: bring the configuration repository up to date.</summary>
internal static class SyncEndpoints
{
    private const int LongestWait = 60;

    public static void MapConfigurationSync(this IEndpointRouteBuilder app) =>
        app.MapPost(ApiRoutes.ConfigurationSync, SyncAsync).WithTags("configuration").WithSummary("Bring the configuration repository up to date");

    private static async Task<Ok<SyncInfo>> SyncAsync(SyncConfiguration request, ConfigurationSync sync, HttpContext context, CancellationToken cancellationToken) =>
        request.Wait is >= 0 and <= LongestWait
            ? TypedResults.Ok(await sync.RunAsync(request.Force, TimeSpan.FromSeconds(request.Wait), context.User.Identity?.Name ?? "unknown", cancellationToken))
            : throw new OsismException(ErrorCodes.RequestInvalid, $"wait is {request.Wait}: it must be 0 to {LongestWait}");
}
