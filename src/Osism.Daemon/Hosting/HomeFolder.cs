using System.Security.Cryptography;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Hosting;

/// <summary>Makes <c>$OSISM_HOME</c> what it must be: folders, modes, the token and the identity of this installation.</summary>
internal static class HomeFolder
{
    private const int LongestSocketPath = 107;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Others may pass to what is theirs below, but not look around.</summary>
    private const UnixFileMode Passable = Owner | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Readable = Passable | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <exception cref="OsismException">It cannot be made or written (<c>settings.invalid</c>).</exception>
    public static void Prepare(OsismHome home, RunUser user)
    {
        // struct sockaddr_un (unix(7)) holds 107 bytes and a zero.
        if (System.Text.Encoding.UTF8.GetByteCount(home.Socket) > LongestSocketPath)
        {
            throw new OsismException(
                ErrorCodes.SettingsInvalid, $"{home.Socket} is longer than the {LongestSocketPath} bytes a Unix socket may have: set OSISM_HOME to a shorter path");
        }

        try
        {
            Make(home.Root, Passable);
            Make(home.Spool, Passable);
            Make(home.Secrets, Owner);
            Make(home.Cache, Readable);
            Make(home.Inventory, Readable);
            Make(home.Share, Readable);
            Make(home.Interface, Readable);
            user.Own(home.Share);
            var facts = Path.Combine(home.Cache, "facts");
            Make(facts, Owner);
            user.Own(facts);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(
                ErrorCodes.SettingsInvalid, $"{home.Root} cannot be used: {e.Message} Set OSISM_HOME to a folder of yours.", e);
        }
    }

    /// <summary>Identity of this home: who shares it shares the spool. Made once.</summary>
    public static async Task IdentifyAsync(OsismHome home, CancellationToken cancellationToken)
    {
        if (!File.Exists(home.MachineFile))
        {
            // Another process of this home may be at it too: whoever is first has made it for both.
            await AtomicFile.CreateAsync(
                home.MachineFile, System.Text.Encoding.ASCII.GetBytes($"{Guid.CreateVersion7()}\n"), OwnerFile, cancellationToken);
        }
    }

    /// <summary>The token that lets TCP callers write. Made once, readable for the owner only.</summary>
    public static async Task<string> TokenAsync(OsismHome home, CancellationToken cancellationToken)
    {
        if (!File.Exists(home.Token))
        {
            var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            await AtomicFile.CreateAsync(home.Token, System.Text.Encoding.ASCII.GetBytes($"{token}\n"), OwnerFile, cancellationToken);
        }

        return (await File.ReadAllTextAsync(home.Token, cancellationToken)).Trim();
    }

    private static UnixFileMode OwnerFile => UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static void Make(string path, UnixFileMode mode)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, mode);

            // The umask of whoever started us must not decide.
            File.SetUnixFileMode(path, mode);
        }
    }
}
