using System.Runtime.InteropServices;
using Osism.Cli.Api;
using Osism.Cli.Terminal;
using Osism.Contracts;

namespace Osism.Cli.Inventory;

/// <summary>The program <c>osismd</c>, for what is done without a manager, or to one: it becomes this process.</summary>
/// <remarks>So signals, exit code and all three streams are its own, and nothing of this program stays in memory.</remarks>
internal static partial class DaemonProgram
{
    /// <summary>Comes back only when there is no such program.</summary>
    /// <exception cref="ProblemException"><c>file.missing</c></exception>
    public static int Become(CliEnvironment environment, IReadOnlyList<string> arguments)
    {
        var program = Find(environment);
        string?[] vector = [program, .. arguments, null];
        Execute(program, vector);
        throw Missing($"{program} cannot be started: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    private static string Find(CliEnvironment environment)
    {
        if (environment.Daemon is { } named)
            return named;
        var own = AppContext.BaseDirectory.TrimEnd('/');
        // A package has both in one folder, a checkout one folder a project: bin/PROJECT/CONFIGURATION.
        var project = Path.GetDirectoryName(own) ?? "/";
        string[] places =
        [
            Path.Combine(own, "osismd"),
            Path.Combine(project.Replace(".Cli", ".Daemon", StringComparison.Ordinal), Path.GetFileName(own), "osismd"),
        ];
        return Array.Find(places, File.Exists)
            ?? throw Missing("osismd, which does this, is not beside osism; OSISM_DAEMON may say where it is");
    }

    private static ProblemException Missing(string what) => new(ErrorCodes.FileMissing, what);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, [In] string?[] arguments);
}
