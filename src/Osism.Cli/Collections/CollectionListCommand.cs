using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Collections;

/// <summary><c>osism collection list</c></summary>
internal static class CollectionListCommand
{
    internal static readonly Column[] Columns =
    [
        new("Collection", collection => collection.Text("name"), Fixed: true),
        new("Nodes", collection => $"{collection.GetProperty("nodes").GetArrayLength()}", Fixed: true),
        new("Depth", collection => $"{collection.IntOrNull("depth")}", Fixed: true),
        new("Source", collection => collection.Text("source"), Fixed: true),
        new("Description", collection => collection.TextOrNull("description")),
        new("Problem", collection => collection.TryGetProperty("problem", out var problem) && problem.ValueKind == JsonValueKind.Object
            ? $"{problem.Text("code")}: {problem.Text("message")}" : null, Colour: _ => Colour.Yellow),
    ];

    public static Command Create(CliContext cli)
    {
        var format = Listing.FormatOption();
        var command = new Command("list", "A problem says why a collection cannot be run here, as far as names tell.") { format };
        command.SetAction(parsed =>
        {
            Listing.Write(cli, ApiRoutes.Collections, Columns, parsed.GetValue(format)!, limit: null, cli.Interrupts.Leave);
            return ExitCode.Success;
        });
        return command;
    }
}
