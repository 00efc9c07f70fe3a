using System.Security.Cryptography;
using System.Text;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Ansible;

/// <summary>Names the folder of an attempt's SSH control sockets: one per attempt, so that attempts do not race for a master.</summary>
/// <remarks>The path of a Unix socket has 108 characters at most, and ssh adds about 30 while it makes one; hence short names.</remarks>
internal sealed class SshControlFolders(RunUser user, DaemonEnvironment daemon)
{
    private readonly string _root = Posix.IsRoot ? "/run/osism/cp"
        : daemon.Variables.GetValueOrDefault("XDG_RUNTIME_DIR") is { Length: > 0 and < 50 } runtime ? Path.Combine(runtime, "osism-cp")
        : $"/tmp/osism-cp-{user.Account.Id}";

    public string For(AttemptPaths attempt) =>
        Path.Combine(_root, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(attempt.Id)))[..12]);
}
