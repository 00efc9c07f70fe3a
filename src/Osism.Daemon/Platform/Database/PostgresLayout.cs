using System.Security.Cryptography;
using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Database;

/// <summary>Where the embedded PostgreSQL keeps its files, and under whom it runs.</summary>
/// <param name="Root"><c>$OSISM_HOME/postgres</c>.</param>
/// <param name="Run">Folder of the socket: <c>run</c> in <paramref name="Root"/>, or a short path when that one is too long for a socket.</param>
internal sealed record PostgresLayout(string Root, string Run)
{
    /// <summary>sun_path of unix(7) holds 108 bytes, the closing zero included.</summary>
    private const int LongestSocket = 107;
    private const string SocketName = ".s.PGSQL.5432";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public string Data => Path.Combine(Root, "data");

    /// <summary>Where the server listens.</summary>
    public string Socket => Path.Combine(Run, SocketName);

    public string Log => Path.Combine(Root, "postgres.log");

    /// <summary>Held while a start is under way.</summary>
    public string StartLock => Path.Combine(Root, "start.lock");

    /// <summary>Locked by every process that works with the server, see <see cref="PostgresUsers"/>.</summary>
    public string UsersLock => Path.Combine(Root, "users.lock");

    public string VersionFile => Path.Combine(Data, "PG_VERSION");

    public static PostgresLayout For(OsismHome home)
    {
        var run = Path.Combine(home.Postgres, "run");
        if (Encoding.UTF8.GetByteCount(Path.Combine(run, SocketName)) > LongestSocket)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(home.Postgres)))[..12];
            run = Posix.IsRoot ? $"/run/osism-{hash}" : $"/tmp/osism-{Posix.EffectiveUser}-{hash}";
        }

        return new PostgresLayout(home.Postgres, run);
    }

    /// <summary>Makes the folders around the data, and sees that <paramref name="server"/> can live in them.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.DatabaseFolder"/>: one of them is somebody else's, or out of reach.</exception>
    public void Prepare(UnixUser server)
    {
        try
        {
            Directory.CreateDirectory(Root, Passable);
            CheckOwner(Root, UnixUser.Current, followLink: true);
            if (FileStatus.Of(Data) is not null)
            {
                CheckOwner(Data, server, followLink: true);
            }

            CheckParents(server);
            Directory.CreateDirectory(Run, OwnerOnly);
            if (Posix.IsRoot)
            {
                Posix.ChangeLinkOwner(Run, server.Id, server.Group);
            }

            // In /tmp somebody else may have made it before us.
            CheckOwner(Run, server, followLink: false);
            File.SetUnixFileMode(Run, OwnerOnly);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException && !DiskSpace.IsFull(e))
        {
            throw new OsismException(
                ErrorCodes.DatabaseFolder,
                $"{Root} cannot be used by {UnixUser.Current.Name}: {e.Message} Give it to {UnixUser.Current.Name}, or set OSISM_HOME to another folder.",
                e)
            { File = Root };
        }
    }

    private static void CheckOwner(string path, UnixUser wanted, bool followLink)
    {
        if (FileStatus.Of(path, followLink) is { } status && (!status.IsFolder || status.User != wanted.Id))
        {
            var owner = UnixUser.Find(status.User)?.Name ?? $"uid {status.User}";
            throw new OsismException(
                ErrorCodes.DatabaseFolder,
                status.IsFolder
                    ? $"{path} belongs to {owner}, but must belong to {wanted.Name}. If it is this manager's database: chown -R {wanted.Name} {path}; else set OSISM_HOME to another folder."
                    : $"{path} is not a folder. Move it away, or set OSISM_HOME to another folder.")
            { File = path };
        }
    }

    /// <summary>As root the server is another user: it must be able to pass every folder above its data.</summary>
    private void CheckParents(UnixUser server)
    {
        if (server.Id == Posix.EffectiveUser)
        {
            return;
        }

        for (var folder = Root; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (FileStatus.Of(folder) is { } status && !CanPass(status, server))
            {
                throw new OsismException(
                    ErrorCodes.DatabaseFolder,
                    $"PostgreSQL runs as {server.Name}, who may not pass {folder}. Run: chmod o+x {folder}, or set OSISM_HOME to a folder below /var/lib.")
                { File = folder };
            }
        }
    }

    private static bool CanPass(FileStatus folder, UnixUser user) => folder.Permissions.HasFlag(
        folder.User == user.Id ? UnixFileMode.UserExecute
        : folder.Group == user.Group ? UnixFileMode.GroupExecute
        : UnixFileMode.OtherExecute);
}
