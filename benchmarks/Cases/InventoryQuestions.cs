using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Osism.Benchmarks.Measuring;
using Osism.Testing;

namespace Osism.Benchmarks.Cases;

/// <summary>Questions about the inventory of a large pod: to the manager on a kept connection, and by a command.</summary>
internal static class InventoryQuestions
{
    private const int Large = 2000;
    private const int Usual = 500;
    private const int Rounds = 200;
    private const int Runs = 21;

    public static async Task MeasureAsync(Report report, CancellationToken cancellationToken)
    {
        await ServerAsync(report, cancellationToken);
        await CommandAsync(report, cancellationToken);
    }

    private static async Task ServerAsync(Report report, CancellationToken cancellationToken)
    {
        using var pod = await MakeAsync(Large, cancellationToken);
        await using var manager = await InProcess.StartAsync(pod.Path, cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, token) => ConnectAsync(manager.Socket, token) }) { BaseAddress = new Uri("http://osismd") };
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var began = Stopwatch.GetTimestamp();
        await http.GetByteArrayAsync(new Uri("/v1/inventory/hosts", UriKind.Relative), cancellationToken);
        report.Context($"{Large} hosts: the first question, which publishes the revision and reads it", $"{Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        began = Stopwatch.GetTimestamp();
        await http.GetByteArrayAsync(new Uri("/v1/inventory/find?text=nowhere-at-all", UriKind.Relative), cancellationToken);
        report.Context("the same: the first search, which reads all variables", $"{Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms; {(GC.GetTotalMemory(forceFullCollection: true) - before) >> 20} MB more on the heap");

        var node = LargePod.HostName(Large / 2);
        (string What, string Method, string Path, string? Body)[] questions =
        [
            ("hosts of control", "GET", "/v1/inventory/hosts?limit=control", null),
            ($"hosts of compute:&rack-07:!{node}", "GET", $"/v1/inventory/hosts?limit=compute:%26rack-07:!{node}", null),
            ("one variable of a host", "GET", $"/v1/inventory/hosts/{node}/hostvars/kolla_003_port", null),
            ($"all {LargePod.Variables} variables of a host", "GET", $"/v1/inventory/hosts/{node}/hostvars", null),
            ("all variables of a host, as Ansible prints them", "POST", "/v1/inventory/query", $$"""{"action":"host","subject":"{{node}}","vars":false,"export":false,"format":null}"""),
            ("one variable explained", "POST", "/v1/inventory/explain", $$"""{"host":"{{node}}","variable":"internal_address"}"""),
            ("a text in any name or value", "GET", "/v1/inventory/find?text=10.0.3.9", null),
            ("variables by an expression", "GET", $"/v1/inventory/search?name_pattern=^network_&host_pattern={node}", null),
        ];
        foreach (var (what, method, path, body) in questions)
        {
            var times = new Samples();
            for (var i = -20; i < Rounds; i++)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
                began = Stopwatch.GetTimestamp();
                using var answer = await http.SendAsync(request, cancellationToken);
                await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellationToken);
                if (i >= 0)
                    times.Add(Stopwatch.GetElapsedTime(began));
            }

            report.Goal($"{Large} hosts, asked over the socket: {what}, median", times.Median, 5, "ms", times.ToString());
        }
    }

    private static async Task CommandAsync(Report report, CancellationToken cancellationToken)
    {
        using var pod = await MakeAsync(Usual, cancellationToken);
        await using var daemon = await DaemonProcess.StartAsync(pod.Path, Installation.Usual, cancellationToken);
        var (ours, ansible) = (new Samples(), new Samples());
        var hosts = daemon.Cli.Command("get", "hosts", "-l", "control");
        var peer = new Command("ansible") { Arguments = ["-i", pod.PathOf("inventory"), "control", "--list-hosts"] };
        for (var i = -3; i < Runs; i++)
        {
            var measured = await Measured.RunAsync(hosts, cancellationToken);
            if (i >= 0)
                ours.Add(measured.Wall);
            if (i >= 0 && i % 5 == 0)
                ansible.Add((await Measured.RunAsync(peer, cancellationToken)).Wall);
        }

        report.Goal($"`osism get hosts -l control`, {Usual} hosts, wall, median", ours.Median, 150, "ms", $"{ours}; `ansible control --list-hosts` {ansible}; {Runs} calls");
    }

    private static async Task<ConfigurationPod> MakeAsync(int hosts, CancellationToken cancellationToken)
    {
        var pod = await ConfigurationPod.CreateAsync(null, encrypted: false, cancellationToken);
        Directory.Delete(pod.PathOf("inventory"), recursive: true);
        LargePod.Write(pod.PathOf("inventory"), hosts);
        return pod;
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
