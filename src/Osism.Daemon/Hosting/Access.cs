using System.Net.Sockets;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Hosting;

/// <summary>Who may do what: the Unix socket is for its owner and group, by name of the kernel; TCP reads only, and writes with the token.</summary>
internal static class Access
{
    private const string PeerKey = "osism.peer";

    /// <summary>Asks the kernel once a connection who is at the other end.</summary>
    public static void RecordPeer(this Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listen) => listen.Use(next => connection =>
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { AddressFamily: AddressFamily.Unix } socket)
        {
            connection.Items[PeerKey] = PeerCredentials.Of(socket);
        }

        return next(connection);
    });

    /// <summary>Names the caller, and refuses writes over TCP without the token.</summary>
    public static void UseAccess(this WebApplication app, string token)
    {
        var expected = Encoding.UTF8.GetBytes(token);
        app.Use(async (context, next) =>
        {
            if (context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(PeerKey, out var found) == true && found is PeerCredentials peer)
            {
                context.User = Named(peer.UserName, "peer");
                await next(context);
                return;
            }

            var given = Token(context.Request.Headers.Authorization.ToString());
            if (given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected))
            {
                context.User = Named("token", "token");
                await next(context);
                return;
            }

            if (given is null && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method)))
            {
                await next(context);
                return;
            }

            context.Response.Headers.WWWAuthenticate = "Bearer";
            throw new OsismException(
                ErrorCodes.AccessDenied,
                given is null
                    ? "over TCP only reading is open to everybody: send the token of $OSISM_HOME/token as 'Authorization: Bearer ...', or use the Unix socket"
                    : "the token is not the one in $OSISM_HOME/token");
        });
    }

    private static ClaimsPrincipal Named(string name, string type) => new(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], type));

    /// <summary>Bearer token, or the password of Basic credentials (ARA clients), RFC 6750 and RFC 7617.</summary>
    private static string? Token(string header)
    {
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return header["Bearer ".Length..].Trim();
        }

        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            return header.Length == 0 ? null : "";
        }

        Span<byte> decoded = new byte[header.Length];
        return Convert.TryFromBase64String(header["Basic ".Length..].Trim(), decoded, out var length)
            && Encoding.UTF8.GetString(decoded[..length]).Split(':', 2) is [_, var password]
            ? password
            : "";
    }
}
