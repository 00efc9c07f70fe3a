using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Status;

/// <summary><c>osism status</c>: 0 healthy, 1 degraded, 12 down.</summary>
internal static class StatusCommand
{
    internal static readonly Column[] Columns =
    [
        new("Name", part => part.Text("name"), Fixed: true),
        new("Kind", part => part.TextOrNull("kind")),
        new("State", part => part.Text("state"), Fixed: true, Colour: part => Of(part.Text("state"))),
        new("Version", part => part.TextOrNull("version")),
        new("Since", part => Times.Local(part.TimeOrNull("since")), Fixed: true),
        new("Proof at", part => Times.Local(part.TimeOrNull("proof_at")), Fixed: true),
        new("Detail", part => part.TextOrNull("detail")),
    ];

    public static Command Create(CliContext cli)
    {
        var format = Listing.FormatOption();
        var command = new Command("status", "Ends with 0 when all is well, with 1 when something is not, with 12 when the manager is away.") { format };
        command.SetAction(parsed => Run(cli, parsed.GetValue(format)!, cli.Interrupts.Leave));
        return command;
    }

    private static int Run(CliContext cli, string format, CancellationToken cancellationToken)
    {
        byte[] body;
        try
        {
            body = cli.Api.GetBytes(ApiRoutes.Status, cancellationToken);
        }
        catch (ProblemException e) when (e.MayPass && (format is "json" or "yaml"))
        {
            // Whoever watches the manager with a program gets an answer that can be read in this case too.
            Listing.WriteObject(cli, """{"status":"down","version":null,"components":[]}"""u8.ToArray(), format);
            throw;
        }

        using var document = JsonDocument.Parse(body);
        var status = document.RootElement;
        if (format is "json" or "yaml")
        {
            Listing.WriteObject(cli, body, format);
        }
        else
        {
            if (format == "table")
                cli.WriteLine($"{status.Text("status")}, osismd {status.TextOrNull("version")}");
            Listing.Write(cli, Columns, Listing.Items(status, "components"), format);
        }

        return status.Text("status") switch
        {
            "healthy" => ExitCode.Success,
            "down" => ExitCode.Away,
            _ => ExitCode.Failed,
        };
    }

    private static Colour Of(string state) => state switch
    {
        "up" => Colour.Green,
        "degraded" => Colour.Yellow,
        _ => Colour.Red,
    };
}
