using System.Text;
using Osism.Contracts;

namespace Osism.Daemon.Platform.Files;

/// <summary><c>osismd.pid</c>: says who serves a folder and keeps a second one out. The file holds the pid and a line feed.</summary>
internal static class PidLock
{
    /// <exception cref="OsismException"><see cref="ErrorCodes.ManagerRunning"/>: another process holds it; its pid is named.</exception>
    public static FileLock Take(string path)
    {
        if (FileLock.TryTake(path) is { } taken)
        {
            taken.Write(Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
            return taken;
        }

        throw new OsismException(
            ErrorCodes.ManagerRunning,
            $"Process {Holder(path)} holds {path} already. Stop it first, or give this one another OSISM_HOME.");
    }

    private static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim() is { Length: > 0 } pid ? pid : "(starting)";
        }
        catch (IOException)
        {
            return "(ending)";
        }
    }
}
