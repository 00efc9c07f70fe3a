using System.Net.Sockets;
using System.Text;

namespace Osism.Protocols.Resp;

/// <summary>A client of a Redis server: one connection, made when it is needed and made again when it broke. Any number may use it at the same time.</summary>
public sealed class RespClient(RespEndpoint endpoint) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Stream? _stream;
    private RespReader? _reader;

    /// <summary>One command.</summary>
    /// <exception cref="RespException">The server refused it or does not answer.</exception>
    public async Task<RespValue> SendAsync(CancellationToken cancellationToken, params IReadOnlyList<string> command)
    {
        var answer = (await SendAsync([command], cancellationToken).ConfigureAwait(false))[0];
        return answer.Kind == RespKind.Error ? throw new RespException($"{command[0]}: {answer.Text}") : answer;
    }

    /// <summary>Commands in one go; each has its answer, which may be an error.</summary>
    /// <remarks>When a connection that was there before breaks, all are sent once more on a new one: use only commands that may be repeated.</remarks>
    /// <exception cref="RespException">The server does not answer.</exception>
    public async Task<IReadOnlyList<RespValue>> SendAsync(IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_stream is not null)
            {
                try
                {
                    return await ExchangeAsync(commands, cancellationToken).ConfigureAwait(false);
                }
                catch (RespException)
                {
                    // It may have been closed long ago.
                }
            }

            return await ExchangeAsync(commands, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        Close();
        _gate.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<IReadOnlyList<RespValue>> ExchangeAsync(IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(endpoint.Patience);
        var isDone = false;
        try
        {
            if (_stream is null)
                await ConnectAsync(limit.Token).ConfigureAwait(false);
            var answers = await TransferAsync(commands, limit.Token).ConfigureAwait(false);
            isDone = true;
            return answers;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new RespException($"{endpoint} does not answer: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RespException($"{endpoint} did not answer within {endpoint.Patience.TotalSeconds:0.###} s", e);
        }
        finally
        {
            // Answers that nobody waits for any more would be taken for those of the next command.
            if (!isDone)
                Close();
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new RespReader(_stream);
        var commands = new List<IReadOnlyList<string>>();
        if (endpoint.Password is { } password)
            commands.Add(["AUTH", password]);
        commands.Add(["SELECT", $"{endpoint.Database}"]);
        foreach (var answer in await TransferAsync(commands, cancellationToken).ConfigureAwait(false))
        {
            if (answer.Kind == RespKind.Error)
                throw new RespException($"{endpoint} refuses: {answer.Text}");
        }
    }

    private async Task<IReadOnlyList<RespValue>> TransferAsync(IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken)
    {
        // Written while answers are read: a server that is full of answers reads no more commands.
        var writing = _stream!.WriteAsync(Encode(commands), cancellationToken).AsTask();
        var answers = new List<RespValue>(commands.Count);
        try
        {
            while (answers.Count < commands.Count)
                answers.Add(await _reader!.ReadAsync(cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            Close();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await writing.ConfigureAwait(false);
        return answers;
    }

    private static byte[] Encode(IReadOnlyList<IReadOnlyList<string>> commands)
    {
        using var bytes = new MemoryStream();
        foreach (var command in commands)
        {
            bytes.Write(Encoding.ASCII.GetBytes($"*{command.Count}\r\n"));
            foreach (var word in command)
            {
                var text = Encoding.UTF8.GetBytes(word);
                bytes.Write(Encoding.ASCII.GetBytes($"${text.Length}\r\n"));
                bytes.Write(text);
                bytes.Write("\r\n"u8);
            }
        }

        return bytes.ToArray();
    }

    private void Close()
    {
        _stream?.Dispose();
        (_stream, _reader) = (null, null);
    }
}
