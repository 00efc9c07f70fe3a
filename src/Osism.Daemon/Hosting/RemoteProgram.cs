using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Osism.Contracts;
using Osism.Daemon.Lifecycle;
using Osism.Daemon.Logs;
using Osism.Daemon.Platform;
using Osism.Daemon.Remote;

namespace Osism.Daemon.Hosting;

/// <summary><c>osismd console|container|compose|log ...</c>: what operators do on hosts, from the terminal they sit at, with the manager's key and without the manager.</summary>
internal static class RemoteProgram
{
    /// <summary>First words on the command line.</summary>
    public static readonly string[] Names = ["console", "container", "compose", "log"];

    private const string Limit = "--limit";
    private const string MaxHosts = "--max-hosts";

    /// <exception cref="OsismException">Whatever stands in the way.</exception>
    public static async Task<int> RunAsync(string[] args)
    {
        using var stop = new CancellationTokenSource();
        // A program at the terminal is interrupted by the terminal, and has handlers of its own then; these are for what runs on several hosts.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        var settings = ReadSettings();
        await using var app = DaemonApplication.Build(settings, NullLoggerProvider.Instance);
        SettingsCheck.Validate(app.Services);
        try
        {
            return await RunAsync(args, app.Services, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Detached;
        }

        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static Task<int> RunAsync(string[] args, IServiceProvider services, CancellationToken cancellationToken)
    {
        // Behind -- everything is a word, whatever it looks like.
        var end = Array.IndexOf(args, "--");
        var (before, words) = end < 0 ? (args, []) : (args[..end], args[(end + 1)..]);
        var isLog = before is ["log", _, ..];
        var name = string.Join(' ', before[..(isLog ? 2 : 1)]);
        var given = ProgramWords.Parse(
            $"osism {name}", before[(isLog ? 2 : 1)..],
            name switch { "console" => ["--type"], "log file" => [Limit, MaxHosts, "--lines"], "log opensearch" => [], _ => [Limit, MaxHosts] },
            name switch { "log file" => ["--follow"], "log opensearch" => ["--verbose"], _ => [] });
        var remote = services.GetRequiredService<RemoteCommands>();
        return (name, words) switch
        {
            ("console", [var host]) => remote.OpenAsync(ConsoleTarget.Parse(host, given["--type"]), cancellationToken),
            ("container", [var host]) => remote.PromptAsync(host, cancellationToken),
            ("container", [var host, .. var rest]) => OnEachAsync(host, one => EngineCommand.Any(one, rest), goesOn: false),
            ("compose", [var host, var environment, .. var rest]) => OnEachAsync(host, one => EngineCommand.Compose(one, environment, rest), goesOn: false),
            ("log container", [var host, var container, .. var rest]) => OnEachAsync(host, one => EngineCommand.Logs(one, container, rest), goesOn: true),
            ("log file", [var host, var path]) => OnEachAsync(host, _ => LogFile.Tail(path, Number("--lines") ?? LogFile.DefaultLines, given.Has("--follow")), given.Has("--follow")),
            ("log opensearch", []) => services.GetRequiredService<OpenSearchPrompt>().RunAsync(given.Has("--verbose"), cancellationToken),
            _ => throw new OsismException(ErrorCodes.RequestInvalid, $"'osism {name}' is not used this way: see osism {name} --help"),
        };

        Task<int> OnEachAsync(string host, Func<RemoteHost, IReadOnlyList<string>> make, bool goesOn) =>
            remote.RunAsync(host, given[Limit], Number(MaxHosts), make, goesOn, cancellationToken);

        int? Number(string option) => given[option] is not { } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
            : throw new OsismException(ErrorCodes.RequestInvalid, $"{option} is '{text}': it must be a whole number from 1");
    }

    /// <summary>As the manager has them that works here: where its repository is may stand in its environment alone.</summary>
    private static DaemonSettings ReadSettings()
    {
        var settings = DaemonSettings.Read(roles: null);
        RequireHome(settings.Home);
        try
        {
            return RunningManager.Find(settings.Home) is { } manager ? DaemonSettings.ReadBeside(RunningManager.Of(manager, settings.Home).Environment) : settings;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended, or is another user's, who will be told so.
            return settings;
        }
    }

    /// <summary>Who is not the manager's user finds no manager where his own would be; the one he means is named.</summary>
    private static void RequireHome(OsismHome home)
    {
        const string Usual = "/var/lib/osism";
        if (!File.Exists(home.MachineFile) && home.Root != Usual && Directory.Exists(Usual) && DaemonSettings.Variable("OSISM_HOME") is null or "")
        {
            throw new OsismException(
                ErrorCodes.AccessDenied, $"the manager of this machine is in {Usual}, and its operator's key is for its user alone: call it with sudo");
        }

        home.RequireManager();
    }
}
