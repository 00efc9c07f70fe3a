using Microsoft.AspNetCore.Http.HttpResults;
using Osism.Contracts;
using Osism.Contracts.Status;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Hosting;

/// <summary><c>/healthz</c>, <c>/readyz</c> and <c>/v1/status</c>.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet(ApiRoutes.Health, async (Health health, CancellationToken cancellationToken) =>
            Answer(await health.LiveAsync(cancellationToken))).WithTags("health").WithSummary("Whether this process works")
            .Produces<HealthInfo>().Produces<HealthInfo>(StatusCodes.Status503ServiceUnavailable);
        app.MapGet(ApiRoutes.Ready, async (Health health, CancellationToken cancellationToken) =>
            Answer(await health.ReadyAsync(cancellationToken))).WithTags("health").WithSummary("Whether jobs can be submitted and will be taken")
            .Produces<HealthInfo>().Produces<HealthInfo>(StatusCodes.Status503ServiceUnavailable);
    }

    public static void MapStatus(this IEndpointRouteBuilder app) =>
        app.MapGet(ApiRoutes.Status, StatusAsync).WithTags("status").WithSummary("The parts of the manager and how they are");

    private static async Task<Ok<StatusInfo>> StatusAsync(
        Health health, WorkerRegistry workers, Leadership leadership, Surroundings surroundings, DaemonRoles roles, TimeProvider time, CancellationToken cancellationToken)
    {
        var ready = await health.ReadyAsync(cancellationToken);
        var now = time.GetUtcNow();
        var started = new DateTimeOffset(System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime());
        var components = ready.Checks
            .Select(check => new ComponentInfo(
                check.Name, check.Name == "database" ? "database" : "service", State(check), null, null, now, check.Detail))
            .Prepend(new ComponentInfo("osismd", "service", "up", ProgramVersion.Current, started, now, string.Join(' ', roles.Names)))
            .ToList();
        if (ready.Checks[0].Status == "ok")
        {
            components.AddRange((await workers.ListAsync(cancellationToken)).Select(worker => new ComponentInfo(
                $"{worker.Name} (pid {worker.Pid})", "worker", worker.State == "away" ? "down" : "up", worker.Version, worker.StartedAt, worker.HeartbeatAt,
                $"{worker.Busy} jobs, {worker.Slots} slots a queue{(worker.State == "draining" ? ", draining" : "")}{(worker.Skew ? ", not the manager's version" : "")}")));
            components.AddRange((await leadership.ListAsync(cancellationToken)).Select(leader => new ComponentInfo(
                leader.Role, "role", "up", null, leader.Since, now, $"played by {leader.HolderName}")));
            components.AddRange(await surroundings.LookAsync(cancellationToken));
        }

        var down = components.Count(component => component.State != "up");
        var status = down == 0 ? "healthy" : ready.Checks[0].Status == "ok" ? "degraded" : "down";
        return TypedResults.Ok(new StatusInfo(status, ProgramVersion.Current, components));
    }

    private static JsonHttpResult<HealthInfo> Answer(HealthInfo health) =>
        TypedResults.Json(health, OsismJson.Default.HealthInfo, statusCode: health.Status == "failed" ? 503 : 200);

    private static string State(HealthCheckInfo check) => check.Status switch { "ok" => "up", "degraded" => "degraded", _ => "down" };
}
