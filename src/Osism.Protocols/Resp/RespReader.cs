using System.Buffers.Text;
using System.Text;

namespace Osism.Protocols.Resp;

/// <summary>Reads answers from a stream, with a buffer for their short parts.</summary>
/// <remarks>Source: Redis serialization protocol specification, RESP 2.</remarks>
internal sealed class RespReader(Stream stream)
{
    // What a server can announce at most: 512 MB is the longest value of Redis.
    private const long LongestText = 512L << 20;
    private const long LongestArray = 16L << 20;
    private const int Deepest = 8;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _at;
    private int _end;

    /// <exception cref="RespException">The server closed, or does not speak RESP.</exception>
    public ValueTask<RespValue> ReadAsync(CancellationToken cancellationToken) => ReadAsync(0, cancellationToken);

    private async ValueTask<RespValue> ReadAsync(int depth, CancellationToken cancellationToken)
    {
        var line = await LineAsync(cancellationToken).ConfigureAwait(false);
        if (line.Length == 0 || depth > Deepest)
            throw new RespException("the server does not speak RESP");
        switch (line[0])
        {
            case (byte)'+':
                return new RespValue(RespKind.Text, line[1..], 0, []);
            case (byte)'-':
                return new RespValue(RespKind.Error, line[1..], 0, []);
            case (byte)':':
                return new RespValue(RespKind.Integer, null, Number(line), []);
            case (byte)'$':
                var length = Number(line);
                return length < 0 ? RespValue.Nil : new RespValue(RespKind.Text, await TextAsync(Within(length, LongestText), cancellationToken).ConfigureAwait(false), 0, []);
            case (byte)'*':
                var count = Number(line);
                if (count < 0)
                    return RespValue.Nil;
                var items = new List<RespValue>(Math.Min(1024, Within(count, LongestArray)));
                for (var i = 0L; i < count; i++)
                    items.Add(await ReadAsync(depth + 1, cancellationToken).ConfigureAwait(false));
                return new RespValue(RespKind.Array, null, 0, items);
            default:
                throw new RespException("the server does not speak RESP");
        }
    }

    private static int Within(long value, long most) =>
        value <= most ? (int)value : throw new RespException($"the server announced {value} where {most} is the most");

    private static long Number(byte[] line) =>
        Utf8Parser.TryParse(line.AsSpan(1), out long number, out var used) && used == line.Length - 1
            ? number
            : throw new RespException($"the server sent '{Encoding.UTF8.GetString(line)}' where a number must be");

    private async ValueTask<byte[]> LineAsync(CancellationToken cancellationToken)
    {
        using var line = new MemoryStream();
        while (true)
        {
            var rest = _buffer.AsMemory(_at, _end - _at);
            var end = rest.Span.IndexOf((byte)'\n');
            line.Write(end < 0 ? rest.Span : rest.Span[..end]);
            if (end >= 0)
            {
                _at += end + 1;
                var bytes = line.ToArray();
                return bytes is [.. var text, (byte)'\r'] ? text : throw new RespException("the server does not speak RESP");
            }

            if (line.Length > 64 * 1024)
                throw new RespException("the server does not speak RESP");
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<byte[]> TextAsync(int length, CancellationToken cancellationToken)
    {
        var text = new byte[length + 2];
        var have = Math.Min(text.Length, _end - _at);
        _buffer.AsSpan(_at, have).CopyTo(text);
        _at += have;
        if (have < text.Length)
        {
            try
            {
                await stream.ReadExactlyAsync(text.AsMemory(have), cancellationToken).ConfigureAwait(false);
            }
            catch (EndOfStreamException e)
            {
                throw new RespException("the server closed the connection within an answer", e);
            }
        }

        return text[^2..] is [(byte)'\r', (byte)'\n'] ? text[..^2] : throw new RespException("the server does not speak RESP");
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        (_at, _end) = (0, 0);
        _end = await stream.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
        if (_end == 0)
            throw new RespException("the server closed the connection");
    }
}
