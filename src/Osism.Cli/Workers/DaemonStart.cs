using System.Runtime.InteropServices;
using Osism.Cli.Api;
using Osism.Contracts;

namespace Osism.Cli.Workers;

/// <summary>Turns this process into <c>osismd</c>: the seed's commands start services in the foreground.</summary>
internal static partial class DaemonStart
{
    private const string Program = "osismd";

    /// <summary>Does not return when it works.</summary>
    /// <param name="roles">Value of <c>--roles</c>.</param>
    /// <param name="slots">Jobs of one queue at a time; null leaves it to the settings.</param>
    /// <exception cref="ProblemException">There is no osismd here (<c>file.missing</c>), or it cannot be started.</exception>
    public static int Become(string roles, int? slots)
    {
        var path = Find() ?? throw new ProblemException(ErrorCodes.FileMissing, "osismd is not installed here: it was looked for beside osism and in the PATH");
        if (slots is { } number)
            setenv("OSISM_WORKER__SLOTS", $"{number}", 1);
        string?[] words = [path, "--roles", roles, null];
        execv(path, words);
        throw new ProblemException(ErrorCodes.InternalError, $"{path} cannot be started: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Beside this program, in a checkout beside its launcher, else in the PATH.</summary>
    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var beside = Path.Combine(folder.FullName, Program);
            if (File.Exists(beside))
                return beside;
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, Program)).FirstOrDefault(File.Exists);
    }

#pragma warning disable IDE1006 // The names are those of the C library.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, string?[] words);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
#pragma warning restore IDE1006
}
