using System.CommandLine;
using Osism.Cli.Inventory;

namespace Osism.Cli.Remote;

/// <summary><c>osism log file HOST PATH</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class LogFileCommand
{
    public static Command Create(CliContext cli)
    {
        var host = new Argument<string>("host") { Description = "A host of the inventory, a group or a pattern" };
        var path = new Argument<string>("path") { Description = "Below /var/log: NAME or /var/log/NAME" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is written, until interrupted" };
        var lines = new Option<int>("--lines", "-n") { Description = "Lines of the end, 1 to 100000. Default: 100", HelpName = "N", DefaultValueFactory = _ => 100 };
        var (limit, most) = (HostCommands.LimitOption(), HostCommands.MaxHostsOption());
        var command = new Command("file", "Of several hosts each line says from which it is. Links are followed as long as they stay below /var/log.") { host, path, follow, lines, limit, most };
        command.SetAction(parsed =>
        {
            List<string> words = ["log", "file", $"--lines={parsed.GetValue(lines)}"];
            if (parsed.GetValue(follow))
                words.Add("--follow");
            if (parsed.GetValue(limit) is { } pattern)
                words.Add($"--limit={pattern}");
            if (parsed.GetValue(most) is { } number)
                words.Add($"--max-hosts={number}");
            return DaemonProgram.Become(cli.Environment, [.. words, "--", parsed.GetValue(host)!, parsed.GetValue(path)!]);
        });
        return command;
    }
}
