using System.Text;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>Makes the folder of an attempt.</summary>
internal sealed class SpoolWriter(OsismHome home, RunUser user, RunNamespace space)
{
    /// <summary>Room for a boot id and a line of <c>/proc/PID/stat</c>.</summary>
    private const int PidSize = 1024;

    /// <summary>Room for an exit code.</summary>
    private const int ExitSize = 16;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Others may pass through, to a file of theirs whose name they know.</summary>
    private const UnixFileMode PassableFolder =
        OwnerFolder | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Puts the folder in place. Nothing runs yet.</summary>
    /// <returns>Null when the attempt was fenced: somebody took this worker for gone.</returns>
    /// <exception cref="OsismException">The disk is full (<c>spool.disk_full</c>).</exception>
    public async Task<SpoolFolder?> CreateAsync(AttemptPaths paths, ComposedRun run, AttemptRecord record, Cgroup cgroup, CancellationToken cancellationToken)
    {
        var draft = Path.Combine(Path.GetDirectoryName(paths.Folder)!, SpoolDraft.NewName());
        try
        {
            Directory.CreateDirectory(draft, PassableFolder);
            File.SetUnixFileMode(draft, PassableFolder);
            var folder = new SpoolFolder(draft);

            // Nothing is flushed to the disk: the folder appears whole by its name, and what a power loss takes is a run that is dead anyway.
            Write(folder.Record, SpoolFolder.Write(record));
            Write(folder.Output, []);
            Write(folder.Events, []);

            // Their blocks are taken here, so that a disk which fills up later keeps the supervisor from writing neither.
            Write(folder.Pid, Blank(PidSize));
            Write(folder.ExitDraft, Blank(ExitSize));
            user.Own(folder.Events);
            Directory.CreateDirectory(folder.SecretsFolder, OwnerFolder);
            foreach (var file in run.SecretFiles)
            {
                var path = Path.Combine(draft, file.Name);
                Write(path, file.Content);
                user.Own(path);
            }

            user.Own(folder.SecretsFolder);
            Write(folder.Command, SpoolCommand.Pack(run.Plan, user, run.AsManager ? [] : space.Mounts(run.Mappings), cgroup, run.AsManager));
            foreach (var path in run.WritableFolders)
            {
                MakeOwn(path);
            }

            return Posix.TryRenameNew(draft, paths.Folder) ? new SpoolFolder(paths.Folder) : null;
        }
        catch (IOException e) when (DiskSpace.IsFull(e))
        {
            throw new OsismException(
                ErrorCodes.SpoolDiskFull, $"the disk of {home.Spool} is full: free some space, then submit the job again", e);
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
        }
    }

    private void MakeOwn(string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, PassableFolder);
            Directory.CreateDirectory(path, OwnerFolder);
            user.Own(path);
        }
    }

    private static byte[] Blank(int size)
    {
        var blank = new byte[size];
        blank.AsSpan().Fill((byte)' ');
        return blank;
    }

    private static void Write(string path, byte[] content)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
            BufferSize = 0,
        });
        stream.Write(content);
    }
}

/// <summary>The strings to mask as one block of bytes; they may hold any character.</summary>
internal static class MaskList
{
    public static byte[] Pack(IReadOnlyList<string> secrets)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer, Encoding.UTF8))
        {
            writer.Write(secrets.Count);
            foreach (var secret in secrets)
            {
                writer.Write(secret);
            }
        }

        return buffer.ToArray();
    }

    public static IReadOnlyList<string> Unpack(byte[] packed)
    {
        using var reader = new BinaryReader(new MemoryStream(packed), Encoding.UTF8);
        var secrets = new string[reader.ReadInt32()];
        for (var i = 0; i < secrets.Length; i++)
        {
            secrets[i] = reader.ReadString();
        }

        return secrets;
    }
}
