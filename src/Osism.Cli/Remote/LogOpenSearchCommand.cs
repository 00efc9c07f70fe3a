using System.CommandLine;
using Osism.Cli.Inventory;

namespace Osism.Cli.Remote;

/// <summary><c>osism log opensearch</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class LogOpenSearchCommand
{
    public static Command Create(CliContext cli)
    {
        // Ours everywhere, and read with the other options that every command has; it stands here for the help.
        var verbose = new Option<bool>("--verbose") { Description = "Also when, where and by which program each line was written" };
        var command = new Command("opensearch", """
            A query a line, from the terminal or from a pipe: SELECT * FROM flog-2026.01.31 WHERE Hostname='node-0' LIMIT 5;
            'exit' leaves. The store is that of manager_opensearch_address, _port and _protocol.
            """) { verbose };
        command.SetAction(_ => DaemonProgram.Become(cli.Environment, ["log", "opensearch", .. cli.Talk.Verbose ? (string[])["--verbose"] : []]));
        return command;
    }
}
