using Osism.Contracts;

namespace Osism.Daemon.Platform;

/// <summary>Where the manager keeps what is its own: <c>$OSISM_HOME</c>. Folder names are fixed for outsiders.</summary>
/// <param name="Root">Absolute path. Default <c>/var/lib/osism</c> as root, else <c>~/.local/share/osism</c>.</param>
internal sealed record OsismHome(string Root)
{
    public string Postgres => Path.Combine(Root, "postgres");

    /// <summary>One folder per attempt of a job; see <c>docs/handbook/jobs.md</c>.</summary>
    public string Spool => Path.Combine(Root, "spool");

    /// <summary>What plays see as <c>/share</c>.</summary>
    public string Share => Path.Combine(Root, "share");

    /// <summary>Published inventory revisions: <c>current -> revisions/N</c>.</summary>
    public string Inventory => Path.Combine(Root, "inventory");

    /// <summary>Keys of this manager. Runs cannot read it.</summary>
    public string Secrets => Path.Combine(Root, "secrets");

    /// <summary>The connection string <c>osismd join</c> was given (0600).</summary>
    public string JoinedDatabase => Path.Combine(Secrets, "database");

    /// <summary>What plays see as <c>/interface</c>: role tables and versions of the runtimes.</summary>
    public string Interface => Path.Combine(Root, "interface");

    /// <summary>Things that can be made again: merged ansible.cfg files, Ansible's fact cache.</summary>
    public string Cache => Path.Combine(Root, "cache");

    public string Socket => Path.Combine(Root, "osismd.sock");

    public string Token => Path.Combine(Root, "token");

    public string PidFile => Path.Combine(Root, "osismd.pid");

    /// <summary>Identity of this folder: who shares it shares the spool.</summary>
    public string MachineFile => Path.Combine(Root, "machine");

    /// <summary>Settings file of this installation.</summary>
    public string Settings => Path.Combine(Root, "osismd.yml");

    /// <summary>For what is done to a manager that must have been here before.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.ManagerAway"/></exception>
    public void RequireManager()
    {
        if (!File.Exists(MachineFile))
        {
            throw new OsismException(ErrorCodes.ManagerAway, $"there has never been a manager in {Root}: set OSISM_HOME to the folder of the one you mean");
        }
    }
}
