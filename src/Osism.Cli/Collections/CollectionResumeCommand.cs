using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Collections;

/// <summary><c>osism collection resume RUN</c></summary>
internal static class CollectionResumeCommand
{
    public static Command Create(CliContext cli)
    {
        var run = new Argument<string>("run") { Description = "The run, the beginning of its id, or a collection for its latest run" };
        var noWait = new Option<bool>("--no-wait") { Description = "Submit and return" };
        var format = Listing.LogFormatOption();
        var command = new Command("resume", """
            Submits again what failed, was skipped or was cancelled, with the graph the run was started with. What succeeded is not repeated.
            The exit code is that of the whole run.
            """) { run, noWait, format };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var id = RunIds.Resolve(cli, parsed.GetValue(run)!, cancellationToken);
            var resumed = ApiClient.Read(
                cli.Api.Send("POST", ApiRoutes.ResumeCollectionRun(id), json =>
                {
                    json.WriteStartObject();
                    json.WriteEndObject();
                }, cancellationToken),
                CollectionJson.ReadRun);
            if (parsed.GetValue(format) == "script" && parsed.GetValue(noWait))
                cli.WriteLine(id.ToString());
            else
                cli.Talk.Say($"run {id}: {resumed.Name} goes on, {RunText.Counts(resumed)}");
            return parsed.GetValue(noWait) ? ExitCode.Success : RunFollower.FollowAndSay(cli, id, TimeSpan.Zero);
        });
        return command;
    }
}
