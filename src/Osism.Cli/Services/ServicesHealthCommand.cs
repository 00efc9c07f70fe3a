using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Services;

namespace Osism.Cli.Services;

/// <summary><c>osism services health [NAME...] [--layer L]</c></summary>
internal static class ServicesHealthCommand
{
    internal static readonly Column[] Columns =
    [
        new("Service", row => row.Text("service"), Fixed: true),
        new("Layer", row => row.Text("layer"), Fixed: true, Spare: true),
        new("State", row => row.Text("state"), Fixed: true, Colour: row => row.Text("state") switch
        {
            ServiceStates.Healthy => Colour.Green,
            ServiceStates.Unhealthy => Colour.Red,
            _ => Colour.Yellow,
        }),
        new("Took", row => Times.Duration(TimeSpan.FromMilliseconds(row.Long("duration_ms"))), Fixed: true, Spare: true),
        new("Checked", row => Times.Local(row.TimeOrNull("checked_at")), Fixed: true, Spare: true),
        new("Detail", row => row.Text("detail")),
    ];

    public static Command Create(CliContext cli)
    {
        var names = new Argument<string[]>("names") { Description = "Only these services. None = those that are wanted", Arity = ArgumentArity.ZeroOrMore };
        var layer = ServicesListCommand.LayerOption();
        var format = Listing.FormatOption();
        var command = new Command("health", """
            Looks from the manager, now. State is healthy, unhealthy or unknown, where nobody can say: there is no probe, no host, or no value for an address.
            Ends with 1 when one is unhealthy.
            """) { names, layer, format };
        command.SetAction(parsed =>
        {
            // Not disposed: its elements live until they are written.
            var page = JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.ServicesHealthOf(parsed.GetValue(names) ?? [], parsed.GetValue(layer)), cli.Interrupts.Leave)).RootElement;
            var rows = Listing.Items(page);
            Listing.Write(cli, Columns, rows, parsed.GetValue(format)!);
            return Array.Exists(rows, row => row.Text("state") == ServiceStates.Unhealthy) ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }
}
