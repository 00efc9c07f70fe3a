using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Collections;

/// <summary><c>osism collection status [RUN]</c></summary>
internal static class CollectionStatusCommand
{
    internal static readonly Column[] RunColumns =
    [
        new("Run", run => run.Text("id"), Fixed: true),
        new("Collection", run => run.Text("name")),
        new("State", run => run.Text("state"), Fixed: true, Colour: run => RunText.ColourOf(run.Text("state"))),
        new("Nodes", run => RunText.Counts(CollectionJson.ReadRun(run))),
        new("Submitted", run => Times.Local(run.TimeOrNull("submitted_at")), Fixed: true),
        new("Took", run => run.TimeOrNull("ended_at") - run.TimeOrNull("started_at") is { } took ? Times.Duration(took) : "", Fixed: true),
        new("By", run => run.TextOrNull("submitted_by")),
    ];

    internal static readonly Column[] NodeColumns =
    [
        new("Node", node => node.Text("name"), Fixed: true),
        new("After", node => string.Join(", ", node.Texts("after"))),
        new("State", node => node.Text("state"), Fixed: true, Colour: node => RunText.ColourOf(node.Text("state"))),
        new("Took", node => node.TimeOrNull("ended_at") - node.TimeOrNull("started_at") is { } took ? Times.Duration(took) : "", Fixed: true),
        new("Tries", node => $"{node.IntOrNull("tries")}", Fixed: true),
        new("Job", node => node.TextOrNull("job"), Fixed: true),
        new("Reason", node => node.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.Object
            ? $"{reason.Text("code")}: {reason.Text("message")}" : null),
    ];

    public static Command Create(CliContext cli)
    {
        var run = new Argument<string>("run")
        {
            Description = "A run, the beginning of its id, or a collection for its latest run. None = the latest runs",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var limit = new Option<int?>("--limit") { Description = "Without RUN: no more than the last N. Default: 20", HelpName = "N" };
        var format = Listing.FormatOption();
        var command = new Command("status") { run, limit, format };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var form = parsed.GetValue(format)!;
            if (parsed.GetValue(run) is not { } named)
            {
                var most = parsed.GetValue(limit);
                if (most is < 1 or > 200)
                    throw new ProblemException(ErrorCodes.RequestInvalid, "--limit must be a number from 1 to 200");
                Listing.Write(cli, most is null ? ApiRoutes.CollectionRuns : $"{ApiRoutes.CollectionRuns}?limit={most}", RunColumns, form, limit: 0, cancellationToken);
                return ExitCode.Success;
            }

            var body = cli.Api.GetBytes(ApiRoutes.CollectionRun(RunIds.Resolve(cli, named, cancellationToken)), cancellationToken);
            if (form is "json" or "yaml")
            {
                Listing.WriteObject(cli, body, form);
                return ExitCode.Success;
            }

            using var json = JsonDocument.Parse(body);
            if (form == "table")
                cli.WriteLine(RunText.Summary(ApiClient.Read(body, CollectionJson.ReadRun)));
            Listing.Write(cli, NodeColumns, Listing.Items(json.RootElement, "nodes"), form);
            return ExitCode.Success;
        });
        return command;
    }
}
