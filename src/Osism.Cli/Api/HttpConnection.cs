using System.Text;

namespace Osism.Cli.Api;

/// <summary>One HTTP/1.1 connection (RFC 9112) that is used for one request after the other.</summary>
/// <remarks>
/// Small on purpose, and blocking: the framework's client needs more CPU time to start than everything else that a command does
/// (docs/adr/0004-a-thin-client.md). <see cref="Dispose"/>, from any thread, ends a call that blocks.
/// </remarks>
internal sealed class HttpConnection(Stream stream) : IDisposable
{
    private const int MaximumHead = 32 * 1024;

    private readonly byte[] _buffer = new byte[MaximumHead];
    private int _start;
    private int _end;

    /// <summary>Sends a request and reads the head of its answer. The body is to be read to its end before the next request.</summary>
    /// <param name="head">Request line and headers with the empty line.</param>
    /// <param name="body">JSON, or empty.</param>
    /// <param name="patience">How long the other end may be silent, now and while the body is read.</param>
    /// <exception cref="IOException">The connection broke or ended first, the other end was silent too long, or what came is no HTTP.</exception>
    public HttpAnswer Send(string head, ReadOnlySpan<byte> body, TimeSpan patience)
    {
        stream.ReadTimeout = (int)patience.TotalMilliseconds;
        var request = new byte[head.Length + body.Length];
        Encoding.ASCII.GetBytes(head, request);
        body.CopyTo(request.AsSpan(head.Length));
        stream.Write(request);

        while (true)
        {
            var answer = ReadHead();
            if (answer.Status >= 200)
                return answer;
        }
    }

    /// <summary>Bytes as they come; 0 at the end of the stream.</summary>
    public int Read(Span<byte> into)
    {
        if (_start == _end)
            return stream.Read(into);
        var count = Math.Min(into.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(into);
        _start += count;
        return count;
    }

    /// <summary>One line without its end.</summary>
    /// <exception cref="IOException">The connection ended first, or the line is longer than a line may be.</exception>
    public string ReadLine() => ReadUntil("\r\n"u8);

    public void Dispose() => stream.Dispose();

    private HttpAnswer ReadHead() => HttpAnswer.Parse(ReadUntil("\r\n\r\n"u8), this);

    private string ReadUntil(ReadOnlySpan<byte> mark)
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf(mark)) < 0)
            Fill();
        var text = Encoding.Latin1.GetString(_buffer, _start, length);
        _start += length + mark.Length;
        return text;
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
            throw new IOException("an HTTP header is too long");
        var count = stream.Read(_buffer.AsSpan(_end));
        if (count == 0)
            throw new IOException("the connection was closed before the answer was complete");
        _end += count;
    }
}
