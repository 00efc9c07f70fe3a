using System.Data;
using System.Runtime.InteropServices;
using Npgsql;

namespace Osism.Daemon.Recording.Reading.Search;

/// <summary>Looks for a text in the stored bytes of a stream. A match may begin in one stored piece and end in the next.</summary>
internal sealed class StreamScan(NpgsqlConnection connection, IReadOnlyList<Needle> needles)
{
    /// <summary>Bytes that one statement reads: so many are read for nothing at most when the search is given up.</summary>
    private const int Stretch = 16 * 1024 * 1024;

    private const string Sql = """
        select start, data from job_output
        where job_id = $1 and stream = $2 and start < $4
          and start >= coalesce((select max(start) from job_output where job_id = $1 and stream = $2 and start <= $3), 0)
        order by start
        """;

    private readonly int _overlap = needles.Max(needle => needle.Length) - 1;
    private byte[] _buffer = new byte[256 * 1024];

    /// <summary>What is in the buffer and was not searched: too short for a match, or its beginning.</summary>
    private int _rest;

    /// <summary>Bytes looked at.</summary>
    public long Bytes { get; private set; }

    /// <summary>Lines with a match, each once, at its first match.</summary>
    /// <param name="stream">Whose bytes.</param>
    /// <param name="kind">0 output, 1 events.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="limit">Most matches.</param>
    /// <param name="mayGoOn">Asked after each piece.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <returns>The matches, and where to go on; null at the end of the stream.</returns>
    public async Task<(List<ScanMatch> Matches, ScanPlace? Next)> RunAsync(
        Guid stream, short kind, ScanPlace from, int limit, Func<bool> mayGoOn, CancellationToken cancellationToken)
    {
        var matches = new List<ScanMatch>();
        var place = from;
        _rest = 0;
        while (true)
        {
            var end = place.Offset + _rest;
            await using var command = new NpgsqlCommand(Sql, connection)
            {
                Parameters = { new() { Value = stream }, new() { Value = kind }, new() { Value = end }, new() { Value = end + Stretch } },
            };
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
            var isEnd = true;
            while (await reader.ReadAsync(cancellationToken))
            {
                var count = await FillAsync(reader, place.Offset + _rest, cancellationToken);
                if (count == 0)
                {
                    continue;
                }

                isEnd = false;
                Bytes += count;
                _rest += count;
                var next = Scan(_buffer.AsSpan(0, _rest), place, matches, limit);
                var done = (int)(next.Offset - place.Offset);
                _buffer.AsSpan(done, _rest - done).CopyTo(_buffer);
                (_rest, place) = (_rest - done, next);
                if (matches.Count == limit || !mayGoOn())
                {
                    return (matches, place);
                }
            }

            if (isEnd)
            {
                return (matches, null);
            }
        }
    }

    /// <summary>Puts what a piece holds from an offset on behind what is left in the buffer.</summary>
    private async Task<int> FillAsync(NpgsqlDataReader reader, long offset, CancellationToken cancellationToken)
    {
        var start = reader.GetInt64(0);
        await using var data = await reader.GetStreamAsync(1, cancellationToken);
        var count = (int)data.Length;
        if (_buffer.Length < _rest + count)
        {
            Array.Resize(ref _buffer, _rest + count);
        }

        await data.ReadExactlyAsync(_buffer.AsMemory(_rest, count), cancellationToken);
        var skip = (int)Math.Clamp(offset - start, 0, count);
        if (skip > 0)
        {
            _buffer.AsSpan(_rest + skip, count - skip).CopyTo(_buffer.AsSpan(_rest));
        }

        return count - skip;
    }

    private ScanPlace Scan(ReadOnlySpan<byte> bytes, ScanPlace place, List<ScanMatch> matches, int limit)
    {
        var (at, line) = (0, place.Line);
        if (place.IsMatched)
        {
            at = bytes.IndexOf((byte)'\n') + 1;
            if (at == 0)
            {
                return place with { Offset = place.Offset + bytes.Length };
            }

            line++;
        }

        while (matches.Count < limit)
        {
            var hit = First(bytes[at..]);
            if (hit < 0)
            {
                var sure = Math.Max(0, bytes.Length - at - _overlap);
                return new ScanPlace(place.Offset + at + sure, line + bytes.Slice(at, sure).Count((byte)'\n'), IsMatched: false);
            }

            line += bytes.Slice(at, hit).Count((byte)'\n');
            at += hit;
            matches.Add(new ScanMatch(place.Offset + at, line));
            var length = bytes[at..].IndexOf((byte)'\n');
            if (length < 0)
            {
                return new ScanPlace(place.Offset + bytes.Length, line, IsMatched: true);
            }

            at += length + 1;
            line++;
        }

        return new ScanPlace(place.Offset + at, line, IsMatched: false);
    }

    private int First(ReadOnlySpan<byte> bytes)
    {
        var first = -1;
        foreach (var needle in needles)
        {
            var at = needle.IndexIn(first < 0 ? bytes : bytes[..Math.Min(bytes.Length, first + needle.Length)]);
            first = at >= 0 && (first < 0 || at < first) ? at : first;
        }

        return first;
    }
}

/// <summary>Where a search stands.</summary>
/// <param name="Offset">The first byte that was not searched.</param>
/// <param name="Line">Number of the line it belongs to, from 1.</param>
/// <param name="IsMatched">Whether that line has matched already: it is not given twice.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ScanPlace(long Offset, long Line, bool IsMatched)
{
    public static ScanPlace Beginning => new(0, 1, IsMatched: false);
}

/// <param name="Offset">Of the first byte that matches.</param>
/// <param name="Line">Number of its line, from 1.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ScanMatch(long Offset, long Line);
