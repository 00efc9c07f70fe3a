using System.Globalization;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Configuration;

/// <summary>The questions only git itself can answer.</summary>
/// <remarks>The repository usually belongs to another user than the daemon, so its ownership is not held against it; its hooks are not run.</remarks>
internal static class GitProgram
{
    private static readonly string[] Common = ["--no-optional-locks", "-c", "safe.directory=*", "-c", "core.fsmonitor=false"];

    /// <summary>Whether the work tree below a folder differs from HEAD, untracked files included; null when git cannot say.</summary>
    public static async Task<bool?> IsDirtyAsync(string folder, CancellationToken cancellationToken)
    {
        var output = await RunAsync(folder, ["status", "--porcelain", "--", "."], cancellationToken);
        return output is null ? null : output.Length > 0;
    }

    /// <summary>Author and date of the last commit that touched a file, when the file is as that commit left it.</summary>
    public static async Task<(string? Author, DateTimeOffset? Date)> FindAuthorAsync(string folder, string path, CancellationToken cancellationToken)
    {
        var state = await RunAsync(folder, ["status", "--porcelain", "--ignored", "--", path], cancellationToken);
        if (state is null or { Length: > 0 })
            return (null, null);
        var log = await RunAsync(folder, ["log", "-1", "--format=%an%x00%aI", "--", path], cancellationToken);
        return log?.Trim().Split('\0') is [var author, var date]
            && DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
                ? (author, at)
                : (null, null);
    }

    private static async Task<string?> RunAsync(string folder, string[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            var result = await ProcessRunner.RunAsync(new ProcessSpec("git", ["-C", folder, .. Common, .. arguments]), cancellationToken);
            return result.ExitCode == 0 ? result.Output : null;
        }
        catch (FileNotFoundException)
        {
            // Without git there is a repository all the same, only less to say about it.
            return null;
        }
    }
}
