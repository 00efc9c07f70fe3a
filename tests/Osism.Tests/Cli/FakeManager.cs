using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Osism.Tests.Cli;

/// <summary>One request as it arrived.</summary>
/// <param name="Connection">Number of the connection it came over, from 1.</param>
internal sealed record FakeRequest(int Connection, string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>What is written to the client, piece by piece.</summary>
/// <param name="Close">Whether the connection is closed behind it.</param>
internal sealed record FakeAnswer(IReadOnlyList<byte[]> Pieces, bool Close)
{
    public static FakeAnswer Json(int status, string json) => Bytes(status, Encoding.UTF8.GetBytes(json), "Content-Type: application/json");

    public static FakeAnswer Bytes(int status, byte[] body, params string[] headers) =>
        new([Head(status, [.. headers, $"Content-Length: {body.Length}"]), body], Close: false);

    /// <summary>Exactly these bytes.</summary>
    public static FakeAnswer Raw(bool close, params string[] pieces) => new([.. pieces.Select(Encoding.Latin1.GetBytes)], close);

    private static byte[] Head(int status, IEnumerable<string> headers) =>
        Encoding.Latin1.GetBytes($"HTTP/1.1 {status} Some reason\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");
}

/// <summary>A server of HTTP/1.1 on a Unix socket that answers as a test wants it, and can go away and come back.</summary>
internal sealed class FakeManager : IAsyncDisposable
{
    private readonly Func<FakeRequest, CancellationToken, Task<FakeAnswer>> _answer;
    private readonly string _path;
    private readonly ConcurrentQueue<FakeRequest> _requests = new();
    private readonly List<Task> _tasks = [];
    private CancellationTokenSource _running = new();
    private Socket? _listener;
    private int _connections;

    public FakeManager(string home, Func<FakeRequest, CancellationToken, Task<FakeAnswer>> answer)
    {
        _path = Path.Combine(home, "osismd.sock");
        _answer = answer;
        Start();
    }

    public FakeManager(string home, Func<FakeRequest, FakeAnswer> answer)
        : this(home, (request, _) => Task.FromResult(answer(request)))
    {
    }

    /// <summary>Connections taken so far.</summary>
    public int Connections => _connections;

    public IReadOnlyList<FakeRequest> Requests => [.. _requests];

    public void Start()
    {
        _running = new CancellationTokenSource();
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen();
        Track(AcceptAsync(_listener, _running.Token));
    }

    /// <summary>Breaks every connection and listens no more.</summary>
    public async Task StopAsync()
    {
        await _running.CancelAsync();
        _listener?.Dispose();
        Task[] tasks;
        lock (_tasks)
        {
            tasks = [.. _tasks];
            _tasks.Clear();
        }

        await Task.WhenAll(tasks);
        File.Delete(_path);
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
                Track(ServeAsync(await listener.AcceptAsync(cancellationToken), cancellationToken));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _connections);
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        await using var closing = cancellationToken.Register(socket.Dispose);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        try
        {
            while (await ReadAsync(reader, number, cancellationToken) is { } request)
            {
                _requests.Enqueue(request);
                var answer = await _answer(request, cancellationToken);
                foreach (var piece in answer.Pieces)
                    await stream.WriteAsync(piece, cancellationToken);
                if (answer.Close)
                    return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went, or the server was stopped.
        }
    }

    private static async Task<FakeRequest?> ReadAsync(StreamReader reader, int connection, CancellationToken cancellationToken)
    {
        if (await reader.ReadLineAsync(cancellationToken) is not { } line)
            return null;
        var words = line.Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } header)
            headers[header[..header.IndexOf(':', StringComparison.Ordinal)]] = header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

        var body = new char[int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture)];
        if (body.Length > 0)
            await reader.ReadBlockAsync(body, cancellationToken);
        return new FakeRequest(connection, words[0], words[1], headers, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(body)));
    }

    private void Track(Task task)
    {
        lock (_tasks)
            _tasks.Add(task);
    }
}
