using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Osism.Contracts.Recording;
using Osism.Daemon.Recording.Bodies;

namespace Osism.Daemon.Recording.Reading.Search;

/// <summary>Tells what stands around a match: lines of output, or the host and the field of an event.</summary>
internal static class HitContext
{
    /// <summary>Bytes on each side of a match in output.</summary>
    private const int OutputReach = 1024;

    /// <summary>The same in events: a whole line of events, unless it is one of facts.</summary>
    private const int EventReach = 300 * 1024;

    /// <summary>Longest text of a hit, in characters.</summary>
    private const int Longest = 400;

    private const string Sql = """
        select greatest(start, $3), substring(data from greatest(1, $3 - start + 1)::int for greatest(0, $4 - greatest(start, $3))::int) from job_output
        where job_id = $1 and stream = $2 and start < $4
          and start >= coalesce((select max(start) from job_output where job_id = $1 and stream = $2 and start <= $3), 0)
        order by start
        """;

    public static async Task<List<SearchHitInfo>> DescribeAsync(
        NpgsqlConnection connection, SearchedJob job, short stream, List<ScanMatch> matches, SearchQuery query, CancellationToken cancellationToken)
    {
        var hits = new List<SearchHitInfo>();
        var starts = new List<long?>();
        foreach (var match in matches)
        {
            var reach = stream == 0 ? OutputReach : EventReach;
            var from = Math.Max(0, match.Offset - reach);
            var bytes = await ReadAsync(connection, job.Id, stream, from, match.Offset + reach, cancellationToken);
            var at = (int)(match.Offset - from);
            if (at >= bytes.Length)
            {
                // Deleted meanwhile.
                continue;
            }

            var window = new LineWindow(bytes, at, from == 0);
            hits.Add(stream == 0 ? OfOutput(job, match, window) : OfEvent(job, match, window, query));
            starts.Add(window.Start is { } start ? from + start : null);
        }

        return stream == 0 ? hits : await WithResultsAsync(connection, job.Id, hits, starts, cancellationToken);
    }

    private static SearchHitInfo OfOutput(SearchedJob job, ScanMatch match, LineWindow window) => new(
        job.Id, job.Role, job.SubmittedAt, "output", match.Offset, match.Line, Around(window.Line, window.At), window.Before, window.After, null, null, null);

    private static SearchHitInfo OfEvent(SearchedJob job, ScanMatch match, LineWindow window, SearchQuery query)
    {
        var bare = new SearchHitInfo(
            job.Id, job.Role, job.SubmittedAt, "event", match.Offset, match.Line, Around(window.Line, window.At), null, null, null, null, null);
        if (!window.IsWhole || MaskedJson.Parse(window.Bytes) is not { } document)
        {
            return bare;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return bare;
            }

            var kind = Text(root, "ev");
            var found = Find(root, "", query);
            return bare with { Where = kind == "host" ? "result" : kind ?? "event", Host = Text(root, "h"), Field = found?.Field, Text = found?.Text ?? bare.Text };
        }
    }

    /// <summary>The first text in an event that holds what was looked for, and where it stands.</summary>
    private static (string Field, string Text)? Find(JsonElement value, string path, SearchQuery query)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject())
                {
                    if (Find(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}", query) is { } found)
                    {
                        return found;
                    }
                }

                return null;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    if (Find(item, $"{path}[{index++}]", query) is { } found)
                    {
                        return found;
                    }
                }

                return null;
            case JsonValueKind.String when value.GetString() is { } text:
                var at = text.IndexOf(query.Text, query.IgnoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
                if (at < 0)
                {
                    return null;
                }

                var start = at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;
                var end = text.IndexOf('\n', at);
                return (path, Around(text[start..(end < 0 ? text.Length : end)], at - start));
            default:
                return null;
        }
    }

    /// <summary>The rows whose lines begin where the lines of the hits begin.</summary>
    private static async Task<List<SearchHitInfo>> WithResultsAsync(
        NpgsqlConnection connection, Guid job, List<SearchHitInfo> hits, List<long?> starts, CancellationToken cancellationToken)
    {
        var wanted = starts.Where(start => start is not null).Select(start => start!.Value).ToArray();
        if (wanted.Length == 0)
        {
            return hits;
        }

        const string ByStart = """
            select r.body_start, r.id from rec_playbook p join rec_result r on r.id between p.id << 24 and (p.id << 24 | 16777215)
            where p.job_id = $1 and r.body_start = any($2)
            """;
        await using var command = new NpgsqlCommand(ByStart, connection)
        {
            Parameters = { new() { Value = job }, new() { Value = wanted, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var results = new Dictionary<long, long>();
        while (await reader.ReadAsync(cancellationToken))
        {
            results[reader.GetInt64(0)] = reader.GetInt64(1);
        }

        return [.. hits.Select((hit, at) => starts[at] is { } start && results.TryGetValue(start, out var result) ? hit with { Result = result } : hit)];
    }

    private static async Task<byte[]> ReadAsync(NpgsqlConnection connection, Guid job, short stream, long from, long to, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql, connection)
        {
            Parameters = { new() { Value = job }, new() { Value = stream }, new() { Value = from }, new() { Value = to } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        using var bytes = new MemoryStream();
        while (await reader.ReadAsync(cancellationToken))
        {
            bytes.Write((byte[])reader.GetValue(1));
        }

        return bytes.ToArray();
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A text short enough for a list, the match in it.</summary>
    private static string Around(string text, int at)
    {
        if (text.Length <= Longest)
        {
            return text;
        }

        var from = Math.Clamp(at - (Longest / 4), 0, text.Length - Longest);
        return $"{(from > 0 ? "…" : "")}{text.Substring(from, Longest)}{(from + Longest < text.Length ? "…" : "")}";
    }

    /// <summary>The line around a place in some bytes, and its neighbours.</summary>
    private sealed class LineWindow
    {
        private readonly int _from;
        private readonly int _to;
        private readonly byte[] _bytes;

        public LineWindow(byte[] bytes, int at, bool isBeginning)
        {
            _bytes = bytes;
            var before = bytes.AsSpan(0, at).LastIndexOf((byte)'\n');
            var length = bytes.AsSpan(at).IndexOf((byte)'\n');
            _from = before + 1;
            _to = length < 0 ? bytes.Length : at + length;
            Start = before >= 0 || isBeginning ? _from : null;
            IsWhole = Start is not null && length >= 0;
            Line = Encoding.UTF8.GetString(bytes, _from, _to - _from).TrimEnd('\r');
            At = Encoding.UTF8.GetCharCount(bytes, _from, at - _from);
            Before = before > 0 ? Neighbour(bytes.AsSpan(0, before), isLast: true) : null;
            After = length >= 0 && _to + 1 < bytes.Length ? Neighbour(bytes.AsSpan(_to + 1), isLast: false) : null;
        }

        /// <summary>Where the line begins; null when that is further away.</summary>
        public int? Start { get; }

        public bool IsWhole { get; }

        public string Line { get; }

        /// <summary>The character of the line at which the match begins.</summary>
        public int At { get; }

        public string? Before { get; }

        public string? After { get; }

        public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(_from, _to - _from);

        private static string Neighbour(ReadOnlySpan<byte> bytes, bool isLast)
        {
            var end = isLast ? bytes.LastIndexOf((byte)'\n') : bytes.IndexOf((byte)'\n');
            var line = isLast ? bytes[(end + 1)..] : end < 0 ? bytes : bytes[..end];
            return Around(Encoding.UTF8.GetString(line).TrimEnd('\r'), 0);
        }
    }
}
