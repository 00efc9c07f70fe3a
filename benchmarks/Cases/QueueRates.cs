using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Npgsql;
using Osism.Benchmarks.Measuring;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>Empty jobs through the queue, beside Celery with Redis on the same machine in the same run, two slots each; and the queue when it is deep.</summary>
internal static class QueueRates
{
    private const int Jobs = 6000;
    private const int Rounds = 3;
    private const int OverHttp = 2000;
    private const int Calls = 300;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        report.Say("queue: Celery ...");
        var peer = await PeerAsync(cancellationToken);
        report.Say("queue: osismd ...");
        await using var manager = await InProcess.StartAsync(null, cancellationToken);
        // Until the compiler has done its work: a manager runs for weeks.
        await RateAsync(manager, Jobs, 4, cancellationToken);
        var latency = await LatencyAsync(manager, cancellationToken);
        var (one, sixteen) = (new Samples(), new Samples());
        for (var round = 0; round < Rounds; round++)
        {
            one.Add(await RateAsync(manager, Jobs, 1, cancellationToken));
            sixteen.Add(await RateAsync(manager, Jobs, 16, cancellationToken));
        }

        var http = await HttpRateAsync(manager, 16, cancellationToken);

        report.Context("the peer", $"Celery {peer.Version}: {peer.Settings}; jobs/s with 1 submitter: {Text(peer.One)}, with 16: {Text(peer.Sixteen)}; submit -> start (ms) {peer.Latency}");
        report.Goal("empty jobs, 1 submitter: Celery's rate / ours", peer.One.Median / one.Median, 0.5, "", $"jobs/s through the application function: {Text(one)}");
        report.Goal(
            "empty jobs, 16 submitters: Celery's best rate / ours", Math.Max(peer.One.Median, peer.Sixteen.Median) / sixteen.Median, 0.2, "",
            $"jobs/s: {Text(sixteen)}; over HTTP with a client in the same process {http:0}");
        report.Goal("submit -> start, p50, ours / Celery's", latency.Median / peer.Latency.Median, 1, "", $"ours, durable (ms): {latency}; {Calls} jobs one after the other");
        report.Goal("submit -> start, p95, ours / Celery's", latency.P95 / peer.Latency.P95, 1, "", $"p99 {latency.P99.ToString("0.0", CultureInfo.InvariantCulture)} ms");
        report.Say("queue: depth ...");
        await QueueDepth.MeasureAsync(report, manager, cancellationToken);
    }

    private static async Task<Peer> PeerAsync(CancellationToken cancellationToken)
    {
        var command = new Command("/usr/bin/python3") { Arguments = [Checkout.PathOf("benchmarks", "programs", "celery_peer.py"), $"{Jobs}", $"{Rounds}"], Timeout = TimeSpan.FromMinutes(10) };
        using var json = JsonDocument.Parse((await command.MustAsync(cancellationToken)).Text);
        return new Peer(
            json.RootElement.GetProperty("version").GetString()!, json.RootElement.GetProperty("settings").GetString()!, Values("latencies"), Values("one"), Values("sixteen"));

        Samples Values(string name)
        {
            var samples = new Samples();
            foreach (var value in json.RootElement.GetProperty(name).EnumerateArray())
            {
                samples.Add(value.GetDouble());
            }

            return samples;
        }
    }

    private static async Task<Samples> LatencyAsync(InProcess manager, CancellationToken cancellationToken)
    {
        var submission = manager.Get<JobSubmission>();
        var signals = manager.Get<JobSignals>();
        var store = manager.Get<JobStore>();
        var latency = new Samples();
        for (var i = 0; i < Calls; i++)
        {
            var at = TimeProvider.System.GetUtcNow();
            var job = (await submission.SubmitAsync([new SubmitJob { Kind = JobKinds.Noop }], "bench", null, cancellationToken))[0];
            using var watch = signals.WatchJob(job.Id);
            while (job.StartedAt is null)
            {
                var next = watch.Next;
                job = (await store.FindAsync(job.Id, cancellationToken))!;
                if (job.StartedAt is null)
                {
                    await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken));
                }
            }

            latency.Add(job.StartedAt.Value - at);
        }

        return latency;
    }

    private static async Task<double> RateAsync(InProcess manager, int count, int submitters, CancellationToken cancellationToken)
    {
        var submission = manager.Get<JobSubmission>();
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, submitters).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < count / submitters; i++)
            {
                await submission.SubmitAsync([new SubmitJob { Kind = JobKinds.Noop }], "bench", null, cancellationToken);
            }
        }, cancellationToken)));
        await DoneAsync(manager, cancellationToken);
        return count / Stopwatch.GetElapsedTime(since).TotalSeconds;
    }

    private static async Task<double> HttpRateAsync(InProcess manager, int submitters, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(manager.Socket), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://osismd") };
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, submitters).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < OverHttp / submitters; i++)
            {
                using var content = JsonContent.Create(new SubmitJob { Kind = JobKinds.Noop }, OsismJson.Default.SubmitJob);
                using var answer = await http.PostAsync(new Uri(ApiRoutes.Jobs, UriKind.Relative), content, cancellationToken);
                answer.EnsureSuccessStatusCode();
            }
        }, cancellationToken)));
        await DoneAsync(manager, cancellationToken);
        return OverHttp / Stopwatch.GetElapsedTime(since).TotalSeconds;
    }

    private static async Task DoneAsync(InProcess manager, CancellationToken cancellationToken)
    {
        await using var connection = await manager.Get<NpgsqlDataSource>().OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "select exists (select 1 from job where state = 0) or exists (select 1 from job where state in (1, 2, 10, 11))", connection);
        while ((bool)(await command.ExecuteScalarAsync(cancellationToken))!)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
        }
    }

    private static string Text(Samples rates) => $"median {rates.Median:0} of {Rounds}, {rates.Minimum:0} to {rates.Maximum:0}";

    private sealed record Peer(string Version, string Settings, Samples Latency, Samples One, Samples Sixteen);
}
