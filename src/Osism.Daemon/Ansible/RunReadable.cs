using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Ansible;

/// <summary>Whether the account of the runs may read what the manager, who is root, can always read: said when the job is submitted, not by forty lines of Ansible.</summary>
internal sealed class RunReadable(RunUser user, ConfigurationRepository repository)
{
    /// <exception cref="OsismException"><c>repository.unreadable</c>: names the file and the remedy.</exception>
    public async Task RequireAsync(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        // They lie in few folders.
        var passable = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (IsReadable(file, passable) || await CanReadAsync(file, cancellationToken))
                continue;
            throw new OsismException(
                ErrorCodes.RepositoryUnreadable,
                $"{repository.Relative(file)} cannot be read by {user.Name}, as whom runs execute: give it the file ('chown {user.Name} {file}') or let it read it")
            { File = repository.Relative(file) };
        }
    }

    /// <summary>By the permission bits alone. False may still mean yes: groups and access lists are not looked at.</summary>
    private bool IsReadable(string path, HashSet<string> passable)
    {
        if (!user.IsOther)
            return true;
        if (!Allows(path, UnixFileMode.UserRead, UnixFileMode.GroupRead, UnixFileMode.OtherRead))
            return false;
        return IsPassable(Path.GetDirectoryName(path), passable);
    }

    private bool IsPassable(string? folder, HashSet<string> passable)
    {
        if (folder is null || passable.Contains(folder))
            return true;
        if (!Allows(folder, UnixFileMode.UserExecute, UnixFileMode.GroupExecute, UnixFileMode.OtherExecute) || !IsPassable(Path.GetDirectoryName(folder), passable))
            return false;
        passable.Add(folder);
        return true;
    }

    private bool Allows(string path, UnixFileMode owner, UnixFileMode group, UnixFileMode other) =>
        FileStatus.Of(path) is { } status
        && (status.Permissions & (status.User == user.Account.Id ? owner : status.Group == user.Account.Group ? group : other)) != UnixFileMode.None;

    /// <summary>The account itself is asked.</summary>
    private async Task<bool> CanReadAsync(string path, CancellationToken cancellationToken)
    {
        var command = user.Switch;
        var result = await ProcessRunner.RunAsync(new ProcessSpec(command[0], [.. command.Skip(1), "/usr/bin/test", "-r", path]), cancellationToken);
        return result.ExitCode == 0;
    }
}
