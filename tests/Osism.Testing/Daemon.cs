using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Osism.Testing;

/// <summary>The built <c>osismd</c> as a process of its own with a private <c>OSISM_HOME</c>.</summary>
public sealed class Daemon : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private readonly TempFolder _folder;
    private readonly Dictionary<string, string> _environment;
    private Process? _process;

    private Daemon(TempFolder folder, string configuration, IReadOnlyDictionary<string, string> settings)
    {
        _folder = folder;
        Directory.CreateDirectory(Home);
        Failpoints = new Failpoints(_folder["failpoints"]);
        Cli = new Cli(Home);
        Http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { BaseAddress = new Uri("http://osismd") };
        _environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OSISM_HOME"] = Home,
            ["OSISM_CONFIGURATION"] = configuration,
            ["OSISM_LISTEN"] = $"127.0.0.1:{FreePort.Next()}",
            ["OSISM_TEST__FAILPOINTS"] = Failpoints.Folder,
            // A test that happens to run at noon must not find a job it did not submit.
            ["GATHER_FACTS_SCHEDULE"] = "0",
            // For hundreds of managers that live for seconds they would cost more than they bring.
            ["OSISM_WORKER__REHEARSALS"] = "0",
        };
        foreach (var (name, value) in settings)
        {
            _environment[name] = value;
        }
    }

    /// <summary>Its <c>OSISM_HOME</c>.</summary>
    public string Home => HomeIn(_folder);

    /// <summary>Whether it was started and has not ended.</summary>
    public bool IsRunning => _process is { HasExited: false };

    public string Socket => Path.Combine(Home, "osismd.sock");

    /// <summary><c>http://127.0.0.1:PORT</c></summary>
    public string Url => $"http://{_environment["OSISM_LISTEN"]}";

    public Cli Cli { get; }

    /// <summary>Talks over the Unix socket.</summary>
    public HttpClient Http { get; }

    public Failpoints Failpoints { get; }

    /// <summary>Everything it wrote, over all its starts.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    /// <summary>Process id of the current start.</summary>
    public int Id => (_process ?? throw new InvalidOperationException("osismd was not started")).Id;

    private string LogFile => _folder["osismd.log"];

    /// <summary>Where <see cref="Home"/> of a daemon in this folder will be, for those who must know before it starts.</summary>
    public static string HomeIn(TempFolder folder) => folder["home"];

    /// <summary>Starts it in a folder of its own and waits until it is ready.</summary>
    /// <param name="configuration">The configuration repository.</param>
    /// <param name="settings">Environment variables such as <c>OSISM_WORKER__SLOTS</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">It did not become ready; holds its log.</exception>
    public static Task<Daemon> StartAsync(
        string configuration, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken) =>
        StartAsync(new TempFolder(), configuration, settings, cancellationToken);

    /// <summary>Starts it in a given folder, which then belongs to it, and waits until it is ready.</summary>
    /// <param name="folder">Holds its home, its log and its failpoints.</param>
    /// <param name="configuration">The configuration repository.</param>
    /// <param name="settings">Environment variables such as <c>OSISM_WORKER__SLOTS</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">It did not become ready; holds its log.</exception>
    public static async Task<Daemon> StartAsync(
        TempFolder folder, string configuration, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var daemon = new Daemon(folder, configuration, settings);
        try
        {
            await daemon.StartAsync(cancellationToken);
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again after <see cref="KillAsync"/> or <see cref="StopAsync"/>, on the same <see cref="Home"/>.</summary>
    /// <exception cref="TimeoutException">It did not become ready; holds its log.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process?.Dispose();
        _process = Process.Start(Launch([Checkout.Daemon]))!;
        try
        {
            await Eventually.TrueAsync("osismd answers /readyz", IsReadyAsync, Bounds.Long, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new TimeoutException($"{e.Message}\n{Log}", e);
        }
    }

    /// <summary>Starts one more process of this home, such as <c>osismd --roles worker:netbox</c>. It writes to the same log and ends with this daemon.</summary>
    /// <param name="command">Program and arguments.</param>
    public RoleProcess StartBeside(params string[] command) => new(Process.Start(Launch(command))!);

    /// <summary>Waits until a process that was started beside this daemon holds its place: from then on it stops in an orderly way.</summary>
    /// <exception cref="TimeoutException">It does not; holds the log of all.</exception>
    public async Task HoldsPlaceAsync(RoleProcess part, CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.TrueAsync($"process {part.Id} holds its place", () => part.HoldsPlace(Home), Bounds.Long, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            var status = File.Exists($"/proc/{part.Id}/status") ? await File.ReadAllTextAsync($"/proc/{part.Id}/status", CancellationToken.None) : "gone";
            throw new TimeoutException($"{e.Message}\n{status}\n{Log}", e);
        }
    }

    /// <summary>SIGKILL to <c>osismd</c> alone; its database and its runs go on.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process!.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>An orderly stop (SIGTERM). Returns the exit code.</summary>
    /// <exception cref="TimeoutException">It did not end within <see cref="Bounds.Usual"/>.</exception>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        await Signals.SendAsync(Id, "TERM", cancellationToken);
        await Eventually.TrueAsync("osismd ends after SIGTERM", () => _process!.HasExited, Bounds.Usual, cancellationToken);
        return _process!.ExitCode;
    }

    /// <summary>Takes away everything that was started for this home, its database and runs included.</summary>
    public async ValueTask DisposeAsync()
    {
        // A test that was cancelled still has to clean up. PostgreSQL gives its shared memory back only when it may end by itself.
        var none = CancellationToken.None;
        if (_process is { HasExited: false })
        {
            await Signals.SendAsync(Id, "TERM", none);
        }

        if (!await EndsAsync("INT", Grace))
        {
            await EndsAsync("KILL", Bounds.Usual);
        }

        _process?.Dispose();
        Http.Dispose();
        _folder.Dispose();
    }

    // Signals all that is left, and waits until nothing is.
    private async Task<bool> EndsAsync(string signal, TimeSpan within)
    {
        var none = CancellationToken.None;
        foreach (var process in Signals.Naming(_folder.Path))
        {
            await Signals.SendAsync(process, signal, none);
        }

        try
        {
            await Eventually.TrueAsync("what osismd started is gone", () => Signals.Naming(_folder.Path).Count == 0, within, none);
            return true;
        }
        catch (TimeoutException) when (signal != "KILL")
        {
            return false;
        }
    }

    /// <summary>A program with the settings of this daemon, which becomes the process that was started.</summary>
    private ProcessStartInfo Launch(IReadOnlyList<string> command)
    {
        // Straight into a file: a pipe to the test would make it depend on the test. With a mask of somebody who keeps all to himself.
        var start = new ProcessStartInfo(
            "/usr/bin/setsid", ["/bin/sh", "-c", "umask 077; log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", LogFile, .. command]);
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        if (_process!.HasExited)
        {
            throw new InvalidOperationException($"osismd ended with {_process.ExitCode} before it was ready");
        }

        try
        {
            using var answer = await Http.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
