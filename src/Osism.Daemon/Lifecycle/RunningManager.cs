using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Lifecycle;

/// <summary>How the manager of a home is stopped and started again as it was: by systemd, or as the program somebody started.</summary>
/// <param name="Unit">Its systemd unit; null for a process.</param>
/// <param name="Arguments">Program and arguments.</param>
/// <param name="Environment">Its whole environment.</param>
/// <param name="Folder">Its working directory.</param>
/// <param name="Log">Where its output went.</param>
internal sealed partial record RunningManager(
    string? Unit, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, string Folder, string Log)
{
    private const string SystemCtl = "/usr/bin/systemctl";

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(120);

    /// <summary>A unit pauses before it starts one again that died.</summary>
    private static readonly TimeSpan DeadFor = TimeSpan.FromSeconds(10);

    /// <summary>What the kernel adds to the path of a program that was replaced since.</summary>
    private const string Deleted = " (deleted)";

    /// <summary>The process that holds the place of a home; null when none does.</summary>
    public static ProcessIdentity? Find(OsismHome home)
    {
        try
        {
            return int.TryParse(File.ReadAllText(home.PidFile).Trim(), out var pid) && ProcessStat.Read(pid) is { Comm: "osismd" } ? ProcessIdentity.Of(pid) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>How a process was started.</summary>
    public static RunningManager Of(ProcessIdentity process, OsismHome home)
    {
        var folder = $"/proc/{process.Pid}";
        var output = new FileInfo($"{folder}/fd/1").LinkTarget;
        var words = Split($"{folder}/cmdline");
        return new RunningManager(
            Directory.Exists("/run/systemd/system") && UnitName().Match(File.ReadAllText($"{folder}/cgroup")) is { Success: true } unit ? unit.Groups["unit"].Value : null,
            [ProgramOf(process) is { } program ? program.Replace(Deleted, "", StringComparison.Ordinal) : words[0], .. words.Skip(1)],
            Split($"{folder}/environ").Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).DistinctBy(pair => pair[0]).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal),
            new FileInfo($"{folder}/cwd").LinkTarget ?? "/",
            output is not null && File.Exists(output) ? output : Path.Combine(home.Root, "osismd.log"));
    }

    /// <summary>Whether a process runs the program that we are, as it is on the disk now.</summary>
    public static bool IsThisProgram(ProcessIdentity process) =>
        ProgramOf(process) == System.Environment.ProcessPath
        && System.Diagnostics.Process.GetProcessById(process.Pid).StartTime.ToUniversalTime() >= File.GetLastWriteTimeUtc(typeof(RunningManager).Assembly.Location);

    /// <summary>This program, for a home in which none runs.</summary>
    public static RunningManager New(OsismHome home, IReadOnlyDictionary<string, string> environment) =>
        new(null, [System.Environment.ProcessPath!], environment, "/", Path.Combine(home.Root, "osismd.log"));

    /// <summary>An orderly stop; returns when it is gone. Its runs go on.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.ManagerRunning"/>: it did not stop.</exception>
    public async Task StopAsync(OsismHome home, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Find(home) is not { } process)
        {
            return;
        }

        if (Unit is not null)
        {
            await SystemctlAsync("stop", cancellationToken);
        }
        else
        {
            process.TrySignal(Signal.Terminate);
        }

        for (var since = time.GetTimestamp(); process.IsAlive; await Task.Delay(Step, time, cancellationToken))
        {
            if (time.GetElapsedTime(since) > StopsWithin)
            {
                throw new OsismException(ErrorCodes.ManagerRunning, $"osismd (process {process.Pid}) did not stop within {StopsWithin.TotalSeconds:0} s; its log is {Log}");
            }
        }
    }

    /// <summary>Starts it unless it runs, and returns when it is ready.</summary>
    /// <param name="home">Its home.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <param name="within">How long that may take. Default two minutes.</param>
    /// <exception cref="OsismException"><see cref="ErrorCodes.ManagerAway"/>: it did not become ready, or has ended.</exception>
    public async Task StartAsync(OsismHome home, TimeProvider time, CancellationToken cancellationToken, TimeSpan? within = null)
    {
        var longest = within ?? ReadyWithin;
        if (Find(home) is null)
        {
            if (Unit is not null)
            {
                await SystemctlAsync("start", cancellationToken);
            }
            else
            {
                ProcessRunner.StartSession(new ProcessSpec(Arguments[0], [.. Arguments.Skip(1)]) { Environment = Environment, WorkingDirectory = Folder }, Log).Dispose();
            }
        }

        var seen = time.GetTimestamp();
        for (var since = seen; !await IsReadyAsync(home, cancellationToken); await Task.Delay(Step, time, cancellationToken))
        {
            seen = Find(home) is null ? seen : time.GetTimestamp();
            if (time.GetElapsedTime(seen) > DeadFor)
            {
                throw new OsismException(ErrorCodes.ManagerAway, $"osismd was started and has ended; its log is {Log}");
            }

            if (time.GetElapsedTime(since) > longest)
            {
                throw new OsismException(ErrorCodes.ManagerAway, $"osismd is not ready after {longest.TotalSeconds:0} s; its log is {Log}");
            }
        }
    }

    private static async Task<bool> IsReadyAsync(OsismHome home, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(home.Socket), cancellationToken);
            await socket.SendAsync("GET /readyz HTTP/1.1\r\nHost: osismd\r\nConnection: close\r\n\r\n"u8.ToArray(), cancellationToken);
            var answer = new byte["HTTP/1.1 200".Length];
            var got = await socket.ReceiveAsync(answer, cancellationToken);
            return Encoding.ASCII.GetString(answer, 0, got) == "HTTP/1.1 200";
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task SystemctlAsync(string action, CancellationToken cancellationToken)
    {
        var result = await ProcessRunner.RunAsync(new ProcessSpec(SystemCtl, [action, Unit!]), cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new OsismException(ErrorCodes.ManagerAway, $"systemctl {action} {Unit}: {result.Error.Trim()}");
        }
    }

    private static string? ProgramOf(ProcessIdentity process) => new FileInfo($"/proc/{process.Pid}/exe").LinkTarget;

    private static string[] Split(string path) => Encoding.UTF8.GetString(File.ReadAllBytes(path)).TrimEnd('\0').Split('\0');

    [GeneratedRegex(@"/(?<unit>osism[^/]*\.service)\s*$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnitName();
}
