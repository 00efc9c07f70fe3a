using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Inventory;

/// <summary><c>osism inventory search TEXT</c></summary>
internal static class InventorySearchCommand
{
    private const int PageSize = 1000;

    internal static readonly Column[] Columns =
    [
        new("Kind", hit => hit.Text("kind"), Fixed: true),
        new("Name", hit => hit.Text("name")),
        new("Of", hit => hit.TextOrNull("entity")),
        new("Value", hit => hit.TextOrNull("text")),
        new("File", hit => hit.IntOrNull("line") is { } line ? $"{hit.TextOrNull("file")}:{line}" : hit.TextOrNull("file")),
    ];

    public static Command Create(CliContext cli)
    {
        var text = new Argument<string>("text") { Description = "A part of a name or value; large and small letters are the same" };
        var limit = new Option<int>("--limit", "-n") { Description = "Most results. Default: 100", HelpName = "N", DefaultValueFactory = _ => 100 };
        var format = Listing.FormatOption();
        var command = new Command("search", "Finds hosts, groups, variables by name, and values that are no secrets. Ends with 1 when there is nothing.") { text, limit, format };
        command.SetAction(parsed =>
        {
            var most = Math.Max(1, parsed.GetValue(limit));
            var (items, next) = (new List<JsonElement>(), (string?)null);
            var path = ApiRoutes.InventoryFindText(parsed.GetValue(text)!, Math.Min(most, PageSize));
            do
            {
                // Not disposed: its elements live until they are written.
                var page = JsonDocument.Parse(cli.Api.GetBytes(next is null ? path : $"{path}&{ApiRoutes.CursorParameter}={next}", cli.Interrupts.Leave)).RootElement;
                items.AddRange(Listing.Items(page));
                next = page.TextOrNull("next");
            }
            while (next is not null && items.Count < most);

            Listing.Write(cli, Columns, [.. items.Take(most)], parsed.GetValue(format)!);
            if (next is not null || items.Count > most)
                cli.Talk.Write($"there is more: --limit N shows it");
            return items.Count > 0 ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }
}
