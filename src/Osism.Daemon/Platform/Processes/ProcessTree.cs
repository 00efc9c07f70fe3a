using System.Text;

namespace Osism.Daemon.Platform.Processes;

/// <summary>A live process, for signals and for people.</summary>
/// <param name="Identity">Which process.</param>
/// <param name="Parent">Pid of its parent.</param>
/// <param name="Session">Its session.</param>
/// <param name="Comm">Name of the program, at most 15 bytes.</param>
internal sealed record ProcessEntry(ProcessIdentity Identity, int Parent, int Session, string Comm)
{
    public int Pid => Identity.Pid;

    /// <summary>The command line with spaces between the arguments; the name where it has none. Empty when it ended meanwhile.</summary>
    public string CommandLine
    {
        get
        {
            Span<byte> buffer = stackalloc byte[512];
            var length = ProcFile.Read($"/proc/{Pid}/cmdline", buffer);
            return length <= 0 ? Comm : Encoding.UTF8.GetString(buffer[..length]).TrimEnd('\0').Replace('\0', ' ');
        }
    }

    public override string ToString() => $"{Pid} ({Comm})";
}

/// <summary>Finds processes which belong together, in one pass over <c>/proc</c>.</summary>
/// <remarks>This process and its ancestors are never part of an answer, whatever they carry: answers are lists of what may be killed.</remarks>
internal static class ProcessTree
{
    /// <summary>Variable which every process of an attempt inherits.</summary>
    public const string Marker = "OSISM_ATTEMPT";

    /// <summary>Everything that belongs to an attempt and lives: its session, its cgroup, all that carry the marker, and the descendants of all those.</summary>
    /// <param name="attempt">Value of <see cref="Marker"/>.</param>
    /// <param name="leader">First process of the attempt's session; null when it is not known.</param>
    /// <param name="cgroup">The attempt's cgroup, <see cref="Cgroup.None"/> where there is none.</param>
    public static IReadOnlyList<ProcessEntry> OfAttempt(string attempt, ProcessIdentity? leader, Cgroup cgroup)
    {
        var all = All();
        var members = cgroup.Processes().ToHashSet();
        var session = SessionOf(leader, all);
        var marker = Encoding.UTF8.GetBytes($"{Marker}={attempt}\0");
        return WithDescendants(all, entry => entry.Session == session || members.Contains(entry.Pid) || Carries(entry.Pid, marker));
    }

    /// <summary>The live processes of a session, and their descendants.</summary>
    public static IReadOnlyList<ProcessEntry> OfSession(int session) => WithDescendants(All(), entry => entry.Session == session);

    /// <summary>All processes this machine shows, zombies and threads of the kernel left out.</summary>
    public static List<ProcessEntry> All()
    {
        const int KernelThreads = 2;
        var all = new List<ProcessEntry>(256);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(folder.AsSpan("/proc/".Length), out var pid)
                && pid != KernelThreads
                && ProcessStat.Read(pid) is { IsAlive: true } stat
                && stat.Parent != KernelThreads)
            {
                all.Add(new ProcessEntry(
                    new ProcessIdentity(pid, stat.StartTime, ProcessIdentity.CurrentBoot), stat.Parent, stat.Session, stat.Comm));
            }
        }

        return all;
    }

    /// <summary>-1 when the session is not known, or its number has come to somebody else since.</summary>
    private static int SessionOf(ProcessIdentity? leader, List<ProcessEntry> all) =>
        leader is null || leader.BootId != ProcessIdentity.CurrentBoot || all.Exists(entry => entry.Pid == leader.Pid && entry.Identity != leader)
            ? -1
            : leader.Pid;

    private static List<ProcessEntry> WithDescendants(List<ProcessEntry> all, Predicate<ProcessEntry> belongs)
    {
        var parents = all.ToDictionary(entry => entry.Pid, entry => entry.Parent);
        var ours = new HashSet<int>();
        for (var pid = Environment.ProcessId; pid > 0 && ours.Add(pid);)
        {
            pid = parents.GetValueOrDefault(pid);
        }

        var children = all.ToLookup(entry => entry.Parent);
        var found = new List<ProcessEntry>();
        var open = new Queue<ProcessEntry>(all.Where(entry => belongs(entry)));
        var seen = ours;
        while (open.TryDequeue(out var entry))
        {
            if (seen.Add(entry.Pid))
            {
                found.Add(entry);
                foreach (var child in children[entry.Pid])
                {
                    open.Enqueue(child);
                }
            }
        }

        return found;
    }

    private static bool Carries(int pid, ReadOnlySpan<byte> marker)
    {
        var buffer = new byte[8192];
        int length;
        while ((length = ProcFile.Read($"/proc/{pid}/environ", buffer)) == buffer.Length)
        {
            buffer = new byte[buffer.Length * 4];
        }

        for (var rest = buffer.AsSpan(0, Math.Max(length, 0)); rest.Length >= marker.Length;)
        {
            if (rest.StartsWith(marker))
            {
                return true;
            }

            var end = rest.IndexOf((byte)0);
            if (end < 0)
            {
                break;
            }

            rest = rest[(end + 1)..];
        }

        return false;
    }
}
