using System.Globalization;

namespace Osism.Cli.Api;

/// <summary>The answer to one request: head parsed, body read as it comes.</summary>
internal sealed class HttpAnswer
{
    private readonly HttpConnection _connection;
    private readonly Dictionary<string, string> _headers;
    private readonly bool _chunked;

    // Bytes left of the body, or of the chunk; -1 = until the connection closes.
    private long _left;
    private bool _firstChunk = true;

    private HttpAnswer(int status, Dictionary<string, string> headers, HttpConnection connection)
    {
        Status = status;
        _headers = headers;
        _connection = connection;
        _chunked = Header("Transfer-Encoding") is { } coding && coding.Contains("chunked", StringComparison.OrdinalIgnoreCase);
        if (status is < 200 or 204 or 304)
            Ended = true;
        else if (!_chunked)
            _left = Header("Content-Length") is { } length ? ParseLength(length) : -1;
        if (_left == 0 && !_chunked)
            Ended = true;
    }

    public int Status { get; }

    /// <summary>Whether the whole body was read.</summary>
    public bool Ended { get; private set; }

    /// <summary>Whether the connection can take another request.</summary>
    public bool CanReuse =>
        Ended && _left != -1 && !string.Equals(Header("Connection"), "close", StringComparison.OrdinalIgnoreCase);

    /// <summary>A header's value, or null.</summary>
    public string? Header(string name) => _headers.GetValueOrDefault(name);

    /// <exception cref="IOException">It is not the head of an HTTP answer.</exception>
    public static HttpAnswer Parse(string head, HttpConnection connection)
    {
        var lines = head.Split("\r\n");
        if (!lines[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || lines[0].Length < 12
            || !int.TryParse(lines[0].AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new IOException("what answered does not speak HTTP");
        }

        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                fields[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return new HttpAnswer(status, fields, connection);
    }

    /// <summary>The next bytes of the body as they come; 0 once it is complete.</summary>
    /// <exception cref="IOException">The connection ended in mid-body.</exception>
    public int Read(Span<byte> into)
    {
        if (Ended)
            return 0;
        if (_chunked && _left == 0 && !NextChunk())
            return 0;

        var wanted = _left < 0 ? into : into[..(int)Math.Min(into.Length, _left)];
        var count = _connection.Read(wanted);
        if (count == 0)
        {
            if (_left >= 0)
                throw new IOException("the connection was closed in mid-answer");
            Ended = true;
            return 0;
        }

        if (_left > 0)
        {
            _left -= count;
            Ended = _left == 0 && !_chunked;
        }

        return count;
    }

    /// <summary>The whole body.</summary>
    /// <exception cref="IOException">The connection ended in mid-body.</exception>
    public byte[] ReadAll()
    {
        var body = new byte[_left > 0 ? _left : 4096];
        var length = 0;
        int count;
        while ((count = Read(body.AsSpan(length))) > 0)
        {
            length += count;
            if (length == body.Length && !Ended)
                Array.Resize(ref body, body.Length * 2);
        }

        return length == body.Length ? body : body[..length];
    }

    private static long ParseLength(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw new IOException("the answer has no valid length");

    /// <returns>False at the last chunk, whose trailer has been read.</returns>
    private bool NextChunk()
    {
        if (!_firstChunk && _connection.ReadLine().Length > 0)
            throw new IOException("a chunk of the answer is longer than it said");
        _firstChunk = false;

        var line = _connection.ReadLine();
        var extension = line.IndexOf(';', StringComparison.Ordinal);
        var size = (extension < 0 ? line : line[..extension]).AsSpan().Trim();
        if (!long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left) || _left < 0)
            throw new IOException("the answer has a chunk without a valid length");
        if (_left > 0)
            return true;

        while (_connection.ReadLine().Length > 0)
        {
            // Trailer fields say nothing we use.
        }

        Ended = true;
        return false;
    }
}
