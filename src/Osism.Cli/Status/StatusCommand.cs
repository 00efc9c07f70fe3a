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

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static Command Create(CliContext cli)
    {
        var format = Listing.FormatOption();
        var wait = new Option<bool>("--wait-healthy") { Description = "Ask again until all is well, then show it" };
        var timeout = new Option<int>("--timeout") { Description = "With --wait-healthy: give up after this long with exit code 5. Default: 300", HelpName = "SECONDS", DefaultValueFactory = _ => 300 };
        var command = new Command("status", "Ends with 0 when all is well, with 1 when something is not, with 12 when the manager is away.") { format, wait, timeout };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(wait))
                AwaitHealthy(cli, parsed.GetValue(timeout), cli.Interrupts.Leave);
            return Run(cli, parsed.GetValue(format)!, cli.Interrupts.Leave);
        });
        return command;
    }

    private static void AwaitHealthy(CliContext cli, int seconds, CancellationToken cancellationToken)
    {
        var since = cli.Time.GetTimestamp();
        for (var last = ""; ;)
        {
            try
            {
                using var document = JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.Status, cancellationToken));
                if (document.RootElement.Text("status") == "healthy")
                    return;
                last = string.Join("; ", Listing.Items(document.RootElement, "components").Where(part => part.Text("state") != "up").Select(part => $"{part.Text("name")} is {part.Text("state")}: {part.TextOrNull("detail")}"));
            }
            catch (ProblemException e) when (e.MayPass)
            {
                last = e.Message;
            }

            if (cli.Time.GetElapsedTime(since) >= TimeSpan.FromSeconds(seconds))
                throw new ProblemException(ErrorCodes.WaitTimedOut, $"the manager is not healthy after {seconds} s: {last}");
            cancellationToken.WaitHandle.WaitOne(Pause);
            cancellationToken.ThrowIfCancellationRequested();
        }
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
