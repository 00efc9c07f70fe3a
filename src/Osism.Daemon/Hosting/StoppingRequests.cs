using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Hosting;

/// <summary>Ends requests that wait for something when the manager stops; otherwise a single follower of a log would hold the stop up until its time limit.</summary>
internal static class StoppingRequests
{
    public static void UseStopping(this WebApplication app) => app.Use(async (context, next) =>
    {
        // Only reading: what a write has begun it also ends.
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            await next(context);
            return;
        }

        var (caller, stopping) = (context.RequestAborted, app.Lifetime.ApplicationStopping);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(caller, stopping);
        context.RequestAborted = either.Token;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException e) when (stopping.IsCancellationRequested && !caller.IsCancellationRequested)
        {
            throw new OsismException(ErrorCodes.ManagerAway, "the manager is being stopped: ask again when it is back", e);
        }
        finally
        {
            context.RequestAborted = caller;
        }
    });
}
