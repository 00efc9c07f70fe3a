using System.CommandLine;
using Osism.Cli.Inventory;

namespace Osism.Cli.Lifecycle;

/// <summary><c>osism manager upgrade</c>: work of the new <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class UpgradeCommand
{
    public static Command Create(CliContext cli)
    {
        Option<bool>[] flags =
        [
            new("--check") { Description = "Try it on a copy of the tables without rows, and print what it would do" },
            new("--yes") { Description = "Do not ask before it begins" },
        ];
        var command = new Command(
            "upgrade", "The osismd beside this program takes the place of the one that runs: tried first on a copy of the tables, with a backup before if they change. Runs go on. One that was cut off goes on when it is called again.");
        foreach (var flag in flags)
            command.Options.Add(flag);
        command.SetAction(parsed => DaemonProgram.Become(cli.Environment, ["manager", "upgrade", .. flags.Where(flag => parsed.GetValue(flag)).Select(flag => flag.Name)]));
        return command;
    }
}
