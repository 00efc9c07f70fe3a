using System.CommandLine;
using Osism.Cli.Inventory;

namespace Osism.Cli.Lifecycle;

/// <summary><c>osism manager reset</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class ResetCommand
{
    public static Command Create(CliContext cli)
    {
        Option<bool>[] flags =
        [
            new("--keep-history") { Description = "Keep the database: jobs, results, facts" },
            new("--drain") { Description = "Wait until no job is under way instead of refusing" },
            new("--without-secrets") { Description = "For a database that does not start any more: the vault password is lost too" },
            new("--yes") { Description = "Do not ask before it begins" },
        ];
        var command = new Command(
            "reset", "Says first what goes. Then: stop, put the old state aside, start, inventory, facts; /share, keys, settings and the vault password stay. One that was cut off goes on when it is called again.");
        foreach (var flag in flags)
            command.Options.Add(flag);
        command.SetAction(parsed => DaemonProgram.Become(cli.Environment, ["manager", "reset", .. flags.Where(flag => parsed.GetValue(flag)).Select(flag => flag.Name)]));
        return command;
    }
}
