using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Configuration;

/// <summary>A <c>.lock</c> file of the configuration repository.</summary>
/// <param name="Scope"><c>everything</c> or <c>environment/E</c>.</param>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="Owner">Author of the commit that brought it, else the owner of the file.</param>
/// <param name="Since">Date of that commit, else time of the file's last change.</param>
/// <param name="Reason">First line of the content; null when it is empty.</param>
internal sealed record RepositoryLock(string Scope, string Path, string Owner, DateTimeOffset Since, string? Reason)
{
    public OsismException ToException(string relativePath)
    {
        var what = Scope == LockPlace.Everything
            ? "the configuration repository is locked"
            : $"the environment {Scope["environment/".Length..]} is locked via the configuration repository";
        var why = Reason is null ? "" : $": {Reason}";
        return new OsismException(
            ErrorCodes.LockHeld, $"{what} ({relativePath}) by {Owner} since {Since.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC{why}")
        {
            File = relativePath,
            Holder = Owner,
            Since = Since,
        };
    }
}

/// <summary>A place where a lock file would hold a run.</summary>
internal sealed record LockPlace(string Scope, string Path)
{
    public const string Everything = "everything";
}
