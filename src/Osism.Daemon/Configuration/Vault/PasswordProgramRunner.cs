using System.ComponentModel;
using System.Globalization;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Configuration.Vault;

/// <summary>Runs a program of the configuration repository that prints the vault password.</summary>
/// <param name="runUser">As root the program runs as this user, who also runs the plays: the repository must not get the rights of the manager.</param>
/// <param name="time">Measures the limit.</param>
internal sealed class PasswordProgramRunner(string runUser, TimeProvider time)
{
    /// <summary>A program that has not answered by then asks a person or a network that is away.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // Longest part of what a program said that is repeated.
    private const int MaximumQuote = 200;

    /// <inheritdoc cref="PasswordProgram"/>
    public async Task<string> RunAsync(string path, CancellationToken cancellationToken)
    {
        var spec = Spec(path);
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var result = await ProcessRunner.RunAsync(spec, either.Token);
            return result.ExitCode == 0
                ? result.Output
                : throw Failed(path, $"ended with exit code {result.ExitCode}{Quote(result.Error)}", inner: null);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(path, $"gave no answer within {Limit.TotalSeconds} s", e);
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            throw Failed(path, $"cannot be started: {e.Message}", e);
        }
    }

    private static OsismException Failed(string path, string how, Exception? inner) =>
        new(ErrorCodes.VaultSealed, $"{path}, which is to print the vault password, {how}", inner) { File = path };

    private static string Quote(string error)
    {
        var line = error.Trim().Split('\n')[^1].Trim();
        return line.Length == 0 ? "" : $": {(line.Length <= MaximumQuote ? line : line[..MaximumQuote])}";
    }

    private ProcessSpec Spec(string path)
    {
        var user = UnixUser.Current;
        List<string> command = [path];
        if (Posix.IsRoot)
        {
            user = UnixUser.Find(runUser)
                ?? throw Failed(path, $"cannot be run: there is no user '{runUser}', whom the setting run.user names", inner: null);
            var (id, group) = (user.Id.ToString(CultureInfo.InvariantCulture), user.Group.ToString(CultureInfo.InvariantCulture));
            command = ["setpriv", $"--reuid={id}", $"--regid={group}", "--init-groups", "--", path];
        }

        return new ProcessSpec(command[0], command[1..])
        {
            WorkingDirectory = Path.GetDirectoryName(path),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                ["HOME"] = user.Home,
                ["USER"] = user.Name,
                ["LOGNAME"] = user.Name,
                ["LANG"] = "C.UTF-8",
                ["LC_ALL"] = "C.UTF-8",
            },
        };
    }
}
