using System.CommandLine;
using Osism.Cli.Formats;
using Osism.Cli.Inventory;
using Osism.Contracts;

namespace Osism.Cli.Configuration;

/// <summary><c>osism configuration check</c></summary>
internal static class ConfigurationCheckCommand
{
    public static Command Create(CliContext cli)
    {
        var format = Listing.FormatOption();
        var command = new Command("check", "Looks at every YAML file, vault texts, files that runs need, the inventory and overlays. Ends with 10 when there are findings, and with 0 when there are none.") { format };
        command.SetAction(parsed => InventoryLintCommand.Show(cli, ApiRoutes.ConfigurationCheck, parsed.GetValue(format)!));
        return command;
    }
}
