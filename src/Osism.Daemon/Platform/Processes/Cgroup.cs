namespace Osism.Daemon.Platform.Processes;

/// <summary>A cgroup (version 2) of one attempt, below <c>osism/</c>: whoever is in it cannot leave, whatever sessions it makes.</summary>
/// <remarks>A help where it is to be had; without it processes are found by session and marker alone.</remarks>
internal sealed class Cgroup
{
    private static readonly Lazy<string?> Root = new(FindRoot);
    private Cgroup(string? folder) => Folder = folder;

    /// <summary>Stands for a cgroup where there is none to be had: holds nothing, ends nothing.</summary>
    public static Cgroup None { get; } = new(null);

    public bool IsReal => Folder is not null;

    /// <summary>Its folder, by which a process can be born in it (clone3(2), <c>CLONE_INTO_CGROUP</c>); null without a cgroup.</summary>
    public string? Folder { get; }

    /// <summary>File to which a process may write its own pid (or <c>0</c>) to enter; null without a cgroup.</summary>
    public string? MembersFile => Folder is null ? null : Path.Combine(Folder, "cgroup.procs");

    /// <summary>Makes the cgroup of an attempt, or finds it after a restart.</summary>
    public static Cgroup Open(string attempt)
    {
        if (Root.Value is not { } root)
        {
            return None;
        }

        try
        {
            return new Cgroup(Directory.CreateDirectory(Path.Combine(root, attempt)).FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return None;
        }
    }

    /// <summary>Puts a process in; its later children are born in it.</summary>
    /// <returns>False when it did not work.</returns>
    public bool TryAdd(int pid) => TryWrite(MembersFile, pid.ToString());

    /// <summary>The pids in it, those of nested cgroups included.</summary>
    public IReadOnlyList<int> Processes()
    {
        if (Folder is null)
        {
            return [];
        }

        try
        {
            return [.. Directory.EnumerateFiles(Folder, "cgroup.procs", SearchOption.AllDirectories)
                .SelectMany(File.ReadAllLines)
                .Select(line => int.TryParse(line, out var pid) ? pid : 0)
                // 0 stands for a process of a pid namespace we cannot see.
                .Where(pid => pid > 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>SIGKILL to all of it at once, forks in flight included (<c>cgroup.kill</c>, Linux 5.14).</summary>
    /// <returns>False when the kernel cannot.</returns>
    public bool TryKill() => TryWrite(Folder is null ? null : Path.Combine(Folder, "cgroup.kill"), "1");

    /// <summary>Takes the cgroup away. One that still holds processes stays.</summary>
    public void Remove()
    {
        if (Folder is null || !Directory.Exists(Folder))
        {
            return;
        }

        try
        {
            foreach (var nested in Directory.EnumerateDirectories(Folder, "*", SearchOption.AllDirectories).OrderByDescending(path => path.Length).Append(Folder))
            {
                // The files in it are the kernel's and go with it: rmdir, never a recursive delete.
                Posix.RemoveFolder(nested);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            // It is looked at again when the next attempt is swept.
        }
    }

    /// <summary>The outermost cgroup we may make folders in: it is not the one of our service, which ends with us.</summary>
    private static string? FindRoot()
    {
        if (Mount() is not { } mount)
        {
            return null;
        }

        var own = ProcFileLine("/proc/self/cgroup", "0::")?.Trim('/') ?? "";
        var path = mount;
        foreach (var part in own.Split('/', StringSplitOptions.RemoveEmptyEntries).Prepend(""))
        {
            path = Path.Combine(path, part);
            try
            {
                return Directory.CreateDirectory(Path.Combine(path, "osism")).FullName;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not ours; perhaps a part further in was delegated to us.
            }
        }

        return null;
    }

    /// <summary>proc_pid_mountinfo(5): <c>id parent major:minor root MOUNT options... - TYPE source options</c>.</summary>
    private static string? Mount() => File.ReadLines("/proc/self/mountinfo")
        .Where(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))
        .Select(line => line.Split(' ')[4])
        .FirstOrDefault();

    private static string? ProcFileLine(string path, string prefix) => File.ReadLines(path)
        .FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];

    private static bool TryWrite(string? path, string text)
    {
        if (path is null || !File.Exists(path))
        {
            return false;
        }

        try
        {
            File.WriteAllText(path, text);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
