using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Osism.Daemon.Platform.Processes;

/// <summary>Who is at the other end of a Unix socket, as the kernel knows it (SO_PEERCRED, unix(7)): it cannot be forged.</summary>
/// <param name="Pid">Process that connected; 0 when it lives in a pid namespace we cannot see.</param>
/// <param name="User">Its uid.</param>
/// <param name="Group">Its gid.</param>
internal sealed record PeerCredentials(int Pid, uint User, uint Group)
{
    private const int SocketLevel = 1;
    private const int PeerCredentialsOption = 17;

    /// <summary>Login name, or the uid as text when no account has it.</summary>
    public string UserName => UnixUser.Find(User)?.Name ?? User.ToString();

    /// <exception cref="SocketException">It is not a connected Unix socket.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        _ = socket.GetRawSocketOption(SocketLevel, PeerCredentialsOption, credentials);
        return new PeerCredentials(
            MemoryMarshal.Read<int>(credentials),
            MemoryMarshal.Read<uint>(credentials[4..]),
            MemoryMarshal.Read<uint>(credentials[8..]));
    }
}
