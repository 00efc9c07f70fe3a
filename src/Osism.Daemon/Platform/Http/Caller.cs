using System.Security.Claims;

namespace Osism.Daemon.Platform.Http;

/// <summary>Who makes a request, for records and messages.</summary>
internal static class Caller
{
    public static string Of(HttpContext context) => context.User.FindFirstValue(ClaimTypes.Name) ?? "anonymous";
}
