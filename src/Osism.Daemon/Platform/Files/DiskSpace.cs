using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Files;

/// <summary>Room on disks.</summary>
internal static class DiskSpace
{
    /// <summary>Bytes that may still be written below a folder by this user (reserved blocks do not count).</summary>
    /// <exception cref="IOException">There is no such folder.</exception>
    public static long FreeBytes(string path) =>
        Directory.Exists(path) ? new DriveInfo(path).AvailableFreeSpace : throw new DirectoryNotFoundException($"There is no folder {path}.");

    /// <summary>Whether a write failed because the disk, or the user's share of it, is full.</summary>
    public static bool IsFull(Exception exception) =>
        exception is IOException { HResult: Posix.NoSpaceLeft or Posix.QuotaExceeded };
}
