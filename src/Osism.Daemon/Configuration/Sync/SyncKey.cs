using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Configuration.Sync;

/// <summary>What ssh needs for one fetch, in a folder that only the owner of the checkout may look into, in memory where there is such a place: the key, and the hosts that are known.
/// It is gone when this is disposed.</summary>
internal sealed class SyncKey : IDisposable
{
    private const string Memory = "/dev/shm";

    private readonly string _folder;
    private readonly string _known;
    private readonly string? _key;

    private SyncKey(string folder, string known, string? key) => (_folder, _known, _key) = (folder, known, key);

    /// <summary>What git gets for ssh.</summary>
    /// <remarks>Nobody is there to be asked about a new host's key, so it is accepted once; a changed one is refused. What the owner's own ssh, or the runs of that account,
    /// have come to know does not count: an address may have been another host's then.</remarks>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["GIT_SSH_COMMAND"] = $"ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=15 -o 'UserKnownHostsFile={Inner}'{(_key is null ? "" : $" -o IdentitiesOnly=yes -i '{_key}'")}",
    };

    private string Inner => Path.Combine(_folder, "known_hosts");

    public static SyncKey Of(SyncSource source, UnixUser owner, OsismHome home)
    {
        var folder = Path.Combine(Directory.Exists(Memory) ? Memory : Path.GetTempPath(), $"osism-sync-{Guid.NewGuid():N}");
        var named = source.KeyFile is { } file && !file.Contains('\'', StringComparison.Ordinal) ? file : null;
        var key = new SyncKey(folder, Path.Combine(home.Root, "known_hosts"), source.Key is null ? named : Path.Combine(folder, "key"));
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            if (source.Key is not null)
                Write(key._key!, source.Key);
            Write(key.Inner, File.Exists(key._known) ? File.ReadAllBytes(key._known) : []);
            if (Posix.IsRoot && owner.Id != 0)
            {
                foreach (var path in Directory.GetFiles(folder).Append(folder))
                    Posix.ChangeOwner(path, owner.Id, owner.Group);
            }

            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (!Directory.Exists(_folder))
            return;
        // A host whose key was new is known from now on.
        if (File.Exists(Inner) && new FileInfo(Inner).Length > (File.Exists(_known) ? new FileInfo(_known).Length : 0))
            File.Copy(Inner, _known, overwrite: true);
        Directory.Delete(_folder, recursive: true);
    }

    private static void Write(string path, byte[] content)
    {
        using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        stream.Write(content);
    }
}
