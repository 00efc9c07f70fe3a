using System.CommandLine;
using Osism.Cli.Formats;
using Osism.Cli.Inventory;

namespace Osism.Cli.Lifecycle;

/// <summary><c>osism doctor</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class DoctorCommand
{
    public static Command Create(CliContext cli)
    {
        var format = Listing.FormatOption(["text", "json"]);
        var command = new Command("doctor", "Works whether the manager runs or not, and changes nothing. Ends with 0 when all is well, with 1 when something is not.") { format };
        command.SetAction(parsed => DaemonProgram.Become(cli.Environment, ["doctor", $"--format={parsed.GetValue(format)}"]));
        return command;
    }
}
