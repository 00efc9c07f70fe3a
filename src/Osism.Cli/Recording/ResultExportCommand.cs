using System.CommandLine;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;

namespace Osism.Cli.Recording;

/// <summary><c>osism results export JOB</c>: all results for another program.</summary>
internal static class ResultExportCommand
{
    public static Command Create(CliContext cli)
    {
        var job = new Argument<string>("job") { Description = "The job, or the beginning of its id" };
        var format = Listing.FormatOption("ndjson", "text", "junit");
        var command = new Command("export") { job, format };
        command.SetAction(parsed =>
        {
            var id = JobIds.Resolve(cli, parsed.GetValue(job)!, cli.Interrupts.Leave);
            cli.Api.Receive(
                $"{ApiRoutes.JobResults(id)}/export?format={parsed.GetValue(format)}", bytes => cli.Output.Write(bytes.Span), cli.Interrupts.Leave);
            return ExitCode.Success;
        });
        return command;
    }
}
