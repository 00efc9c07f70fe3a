using System.Net;
using System.Net.Sockets;
using Osism.Testing;

namespace Osism.Tests.Ara;

/// <summary>ARA's own server with a database of its own.</summary>
internal sealed class AraServer : IDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(5);

    private readonly TempFolder _folder = new();
    private RunningCommand? _running;

    public Uri Address { get; } = new($"http://127.0.0.1:{FreePort()}");

    public static async Task<AraServer> StartAsync(CancellationToken cancellationToken)
    {
        var server = new AraServer();
        try
        {
            var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["ARA_BASE_DIR"] = server._folder.Path, ["PYTHONWARNINGS"] = "ignore" };
            await new Command("ara-manage") { Arguments = ["migrate"], Environment = environment, Timeout = ReadyWithin }.MustAsync(cancellationToken);
            server._running = new Command("gunicorn")
            {
                Arguments = ["--workers=2", "--threads=2", "--bind", $"{server.Address.Host}:{server.Address.Port}", "ara.server.wsgi"],
                Environment = environment,
            }.Start();
            using var http = new HttpClient { BaseAddress = server.Address };
            await Eventually.TrueAsync("ARA's own server answers", token => AnswersAsync(http, token), ReadyWithin, cancellationToken);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _running?.Dispose();
        _folder.Dispose();
    }

    private static async Task<bool> AnswersAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/api/", UriKind.Relative), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
