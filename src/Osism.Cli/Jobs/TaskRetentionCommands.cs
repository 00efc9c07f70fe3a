using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary><c>osism task pin|unpin|prune</c></summary>
internal static class TaskRetentionCommands
{
    public static Command CreatePin(CliContext cli) => Create(
        cli, "pin", "is kept", (id, cancellationToken) => cli.Api.Send("POST", ApiRoutes.Pin(id), WriteEmpty, cancellationToken));

    public static Command CreateUnpin(CliContext cli) => Create(
        cli, "unpin", "is kept no longer than others", (id, cancellationToken) => cli.Api.Delete(ApiRoutes.Pin(id), cancellationToken));

    public static Command CreatePrune(CliContext cli)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would be deleted" };
        var format = Listing.FormatOption("text", "json", "yaml");
        var command = new Command("prune", "By the settings of the section retention; what lives, is pinned or is needed by what lives stays.") { dryRun, format };
        command.SetAction(parsed =>
        {
            var body = cli.Api.Send("POST", ApiRoutes.Prune, json => JobJson.Write(json, new PruneJobs(parsed.GetValue(dryRun))), cli.Interrupts.Leave);
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                Listing.WriteObject(cli, body, parsed.GetValue(format)!);
                return ExitCode.Success;
            }

            using var document = JsonDocument.Parse(body);
            var pruned = document.RootElement;
            var ended = pruned.TimeOrNull("oldest") is { } oldest ? $", ended {Times.Local(oldest)} to {Times.Local(pruned.TimeOrNull("newest"))}" : "";
            cli.WriteLine($"{(pruned.Flag("dry_run") ? "would delete" : "deleted")} {pruned.Long("jobs")} jobs with {pruned.Long("output_bytes")} bytes of output{ended}");
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Create(CliContext cli, string name, string done, Action<Guid, CancellationToken> call)
    {
        var id = new Argument<string>("id") { Description = "The job, or the beginning of its id" };
        var command = new Command(name) { id };
        command.SetAction(parsed =>
        {
            var job = JobIds.Resolve(cli, parsed.GetValue(id)!, cli.Interrupts.Leave);
            call(job, cli.Interrupts.Leave);
            cli.Talk.Say($"job {job} {done}");
            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteEmpty(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteEndObject();
    }
}
