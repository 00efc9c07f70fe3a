using System.Security.Cryptography;
using System.Text;
using Osism.Benchmarks.Measuring;
using Osism.Contracts;

namespace Osism.Benchmarks.Cases;

/// <summary>20 MB in 50,000 lines, followed by five watchers while they are written: nothing missing, and how late each line is.</summary>
internal static class LiveOutput
{
    private const int Lines = 50_000;
    private const int Bytes = 400;
    private const int Seconds = 25;
    private const int Watchers = 5;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await using var site = await Installation.StartAsync(Installation.WithStandIn, cancellationToken);
        var daemon = site.Daemon;

        // Once before, short: the code the watchers run is compiled then.
        var rehearsal = await daemon.SubmitAsync("noop", Arguments(2_000, 2), cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Watchers).Select(_ => WatchAsync(daemon, rehearsal, cancellationToken)));
        await daemon.AwaitAsync(rehearsal, cancellationToken);

        var cpu = ProcessCpu.Of(daemon.Id);
        var job = await daemon.SubmitAsync("noop", Arguments(Lines, Seconds), cancellationToken);
        var seen = await Task.WhenAll(Enumerable.Range(0, Watchers).Select(_ => WatchAsync(daemon, job, cancellationToken)));
        var info = await daemon.AwaitAsync(job, cancellationToken);
        var used = ProcessCpu.Of(daemon.Id) - cpu;
        foreach (var watcher in seen)
        {
            if (watcher.Hash != info.OutputSha256 || watcher.Written != watcher.OfLines || watcher.Latency.Count != Lines)
            {
                throw new InvalidOperationException($"a watcher saw {watcher.Latency.Count} lines with hash {watcher.Hash}; stored is {info.OutputSha256}");
            }
        }

        var all = new Samples();
        foreach (var watcher in seen)
        {
            all.AddAll(watcher.Latency);
        }

        report.Goal(
            $"{Lines} lines, {info.OutputBytes / 1e6:0.0} MB in {Seconds} s, {Watchers} watchers: line latency, p99", all.P99, 250, "ms",
            $"{all}, most {all.Maximum:0}; every hash equal: writer, spool, database, watchers");
        report.Context("the same: CPU of osismd", $"{used.TotalSeconds:0.0} s of {(info.EndedAt - info.StartedAt)!.Value.TotalSeconds:0.0} s");
    }

    public static IReadOnlyList<string> Arguments(int lines, int seconds) => ["-e", $"lines={lines}", "-e", $"seconds={seconds}", "-e", $"bytes={Bytes}"];

    private static async Task<Seen> WatchAsync(DaemonProcess daemon, Guid job, CancellationToken cancellationToken)
    {
        var seen = new Seen();
        for (var complete = false; !complete;)
        {
            using var answer = await daemon.Http.GetAsync(new Uri(ApiRoutes.Output(job, seen.Length, 30), UriKind.Relative), cancellationToken);
            answer.EnsureSuccessStatusCode();
            var data = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            seen.Take(data, TimeProvider.System.GetUtcNow());
            complete = answer.Headers.GetValues(ApiRoutes.OutputCompleteHeader).Single() == "true"
                && long.Parse(answer.Headers.GetValues(ApiRoutes.OutputLengthHeader).Single()) == seen.Length;
        }

        seen.End();
        return seen;
    }

    /// <summary>What one watcher saw.</summary>
    private sealed class Seen
    {
        private readonly IncrementalHash _all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly IncrementalHash _lines = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly List<byte> _rest = [];

        public Samples Latency { get; } = new();

        public long Length { get; private set; }

        /// <summary>Hash of all bytes.</summary>
        public string Hash { get; private set; } = "";

        /// <summary>Hash of the lines, and what the writer says it is.</summary>
        public string OfLines { get; private set; } = "";

        public string Written { get; private set; } = "";

        public void Take(byte[] data, DateTimeOffset at)
        {
            var now = (at - DateTimeOffset.UnixEpoch).Ticks * 100;
            _all.AppendData(data);
            Length += data.Length;
            _rest.AddRange(data);
            var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rest);
            int end, taken = 0;
            while ((end = bytes[taken..].IndexOf((byte)'\n')) >= 0)
            {
                Line(bytes.Slice(taken, end + 1), now);
                taken += end + 1;
            }

            _rest.RemoveRange(0, taken);
        }

        public void End()
        {
            Hash = Convert.ToHexStringLower(_all.GetHashAndReset());
            OfLines = Convert.ToHexStringLower(_lines.GetHashAndReset());
        }

        private void Line(ReadOnlySpan<byte> line, long now)
        {
            if (line.StartsWith("sha256 "u8))
            {
                Written = Encoding.ASCII.GetString(line[7..^1]);
            }
            else if (line.Length == Bytes)
            {
                _lines.AppendData(line);
                Latency.Add((now - long.Parse(line.Slice(8, 19))) / 1e6);
            }
        }
    }
}
