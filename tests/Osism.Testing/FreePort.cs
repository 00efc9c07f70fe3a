using System.Globalization;
using System.Net.NetworkInformation;

namespace Osism.Testing;

/// <summary>Ports for servers that a test is about to start.</summary>
/// <remarks>
/// They lie below those the system gives to connections (<c>ip_local_port_range</c>), and none is given twice by one process: otherwise
/// somebody else could have it before the server that it was chosen for has begun.
/// </remarks>
public static class FreePort
{
    private const int First = 15000;
    private const int Count = 12000;
    private static readonly Lock Gate = new();

    // Two test processes begin at different places.
    private static int _next = Environment.ProcessId * 97 % Count;

    /// <summary>A port on which nobody listens, at any address of this machine.</summary>
    /// <exception cref="InvalidOperationException">All of them are taken.</exception>
    public static int Next()
    {
        lock (Gate)
        {
            var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
            for (var tries = 0; tries < Count; tries++)
            {
                var port = First + (_next++ % Count);
                if (!taken.Contains(port))
                {
                    return port;
                }
            }
        }

        throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"All ports from {First} to {First + Count - 1} are taken."));
    }
}
