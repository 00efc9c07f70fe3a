using System.Text.Json;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Hosting;

/// <summary>The one place where exceptions become answers: problem details (RFC 9457) with a stable code.</summary>
internal static partial class Problems
{
    public static void UseProblems(this WebApplication app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentLength: null, ContentType: null })
            {
                await WriteAsync(context, OfStatus(context.Response.StatusCode, context.Request));
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone.
        }
        catch (Exception e)
        {
            var problem = Of(e);
            if (problem.Code == ErrorCodes.InternalError.Code)
            {
                Log.Unexpected(app.Logger, e, context.Request.Method, context.Request.Path);
            }

            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            var challenge = context.Response.Headers.WWWAuthenticate;
            context.Response.Clear();
            context.Response.Headers.WWWAuthenticate = challenge;
            await WriteAsync(context, problem);
        }
    });

    private static ProblemInfo Of(Exception exception) => exception switch
    {
        OsismException e => e.ToProblem(),
        BadHttpRequestException { InnerException: JsonException e } bad => new ProblemInfo(bad.StatusCode, ErrorCodes.RequestInvalid.Code, $"the body is no such JSON: {e.Message}"),
        BadHttpRequestException e => new ProblemInfo(e.StatusCode, ErrorCodes.RequestInvalid.Code, e.Message),
        JsonException e => new ProblemInfo(400, ErrorCodes.RequestInvalid.Code, e.Message),
        _ => DatabaseErrors.Explain(exception)?.ToProblem()
            ?? new ProblemInfo(500, ErrorCodes.InternalError.Code, "a fault of the manager: its log says more"),
    };

    private static ProblemInfo OfStatus(int status, HttpRequest request) => status switch
    {
        404 => new ProblemInfo(404, ErrorCodes.RequestInvalid.Code, $"there is nothing at {request.Path}"),
        405 => new ProblemInfo(405, ErrorCodes.RequestInvalid.Code, $"{request.Method} is not for {request.Path}"),
        _ => new ProblemInfo(status, ErrorCodes.RequestInvalid.Code, $"{request.Method} {request.Path}{request.QueryString} is not of the form it must have"),
    };

    private static Task WriteAsync(HttpContext context, ProblemInfo problem)
    {
        context.Response.StatusCode = problem.Status;

        // Not the caller's token: what it is told when it went away meanwhile does not matter, but the answer must not fail.
        return context.Response.WriteAsJsonAsync(problem, OsismJson.Default.ProblemInfo, "application/problem+json", CancellationToken.None);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
        public static partial void Unexpected(ILogger logger, Exception exception, string method, string path);
    }
}
