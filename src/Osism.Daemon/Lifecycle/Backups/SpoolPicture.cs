using System.ComponentModel;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>Keeps what the spool held while the database's picture was taken, however fast runs end and are tidied away.</summary>
/// <remarks>Hard links: nothing is copied, and a file that a worker removes stays here. It lies in the spool, which may be a disk of its own, as a draft: if we
/// die the manager's sweep removes it.</remarks>
internal sealed class SpoolPicture : IDisposable
{
    private readonly string _spool;

    private SpoolPicture(string spool) => (_spool, Path) = (spool, System.IO.Path.Combine(spool, SpoolDraft.NewName()));

    public string Path { get; }

    public static SpoolPicture Begin(string spool)
    {
        var (picture, status) = (new SpoolPicture(spool), FileStatus.Of(spool)!.Value);
        Directory.CreateDirectory(picture.Path);
        Posix.ChangeOwner(picture.Path, status.User, status.Group);

        // A spool that is brought back gets what this one has: the user of the runs must be able to pass.
        File.SetUnixFileMode(picture.Path, status.Permissions);
        return picture;
    }

    /// <summary>Adds what is there now. Before and after the moment that counts: whoever was there then is in it.</summary>
    public void Add() => Add(Path, Directory.GetDirectories(_spool).Where(folder => !System.IO.Path.GetFileName(folder).StartsWith('.')));

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static void Add(string to, IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            var target = System.IO.Path.Combine(to, System.IO.Path.GetFileName(entry));
            if (FileStatus.Of(entry, followLink: false) is not { } status)
            {
                continue;
            }

            try
            {
                if (status.IsFolder)
                {
                    Directory.CreateDirectory(target);
                    Posix.ChangeOwner(target, status.User, status.Group);
                    Add(target, Entries(entry));
                    File.SetUnixFileMode(target, status.Permissions);
                }
                else if (status.IsFile && FileStatus.Of(target, followLink: false) is null)
                {
                    Posix.Link(entry, target);
                }
            }
            catch (Win32Exception)
            {
                // Tidied away since it was listed, or on another disk within the folder: a run that is over has its end in the database.
            }
        }
    }

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
