using System.CommandLine;
using Osism.Cli.Inventory;

namespace Osism.Cli.Remote;

/// <summary><c>osism console HOST</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class ConsoleCommand
{
    public static Command Create(CliContext cli)
    {
        var host = new Argument<string>("host") { Description = "HOST, HOST/ for its container engine, HOST/CONTAINER, .PATTERN for Ansible, :GROUP for clush" };
        var type = new Option<string>("--type") { Description = "ssh, container, ansible or clush, in place of the signs in HOST", HelpName = "TYPE" };
        type.AcceptOnlyFromAmong("ssh", "clush", "container", "ansible");
        var command = new Command("console", """
            HOST may be a group or a pattern: of several hosts one is chosen. Logs in as runs do, with the operator's key, so call it as the
            manager's user. Ends with what the shell ended with; 255 is an error of ssh.
            """) { host, type };
        command.SetAction(parsed =>
        {
            List<string> words = ["console"];
            if (parsed.GetValue(type) is { } kind)
                words.Add($"--type={kind}");
            return DaemonProgram.Become(cli.Environment, [.. words, "--", parsed.GetValue(host)!]);
        });
        return command;
    }
}
