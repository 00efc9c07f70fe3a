using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Ansible;

/// <summary>The account runs have.</summary>
/// <param name="Name">Login name.</param>
/// <param name="Home">Home folder.</param>
/// <param name="IsOther">Whether it is another account than the daemon's, which therefore is root: then runs are kept from the manager's own files.</param>
internal sealed record RunUser(string Name, string Home, bool IsOther)
{
    private readonly Lazy<UnixUser> _account = new(() => UnixUser.Find(Name) ?? UnixUser.Current);

    private readonly Lazy<IReadOnlyList<uint>> _groups = new(() => UnixUser.Find(Name)?.Groups() ?? []);

    public UnixUser Account => _account.Value;

    /// <summary>All its groups, as after a login.</summary>
    public IReadOnlyList<uint> Groups => _groups.Value;

    /// <summary>Words in front of a command that make it run as this user.</summary>
    public IReadOnlyList<string> Switch => IsOther
        ? ["/usr/bin/setpriv", $"--reuid={Account.Id}", $"--regid={Account.Group}", "--init-groups", "--"]
        : [];

    /// <param name="configured">Wanted name; counts only when the daemon is root.</param>
    /// <exception cref="OsismException">The daemon is root and the user does not exist (<c>settings.invalid</c>).</exception>
    public static RunUser Find(string configured)
    {
        if (!Posix.IsRoot || configured == UnixUser.Current.Name)
            return new RunUser(UnixUser.Current.Name, UnixUser.Current.Home, false);
        var user = UnixUser.Find(configured) ?? throw new OsismException(
            ErrorCodes.SettingsInvalid,
            $"run.user names '{configured}', who does not exist: make the account with 'useradd --create-home {configured}', or set run.user");
        return new RunUser(user.Name, user.Home, true);
    }

    /// <summary>Gives a file or folder to the user.</summary>
    public void Own(string path)
    {
        if (IsOther)
            Posix.ChangeOwner(path, Account.Id, Account.Group);
    }
}
