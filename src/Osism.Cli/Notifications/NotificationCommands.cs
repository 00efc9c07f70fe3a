using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Notifications;

/// <summary><c>osism notification list|test</c></summary>
internal static class NotificationCommands
{
    internal static readonly Column[] Columns =
    [
        new("Name", receiver => receiver.Text("name"), Fixed: true),
        new("Kind", receiver => receiver.TextOrNull("kind")),
        new("Place", receiver => receiver.TextOrNull("place")),
        new("Events", receiver => string.Join(' ', receiver.Texts("events"))),
        new("Pending", receiver => $"{receiver.IntOrNull("pending")}"),
        new("Sent", receiver => $"{receiver.IntOrNull("sent")}"),
        new("Failed", receiver => $"{receiver.IntOrNull("failed")}"),
        new("Last sent at", receiver => Times.Local(receiver.TimeOrNull("last_sent_at")), Fixed: true),
        new("Last error", receiver => receiver.TextOrNull("last_error")),
    ];

    public static Command CreateList(CliContext cli)
    {
        var format = Listing.FormatOption();
        var command = new Command("list") { format };
        command.SetAction(parsed =>
        {
            Listing.Write(cli, ApiRoutes.Notifications, Columns, parsed.GetValue(format)!, limit: null, cli.Interrupts.Leave);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateTest(CliContext cli)
    {
        var name = new Argument<string>("name") { Description = "As 'osism notification list' prints it" };
        var command = new Command("test", "Ends with 0 when the receiver took it.") { name };
        command.SetAction(parsed =>
        {
            cli.Api.Send(
                "POST", ApiRoutes.NotificationTest(parsed.GetValue(name)!),
                static json =>
                {
                    json.WriteStartObject();
                    json.WriteEndObject();
                },
                cli.Interrupts.Leave);
            cli.Talk.Say($"{parsed.GetValue(name)} took it");
            return ExitCode.Success;
        });
        return command;
    }
}
