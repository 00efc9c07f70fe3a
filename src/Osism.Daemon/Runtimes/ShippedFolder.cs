using System.Collections.Concurrent;

namespace Osism.Daemon.Runtimes;

/// <summary>Finds folders of <c>ansible/</c>, and programs, that come with the manager.</summary>
internal static class ShippedFolder
{
    private const string Installed = "/usr/share/osism/ansible";

    // They come and go with the program; it is asked for them several times a run.
    private static readonly ConcurrentDictionary<string, string> Found = new(StringComparer.Ordinal);

    /// <summary>In a checkout <c>ansible/NAME</c> in a folder above the program, else <c>/usr/share/osism/ansible/NAME</c>.</summary>
    public static string Find(string name) => Found.GetOrAdd(name, Look);

    private static string Look(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "ansible", name);
            if (Directory.Exists(folder))
                return folder;
        }

        return Path.Combine(Installed, name);
    }

    /// <summary>A program that comes with the manager: in a checkout its launcher, else beside the daemon; null when it is in neither place.</summary>
    public static string? FindProgram(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var program = Path.Combine(at.FullName, name);
            if (File.Exists(program) && (at.FullName == Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory) || Directory.Exists(Path.Combine(at.FullName, "ansible"))))
                return program;
        }

        return null;
    }
}
