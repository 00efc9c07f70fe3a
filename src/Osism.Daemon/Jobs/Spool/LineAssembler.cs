namespace Osism.Daemon.Jobs.Spool;

/// <summary>Puts lines together that come in pieces.</summary>
internal sealed class LineAssembler
{
    /// <summary>A longer line is not one of the callback's: it is not kept while its end is looked for.</summary>
    public const int LongestLine = 16 * 1024 * 1024;

    private readonly List<byte> _rest = [];

    /// <summary>A line, without its end.</summary>
    public delegate void Line(ReadOnlySpan<byte> line);

    /// <summary>The pieces so far end within a line that is longer than any of the callback's.</summary>
    public bool IsInOverlong { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes, Line take)
    {
        while (bytes.IndexOf((byte)'\n') is var end and >= 0)
        {
            if (IsInOverlong)
            {
                IsInOverlong = false;
                take(default);
            }
            else if (_rest.Count > 0)
            {
                _rest.AddRange(bytes[..end]);
                take(_rest.ToArray());
            }
            else
            {
                take(bytes[..end]);
            }

            _rest.Clear();
            bytes = bytes[(end + 1)..];
        }

        if (_rest.Count + bytes.Length > LongestLine)
        {
            IsInOverlong = true;
            _rest.Clear();
        }
        else if (!IsInOverlong)
        {
            _rest.AddRange(bytes);
        }
    }
}
