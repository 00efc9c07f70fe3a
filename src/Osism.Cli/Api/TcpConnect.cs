using System.Net.Sockets;

namespace Osism.Cli.Api;

/// <summary>Connections to a manager on another machine.</summary>
internal static class TcpConnect
{
    /// <exception cref="ConnectException">Nobody listens there.</exception>
    public static Stream Open(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using (cancellationToken.UnsafeRegister(static opening => ((Socket)opening!).Dispose(), socket))
                socket.Connect(host, port);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            socket.Dispose();
            throw new ConnectException(e.Message, denied: false, e);
        }
    }
}
