using System.CommandLine;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Workers;

/// <summary><c>osism worker list</c>, and <c>osism get status workers</c> as it was called.</summary>
internal static class WorkerListCommand
{
    public static Command Create(CliContext cli)
    {
        var format = Listing.FormatOption();
        var command = new Command("list") { format };
        command.SetAction(parsed => Run(cli, parsed.GetValue(format)!));
        return command;
    }

    public static Command CreateStatus(CliContext cli)
    {
        var type = new Argument<string>("type") { Description = "workers" };
        type.AcceptOnlyFromAmong("workers");
        var format = Listing.FormatOption();
        var command = new Command("status") { type, format };
        command.SetAction(parsed => Run(cli, parsed.GetValue(format)!));
        return command;
    }

    private static int Run(CliContext cli, string format)
    {
        Listing.Write(cli, ApiRoutes.Workers, WorkerColumns.All, format, limit: null, cli.Interrupts.Leave);
        return ExitCode.Success;
    }
}
