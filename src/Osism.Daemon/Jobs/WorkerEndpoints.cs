using Microsoft.AspNetCore.Http.HttpResults;
using Osism.Contracts;
using Osism.Contracts.Status;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Jobs;

/// <summary><c>/v1/workers</c>: workers, what they hold, and who may become one.</summary>
internal static partial class WorkerEndpoints
{
    public static void MapWorkers(this IEndpointRouteBuilder app)
    {
        var workers = app.MapGroup(ApiRoutes.Workers).WithTags("workers");
        workers.MapGet("", ListAsync).WithSummary("Workers, their leases and what they hold");
        workers.MapPost("/tokens", InviteAsync).WithSummary("A token with which one machine may join");
        workers.MapGet("/{name}", GetAsync).WithSummary("The workers of one name or id");
        workers.MapPost("/{name}/drain", DrainAsync).WithSummary("Let a worker take no more jobs");
        workers.MapPost("/{name}/resume", ResumeAsync).WithSummary("Let a worker take jobs again");
        workers.MapDelete("/{name}", RemoveAsync).WithSummary("Seal no secret for this machine any more");
    }

    private static async Task<Ok<Page<WorkerInfo>>> ListAsync(WorkerRegistry registry, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<WorkerInfo>(await registry.ListAsync(cancellationToken), null));

    private static async Task<Ok<Page<WorkerInfo>>> GetAsync(string name, WorkerRegistry registry, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<WorkerInfo>(await FindAsync(name, registry, cancellationToken), null));

    /// <summary>A body is not needed: an hour is the default.</summary>
    private static async Task<Ok<JoinTokenInfo>> InviteAsync(
        HttpContext context, Members members, ILogger<Members> log, CancellationToken cancellationToken, int valid_seconds = 0)
    {
        var by = Caller.Of(context);
        var life = valid_seconds == 0 ? Members.DefaultLife : TimeSpan.FromSeconds(valid_seconds);
        var (token, expires) = await members.InviteAsync(life, by, cancellationToken);
        LogInvited(log, by, expires);
        return TypedResults.Ok(new JoinTokenInfo(token, expires));
    }

    private static async Task<Ok<Page<WorkerInfo>>> DrainAsync(
        string name, HttpContext context, WorkerRegistry registry, ILogger<WorkerRegistry> log, CancellationToken cancellationToken, string? reason = null)
    {
        var by = Caller.Of(context);
        foreach (var machine in Machines(await FindAsync(name, registry, cancellationToken)))
        {
            await registry.DrainAsync(machine, by, reason, cancellationToken);
        }

        LogDrained(log, name, by);
        return TypedResults.Ok(new Page<WorkerInfo>(await FindAsync(name, registry, cancellationToken), null));
    }

    private static async Task<Ok<Page<WorkerInfo>>> ResumeAsync(
        string name, HttpContext context, WorkerRegistry registry, ILogger<WorkerRegistry> log, CancellationToken cancellationToken)
    {
        foreach (var machine in Machines(await FindAsync(name, registry, cancellationToken)))
        {
            await registry.ResumeAsync(machine, cancellationToken);
        }

        LogResumed(log, name, Caller.Of(context));
        return TypedResults.Ok(new Page<WorkerInfo>(await FindAsync(name, registry, cancellationToken), null));
    }

    private static async Task<Ok<Page<WorkerInfo>>> RemoveAsync(
        string name, HttpContext context, WorkerRegistry registry, Members members, ILogger<Members> log, CancellationToken cancellationToken)
    {
        // A machine that is switched off is still a member, though no worker of it is in the list.
        var machines = (await members.ListAsync(cancellationToken)).Where(member => member.Name == name || member.Machine == name).Select(member => member.Machine).ToList();
        if (machines.Count == 0)
        {
            machines = [.. Machines(await FindAsync(name, registry, cancellationToken))];
        }

        if (machines.Count > 1)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"{machines.Count} machines are named {name}: name one of {string.Join(", ", machines)}");
        }

        await members.RemoveAsync(machines[0], cancellationToken);
        LogRemoved(log, name, Caller.Of(context));
        return TypedResults.Ok(new Page<WorkerInfo>(await registry.ListAsync(cancellationToken), null));
    }

    private static async Task<IReadOnlyList<WorkerInfo>> FindAsync(string name, WorkerRegistry registry, CancellationToken cancellationToken)
    {
        var all = await registry.ListAsync(cancellationToken);
        var found = all.Where(worker => worker.Name == name || worker.Machine == name || worker.Id.ToString() == name).ToList();
        return found.Count > 0
            ? found
            : throw new OsismException(
                ErrorCodes.WorkerNotFound,
                $"there is no worker '{name}'{(all.Count == 0 ? "" : $"; there are {string.Join(", ", all.Select(worker => worker.Name).Distinct(StringComparer.Ordinal))}")}");
    }

    private static IEnumerable<string> Machines(IReadOnlyList<WorkerInfo> workers) =>
        workers.Select(worker => worker.Machine!).Distinct(StringComparer.Ordinal);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Actor} made a token with which a machine may join until {Expires}")]
    private static partial void LogInvited(ILogger logger, string actor, DateTimeOffset expires);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Name} is to take no more jobs, says {Actor}")]
    private static partial void LogDrained(ILogger logger, string name, string actor);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Name} may take jobs again, says {Actor}")]
    private static partial void LogResumed(ILogger logger, string name, string actor);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} is no member any more, says {Actor}: change what it has read")]
    private static partial void LogRemoved(ILogger logger, string name, string actor);
}
