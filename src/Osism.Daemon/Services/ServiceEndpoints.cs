using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;
using Osism.Contracts.Services;
using Osism.Daemon.Collections;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Services;

/// <summary><c>/v1/services</c>: what a pod consists of, whether it works, and plans that deploy it.</summary>
internal static class ServiceEndpoints
{
    private const int MostRetries = 100;

    public static void MapServices(this IEndpointRouteBuilder app)
    {
        var services = app.MapGroup(ApiRoutes.Services).WithTags("services");
        services.MapGet("/", ListAsync).WithSummary("Services of the pod, in the order in which it is built");
        services.MapGet("/health", HealthAsync).WithSummary("Looks whether services work, now");
        services.MapGet("/{name}", GetAsync).WithSummary("One service");
        services.MapPost("/plan", PlanAsync).WithSummary("What would be run to deploy or upgrade services");
        services.MapPost("/runs", RunAsync).WithSummary("Deploy or upgrade services as one run of a graph").WithMetadata(SubmissionKey.Header);
    }

    /// <param name="all">Also retired ones.</param>
    private static async Task<Ok<ServicePage>> ListAsync(ServiceDescriptions descriptions, CancellationToken cancellationToken, string? layer = null, bool all = false) =>
        TypedResults.Ok(await descriptions.ListAsync(layer, all, cancellationToken));

    private static async Task<Ok<ServiceInfo>> GetAsync(string name, ServiceDescriptions descriptions, CancellationToken cancellationToken) =>
        TypedResults.Ok(await descriptions.GetAsync(name, cancellationToken));

    /// <param name="name">May be repeated; none = all that are wanted.</param>
    private static async Task<Ok<Page<ServiceHealthInfo>>> HealthAsync(
        [FromQuery] string[] name, ServiceHealth health, CancellationToken cancellationToken, string? layer = null) =>
        TypedResults.Ok(new Page<ServiceHealthInfo>(await health.LookAsync(name, layer, cancellationToken), null));

    private static async Task<Ok<ServicePlanInfo>> PlanAsync(
        PlanServices request, ServicePlanner planner, CollectionDescriptions descriptions, CancellationToken cancellationToken)
    {
        var plan = await planner.PlanAsync(request, cancellationToken);
        return TypedResults.Ok(new ServicePlanInfo(request.Action!, [.. plan.Graph.Nodes.Select(descriptions.Describe)], plan.LeftOut));
    }

    private static async Task<Created<CollectionRunInfo>> RunAsync(
        PlanServices request, HttpContext context, ServicePlanner planner, CollectionRuns runs, CancellationToken cancellationToken)
    {
        if (request.Retry is < 0 or > MostRetries)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"retry is {request.Retry}: it must be 0 to {MostRetries}");
        }

        var plan = await planner.PlanAsync(request, cancellationToken);
        var run = await runs.SubmitAsync(plan.Graph, new SubmitJob { Retry = request.Retry }, Caller.Of(context), SubmissionKey.Of(context, request), cancellationToken);
        return TypedResults.Created(ApiRoutes.CollectionRun(run.Id), run);
    }
}
