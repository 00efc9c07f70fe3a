using System.Buffers;
using System.Diagnostics;
using System.Text;
using Osism.Benchmarks.Measuring;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Benchmarks.Cases;

/// <summary>How fast output goes through the parts of its way.</summary>
internal static class Pipeline
{
    private const int Megabytes = 100;
    private const int Piece = 256 * 1024;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        foreach (var count in new[] { 10, 1000 })
        {
            report.Context($"masker, {count} secrets", Mask(count));
        }

        await using var site = await Installation.StartAsync(Installation.WithStandIn, cancellationToken);
        var warm = await site.Daemon.SubmitAsync("noop", LiveOutput.Arguments(1000, 0), cancellationToken);
        await site.Daemon.AwaitAsync(warm, cancellationToken);
        var rates = new Samples();
        for (var i = 0; i < 3; i++)
        {
            var job = await site.Daemon.SubmitAsync("noop", LiveOutput.Arguments(Megabytes * 2500, 0), cancellationToken);
            var info = await site.Daemon.AwaitAsync(job, cancellationToken);
            rates.Add(info.OutputBytes / 1e6 / (info.EndedAt - info.StartedAt)!.Value.TotalSeconds);
        }

        report.Context(
            $"a run that writes {Megabytes} MB as fast as it can: written, read, hashed, masked and stored in PostgreSQL", $"{rates.Median:0} MB/s (3 runs)");
    }

    private static string Mask(int count)
    {
        var random = new Random(count);
        var secrets = Enumerable.Range(0, count).Select(_ => Convert.ToHexString(Enumerable.Range(0, 12).Select(_ => (byte)random.Next(256)).ToArray())).ToList();
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 4000).Select(i =>
            $"ok: [testbed-node-{i % 9}] => {{\"changed\": false, \"item\": \"{random.Next():x8}\", \"token\": \"{(i % 40 == 0 ? secrets[i % count] : "none")}\"}}\r\n")));
        var set = SecretSet.Build(secrets);
        var rates = new Samples();
        for (var round = 0; round < 7; round++)
        {
            var masker = new StreamingMasker(set);
            var output = new ArrayBufferWriter<byte>(text.Length + 1024);
            var began = Stopwatch.GetTimestamp();
            long done = 0;
            while (done < 40_000_000)
            {
                for (var at = 0; at < text.Length;)
                {
                    var length = Math.Min(Piece, text.Length - at);
                    output.ResetWrittenCount();
                    at += masker.Mask(text.AsSpan(at, length), at + length == text.Length, output);
                }

                done += text.Length;
            }

            rates.Add(done / 1e6 / Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return $"{rates.Median:0} MB/s (7 rounds, best {rates.Maximum:0})";
    }
}
