namespace Osism.Testing;

/// <summary>Signals to processes a test knows by their id.</summary>
public static class Signals
{
    /// <summary>Sends <paramref name="signal"/> (<c>TERM</c>, <c>INT</c>, <c>KILL</c>, <c>STOP</c> ...); a process that is gone is no fault.</summary>
    public static Task SendAsync(int process, string signal, CancellationToken cancellationToken) =>
        new Command("/bin/kill") { Arguments = [$"-{signal}", $"{process}"] }.RunAsync(cancellationToken);

    /// <summary>Whether there is such a process that is not a zombie.</summary>
    public static bool IsAlive(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Processes whose environment or working folder names <paramref name="text"/>: what a daemon of a test left behind.</summary>
    public static IReadOnlyList<int> Naming(string text)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && id != Environment.ProcessId && IsAlive(id) && Names(folder, text))
            {
                found.Add(id);
            }
        }

        return found;
    }

    private static bool Names(string folder, string text)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "environ")).Contains(text, StringComparison.Ordinal)
                || new DirectoryInfo(Path.Combine(folder, "cwd")).LinkTarget?.StartsWith(text, StringComparison.Ordinal) == true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked, or belongs to somebody else.
            return false;
        }
    }
}
