using System.CommandLine;
using System.Text;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Collections;

/// <summary><c>osism collection show NAME</c></summary>
internal static class CollectionShowCommand
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("name") { Description = "The collection, as 'osism collection list' prints it" };
        var format = Listing.FormatOption("tree", "json", "yaml");
        var command = new Command("show") { name, format };
        command.SetAction(parsed =>
        {
            var body = cli.Api.GetBytes(ApiRoutes.Collection(Uri.EscapeDataString(parsed.GetValue(name)!)), cli.Interrupts.Leave);
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                Listing.WriteObject(cli, body, parsed.GetValue(format)!);
                return ExitCode.Success;
            }

            var collection = ApiClient.Read(body, CollectionJson.Read);
            var text = new StringBuilder();
            CollectionText.AddTree(text, collection, 0);
            cli.Write(text.ToString());
            if (collection.Problem is { } problem)
                cli.Talk.Say($"warning: {problem.Code}: {problem.Message}");
            return ExitCode.Success;
        });
        return command;
    }
}
