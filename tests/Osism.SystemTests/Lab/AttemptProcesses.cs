using System.Security.Cryptography;
using System.Text;
using Osism.Testing;

namespace Osism.SystemTests.Lab;

/// <summary>The processes of a job's attempts, found from the outside.</summary>
internal static class AttemptProcesses
{
    private const int Attempts = 5;

    /// <summary>Everything that lives: what carries the marker, the supervisors, the SSH masters.</summary>
    public static IReadOnlyList<int> Of(Guid job) =>
        [.. Running().Where(process => Read(process, "environ").Contains($"OSISM_ATTEMPT={job}.", StringComparison.Ordinal) || IsNamed(Read(process, "cmdline"), job))];

    /// <summary>The same in words, for the message of a test.</summary>
    public static IEnumerable<string> Described(Guid job) =>
        Of(job).Select(process => $"{process}: {Read(process, "cmdline").Replace('\0', ' ')}");

    /// <summary>The supervisor as its spool folder names it.</summary>
    public static int Supervisor(Daemon daemon, Guid job)
    {
        // boot id, then /proc/PID/stat
        var file = Path.Combine(Folder(daemon, job), "started");
        return int.Parse(File.ReadAllLines(file)[1].Split(' ')[0]);
    }

    /// <summary><c>ansible-playbook</c>: the child of the supervisor.</summary>
    public static int Playbook(Daemon daemon, Guid job)
    {
        var supervisor = Supervisor(daemon, job);
        return Assert.Single(Running(), process => ParentOf(process) == supervisor);
    }

    /// <summary>The spool folder of the job's latest attempt.</summary>
    public static string Folder(Daemon daemon, Guid job) => Directory.GetDirectories(Path.Combine(daemon.Home, "spool"), $"{job}.*").Order(StringComparer.Ordinal).Last();

    /// <summary>Folder of the SSH control sockets of an attempt.</summary>
    public static string ControlFolder(Guid job, int attempt) =>
        $"/run/osism/cp/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{job}.{attempt}")))[..12]}";

    /// <summary>A file of <c>/proc/PID</c>; empty when the process is gone.</summary>
    public static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static bool IsNamed(string commandLine, Guid job) =>
        commandLine.Contains($"{job}", StringComparison.Ordinal) && commandLine.Contains("/supervise.pl\0", StringComparison.Ordinal)
        || commandLine.Contains("/run/osism/cp/", StringComparison.Ordinal)
            && Enumerable.Range(1, Attempts).Any(attempt => commandLine.Contains(ControlFolder(job, attempt), StringComparison.Ordinal));

    private static IEnumerable<int> Running() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0])).Select(name => int.Parse(name!))
            .Where(Signals.IsAlive);

    private static int ParentOf(int process)
    {
        var stat = Read(process, "stat");
        return stat.Length == 0 ? 0 : int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
    }
}
