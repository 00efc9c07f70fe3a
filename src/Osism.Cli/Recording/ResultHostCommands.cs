using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;

namespace Osism.Cli.Recording;

/// <summary><c>osism results hosts JOB</c> and <c>osism results host NAME</c>.</summary>
internal static class ResultHostCommands
{
    private const int DefaultLimit = 50;

    private static readonly Column Status = new("Status", host => host.Text("status"), Fixed: true, Colour: host => ResultText.Colour(host.Text("status")));

    private static readonly Column[] OfJob =
    [
        new("Host", host => host.Text("host")),
        Status,
        .. Counts("ok", "changed", "failed", "unreachable", "skipped", "rescued", "ignored"),
        new("Failed first at", host => host.TextOrNull("task")),
        new("Message", host => host.TextOrNull("msg") is { } message ? SafeText.Line(message) : null),
        new("Result", host => host.LongOrNull("result")?.ToString(), Fixed: true),
    ];

    private static readonly Column[] OfHost =
    [
        new("Started", run => Times.Local(run.TimeOrNull("started_at")), Fixed: true),
        new("Role", run => run.TextOrNull("role") ?? run.Text("path")),
        Status,
        .. Counts("ok", "changed", "failed", "unreachable", "skipped"),
        new("Took", run => run.TimeOrNull("ended_at") - run.TimeOrNull("started_at") is { } took ? Times.Duration(took) : ""),
        new("State", run => run.Text("state")),
        new("Job", run => run.TextOrNull("job"), Fixed: true),
    ];

    public static Command CreateHosts(CliContext cli)
    {
        var job = new Argument<string>("job") { Description = "The job, or the beginning of its id" };
        var format = Listing.FormatOption();
        var command = new Command("hosts") { job, format };
        command.SetAction(parsed =>
        {
            var id = JobIds.Resolve(cli, parsed.GetValue(job)!, cli.Interrupts.Leave);
            Listing.Write(cli, $"{ApiRoutes.JobResults(id)}/hosts", OfJob, parsed.GetValue(format)!, 0, cli.Interrupts.Leave);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateHost(CliContext cli)
    {
        var name = new Argument<string>("host") { Description = "The host, by its whole name" };
        var limit = new Option<int?>("--limit") { Description = $"No more than the last N. Default: {DefaultLimit}", HelpName = "N" };
        var all = new Option<bool>("--all") { Description = "All of them" };
        var format = Listing.FormatOption();
        var command = new Command("host") { name, limit, all, format };
        command.SetAction(parsed =>
        {
            var most = parsed.GetValue(limit);
            if (most < 1)
                throw new ProblemException(ErrorCodes.RequestInvalid, "--limit must be a number from 1");
            var (rows, more) = Pages.Read(
                cli, ApiRoutes.ResultHost(parsed.GetValue(name)!) + "?", parsed.GetValue(all) ? null : most ?? DefaultLimit, null, cli.Interrupts.Leave);
            Listing.Write(cli, OfHost, [.. rows], parsed.GetValue(format)!);
            if (more && most is null)
                cli.Talk.Say("there are more: --limit N or --all shows them");
            return ExitCode.Success;
        });
        return command;
    }

    private static IEnumerable<Column> Counts(params string[] names) =>
        names.Select(name => new Column(char.ToUpperInvariant(name[0]) + name[1..], host => $"{host.Int(name)}", Colour: host => host.Int(name) > 0 ? OfCount(name) : Colour.None));

    private static Colour OfCount(string name) => name is "rescued" ? Colour.Yellow : ResultText.Colour(name);
}
