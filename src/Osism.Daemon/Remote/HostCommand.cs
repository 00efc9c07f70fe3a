using Osism.Daemon.Platform.Processes;
using Osism.Protocols.Shell;

namespace Osism.Daemon.Remote;

/// <summary>Makes a command for a host into the program that is started here.</summary>
/// <param name="folder">What ssh reads.</param>
/// <param name="shell">The caller's, for a host that is this machine; null = any.</param>
internal sealed class HostCommand(SshFolder folder, string? shell)
{
    public const string Ssh = "/usr/bin/ssh";

    /// <summary>A shell as after a login.</summary>
    public ProcessSpec Login(RemoteHost host, bool hasTerminal) => host.IsLocal
        ? new ProcessSpec(shell is ['/', ..] ? shell : "/bin/sh", ["-l"])
        : new ProcessSpec(Ssh, [.. Options(hasTerminal, hasInput: true), "--", host.Name]);

    /// <summary>A command; each of its words arrives as one.</summary>
    /// <param name="hasTerminal">Whether it gets one there.</param>
    /// <param name="hasInput">Whether it reads what we are given.</param>
    public ProcessSpec Words(RemoteHost host, IReadOnlyList<string> words, bool hasTerminal, bool hasInput) => host.IsLocal
        ? new ProcessSpec(words[0], [.. words.Skip(1)])
        : new ProcessSpec(Ssh, [.. Options(hasTerminal, hasInput), "--", host.Name, ShellWord.Join(words)]);

    private IEnumerable<string> Options(bool hasTerminal, bool hasInput) =>
        ["-F", folder.Config, hasTerminal ? "-t" : "-T", .. hasInput ? (string[])[] : ["-n"]];
}
