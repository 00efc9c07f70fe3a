using Npgsql;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Ara;

/// <summary>Words every error below <c>/api</c> in ARA's form: its callback reads each answer as JSON, whatever its status, and breaks on anything else.</summary>
internal static partial class AraErrors
{
    public static void UseAraErrors(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (!IsAra(context.Request.Path))
        {
            await next(context);
            return;
        }

        AraFault fault;
        try
        {
            await next(context);
            if (context.Response.HasStarted || context.Response is not { StatusCode: >= 400, ContentLength: null, ContentType: null })
            {
                return;
            }

            fault = OfStatus(context.Response.StatusCode, context.Request.Method);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            if (context.Response.HasStarted)
            {
                throw;
            }

            fault = Of(e, context);
            if (fault.Status == StatusCodes.Status500InternalServerError)
            {
                Log.Unexpected(app.Logger, e, context.Request.Method, context.Request.Path);
            }

            context.Response.Clear();
            if (fault.Status == StatusCodes.Status401Unauthorized)
            {
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"api\"";
            }
        }

        var body = fault.ToJson();
        context.Response.StatusCode = fault.Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            // Not the caller's token: what it is told when it went away meanwhile does not matter.
            await context.Response.Body.WriteAsync(body, CancellationToken.None);
        }
    });

    /// <summary>ARA's API, and the pages of its own that others link to.</summary>
    private static bool IsAra(PathString path) =>
        path.StartsWithSegments("/api", StringComparison.Ordinal) || path.Value?.EndsWith(".html", StringComparison.Ordinal) == true;

    private static AraFault Of(Exception exception, HttpContext context) => exception switch
    {
        AraFault fault => fault,
        OsismException { Code.Status: StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden } => AraFault.Detail(
            StatusCodes.Status401Unauthorized,
            context.Request.Headers.Authorization.Count == 0 ? "Authentication credentials were not provided." : "Invalid username/password."),
        BadHttpRequestException e => AraFault.Detail(e.StatusCode, e.Message),
        // What a column cannot hold: a number or a time beyond its range, a text that an index has no room for.
        PostgresException e when e.SqlState.StartsWith("22", StringComparison.Ordinal) || e.SqlState is PostgresErrorCodes.ProgramLimitExceeded =>
            AraFault.Detail(StatusCodes.Status400BadRequest, e.MessageText),
        _ => DatabaseErrors.Explain(exception) is { } known
            ? AraFault.Detail(known.Code.Status, known.Message)
            : AraFault.Detail(StatusCodes.Status500InternalServerError, "A fault of the manager: its log says more."),
    };

    private static AraFault OfStatus(int status, string method) => status switch
    {
        StatusCodes.Status404NotFound => AraFault.NotFound(),
        StatusCodes.Status405MethodNotAllowed => AraFault.Detail(status, $"Method \"{method}\" not allowed."),
        StatusCodes.Status415UnsupportedMediaType => AraFault.Detail(status, "Unsupported media type in request."),
        _ => AraFault.Detail(status, "The request is not of the form it must have."),
    };

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
        public static partial void Unexpected(ILogger logger, Exception exception, string method, string path);
    }
}
