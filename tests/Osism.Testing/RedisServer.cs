using System.Net;
using System.Net.Sockets;

namespace Osism.Testing;

/// <summary>A real <c>redis-server</c> of Debian on a port of its own; it can be killed and started again.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _address;
    private RunningCommand? _process;

    private RedisServer(string address, string? password)
    {
        _address = address;
        Password = password;
        Port = FreePort(address);
    }

    public int Port { get; }

    public string? Password { get; }

    /// <param name="password">Asked of every client; null = none.</param>
    /// <param name="address">To listen on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<RedisServer> StartAsync(string? password, string address, CancellationToken cancellationToken)
    {
        var server = new RedisServer(address, password);
        await server.StartAsync(cancellationToken);
        return server;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        string[] arguments =
            ["--bind", _address, "--port", $"{Port}", "--save", "", "--appendonly", "no", "--dir", _folder.Path, "--protected-mode", "no", .. Password is null ? Array.Empty<string>() : ["--requirepass", Password]];
        _process = new Command("redis-server") { Arguments = arguments, Folder = _folder.Path }.Start();
        await Eventually.TrueAsync(AnswersAsync, "redis-server answers", cancellationToken);
    }

    public void Kill()
    {
        _process?.Dispose();
        _process = null;
    }

    public ValueTask DisposeAsync()
    {
        Kill();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Parse(_address), Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort(string address)
    {
        using var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
