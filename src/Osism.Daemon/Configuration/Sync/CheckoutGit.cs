using System.Globalization;
using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Configuration.Sync;

/// <summary>git in the checkout of the configuration repository, as the user who owns it: what it writes stays his, and nothing in it gets more rights than he has.</summary>
/// <remarks>Hooks are not run and nobody is asked anything. Credentials reach it by files and git's own helpers, never by its arguments.</remarks>
internal sealed partial class CheckoutGit
{
    /// <summary>How long a remote may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly string[] Common =
        ["-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "protocol.ext.allow=never", "-c", "advice.detachedHead=false",
            "-c", "user.name=osism", "-c", "user.email=osism@localhost", "-c", "gc.auto=0"];

    private readonly string _root;
    private readonly UnixUser _owner;
    private readonly TimeProvider _time;

    private CheckoutGit(string root, UnixUser owner, TimeProvider time) => (_root, _owner, _time, Folder) = (root, owner, time, Path.Combine(root, ".git"));

    /// <summary>Top of the checkout.</summary>
    public string Root => _root;

    public UnixUser Owner => _owner;

    /// <summary>Git's own folder, which is not <c>.git</c> in a work tree that shares its repository.</summary>
    public string Folder { get; private set; }

    /// <exception cref="OsismException"><c>repository.no_git</c>: the folder is not the top of a checkout.</exception>
    public static async Task<CheckoutGit> OpenAsync(string root, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Path.Exists(Path.Combine(root, ".git")))
            throw new OsismException(ErrorCodes.RepositoryNoGit, $"{root} is not a git checkout: there is nothing to fetch it from") { File = root };
        var user = Posix.IsRoot && FileStatus.Of(Path.Combine(root, ".git")) is { } status && status.User != 0
            ? UnixUser.Find(status.User) ?? new UnixUser(status.User.ToString(CultureInfo.InvariantCulture), status.User, status.Group, "/nonexistent")
            : UnixUser.Current;
        var git = new CheckoutGit(root, user, time);
        git.Folder = (await git.MustAsync(cancellationToken, "rev-parse", "--absolute-git-dir")).Trim();
        return git;
    }

    /// <summary>stdout of a call that must succeed.</summary>
    /// <exception cref="OsismException"><c>repository.unreadable</c>: it failed.</exception>
    public async Task<string> MustAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await RunAsync(arguments, null, cancellationToken);
        return result.ExitCode == 0 ? result.Output : throw Failed(ErrorCodes.RepositoryUnreadable, $"git {arguments[0]} failed", result);
    }

    /// <summary>Trimmed stdout; null when the call fails.</summary>
    public async Task<string?> FindAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await RunAsync(arguments, null, cancellationToken);
        return result.ExitCode == 0 && result.Output.Trim() is { Length: > 0 } text ? text : null;
    }

    /// <summary>Items of a call with <c>-z</c>.</summary>
    /// <exception cref="OsismException"><c>repository.unreadable</c>: it failed.</exception>
    public async Task<string[]> ListAsync(CancellationToken cancellationToken, params string[] arguments) =>
        (await MustAsync(cancellationToken, arguments)).Split('\0', StringSplitOptions.RemoveEmptyEntries);

    public async Task<ProcessResult> RunAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? more, CancellationToken cancellationToken)
    {
        string[] command = ["git", "-C", _root, .. Common, .. arguments];
        using var limit = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await ProcessRunner.RunAsync(Spec(command, more), either.Token);
        }
        catch (FileNotFoundException e)
        {
            throw new OsismException(ErrorCodes.RepositoryNoGit, "git is not installed on the machine of the manager", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OsismException(ErrorCodes.RemoteUnreachable, $"git {arguments[0]} took longer than {Patience.TotalMinutes:0} minutes and was ended", e);
        }
    }

    /// <summary>Another program as the same user, in the checkout.</summary>
    /// <exception cref="OsismException"><c>repository.unreadable</c>: it failed.</exception>
    public async Task ProgramAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var result = await ProcessRunner.RunAsync(Spec(command, null), cancellationToken);
        if (result.ExitCode != 0)
            throw Failed(ErrorCodes.RepositoryUnreadable, $"{command[0]} failed", result);
    }

    public static OsismException Failed(ErrorCode code, string what, ProcessResult result)
    {
        // ssh frames its warning of a changed host key with lines of '@'.
        string[] lines = [.. result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(text => text.Trim('@', ' ')).Where(text => text.Length > 0)];
        // The last 'fatal:' is the advice to check one's rights; what went wrong stands above it.
        var line = Array.Find(lines, text => text.StartsWith("fatal:", StringComparison.Ordinal) || text.StartsWith("error:", StringComparison.Ordinal)) ?? (lines.Length > 0 ? lines[0] : $"exit code {result.ExitCode}");
        var first = lines.Length > 0 && lines[0] != line ? $"{lines[0]}; " : "";
        return new OsismException(code, $"{what}: {WithoutCredentials(first + line)}");
    }

    /// <summary>A URL, or a text with one, without what stands before its <c>@</c>, unless that is a name alone.</summary>
    public static string WithoutCredentials(string text) => Credentials().Replace(text, "://***@");

    private ProcessSpec Spec(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? more)
    {
        if (Posix.IsRoot && _owner.Id != 0)
        {
            var (id, group) = (_owner.Id.ToString(CultureInfo.InvariantCulture), _owner.Group.ToString(CultureInfo.InvariantCulture));
            command = ["setpriv", $"--reuid={id}", $"--regid={group}", UnixUser.Find(_owner.Id) is null ? "--clear-groups" : "--init-groups", "--", .. command];
        }

        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = _owner.Home,
            ["USER"] = _owner.Name,
            ["LOGNAME"] = _owner.Name,
            ["LANG"] = "C.UTF-8",
            ["LC_ALL"] = "C.UTF-8",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_ASKPASS"] = "/bin/true",
            ["SSH_ASKPASS_REQUIRE"] = "never",
            ["GIT_LITERAL_PATHSPECS"] = "1",
            ["GIT_OPTIONAL_LOCKS"] = "0",
        };
        foreach (var (name, value) in more ?? new Dictionary<string, string>())
            environment[name] = value;
        return new ProcessSpec(command[0], [.. command.Skip(1)]) { WorkingDirectory = _root, Environment = environment };
    }

    [GeneratedRegex("://[^/@ ]*:[^/@ ]*@", RegexOptions.CultureInvariant)]
    private static partial Regex Credentials();
}
