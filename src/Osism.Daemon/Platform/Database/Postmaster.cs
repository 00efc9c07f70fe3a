using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Database;

/// <summary>A live PostgreSQL server, found through the <c>postmaster.pid</c> of its data folder.</summary>
/// <param name="Identity">The postmaster process.</param>
/// <param name="Status">Line 8 of the file: <c>starting</c>, <c>ready</c>, <c>stopping</c>, <c>standby</c>.</param>
internal sealed record Postmaster(ProcessIdentity Identity, string Status)
{
    private const int StatusLine = 7;
    private const string ProgramName = "postgres";

    public bool IsReady => Status == "ready";

    /// <summary>Null when no server runs on this data. A file left by a dead one, and a pid that came to somebody else, do not deceive it.</summary>
    public static Postmaster? Find(string dataFolder)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Path.Combine(dataFolder, "postmaster.pid"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return lines.Length > 0
            && int.TryParse(lines[0], out var pid)
            && pid > 0
            && Serves(pid, dataFolder)
            && ProcessIdentity.Of(pid) is { } identity
            ? new Postmaster(identity, lines.Length > StatusLine ? lines[StatusLine].Trim() : "starting")
            : null;
    }

    /// <summary>
    /// Backends whose postmaster died while they were busy. They keep the shared memory, and no new server starts until they are gone.
    /// To be asked only when <see cref="Find"/> found nothing.
    /// </summary>
    public static IReadOnlyList<ProcessEntry> Orphans(string dataFolder) =>
        [.. ProcessTree.All().Where(process => process.Comm == ProgramName && Serves(process.Pid, dataFolder))];

    /// <summary>Whether a process is a PostgreSQL whose working directory is the data: that is what every part of a server does.</summary>
    private static bool Serves(int pid, string dataFolder)
    {
        try
        {
            // " (deleted)" follows when the package was upgraded under the running server.
            return File.ResolveLinkTarget($"/proc/{pid}/exe", returnFinalTarget: false)?.Name.StartsWith(ProgramName, StringComparison.Ordinal) == true
                && FileStatus.Of($"/proc/{pid}/cwd") is { } current
                && FileStatus.Of(dataFolder) is { } data
                && current.IsSame(data);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
