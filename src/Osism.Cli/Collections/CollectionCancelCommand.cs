using System.CommandLine;
using Osism.Cli.Jobs;
using Osism.Cli.Jobs.Following;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Collections;

/// <summary><c>osism collection cancel RUN</c></summary>
internal static class CollectionCancelCommand
{
    /// <summary>Seconds between two looks at whether its jobs died or would not.</summary>
    private const int Poll = 2;

    public static Command Create(CliContext cli)
    {
        var run = new Argument<string>("run") { Description = "The run, the beginning of its id, or a collection for its latest run" };
        var noWait = new Option<bool>("--no-wait") { Description = "Ask for its end and return" };
        var command = new Command("cancel", "Ends with 0 once all jobs of the run are dead, and with 6 if processes of one would not die.") { run, noWait };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var id = RunIds.Resolve(cli, parsed.GetValue(run)!, cancellationToken);
            cli.Api.Send("POST", ApiRoutes.CancelCollectionRun(id), json => JobJson.Write(json, new CancelJob(null)), cancellationToken);
            if (parsed.GetValue(noWait))
            {
                cli.Talk.Say($"run {id} is being cancelled");
                return ExitCode.Success;
            }

            return Dies(cli, id, cancellationToken) ? ExitCode.Success : ExitCode.Cancelled;
        });
        return command;
    }

    private static bool Dies(CliContext cli, Guid id, CancellationToken cancellationToken)
    {
        var reconnection = new Reconnection(cli, "the run is being cancelled");
        var version = "";
        while (true)
        {
            var began = cli.Time.GetTimestamp();
            var run = reconnection.Try(
                () => cli.Api.Get(ApiRoutes.CollectionRunSince(id, version, Poll), CollectionJson.ReadRun, cancellationToken), cancellationToken);
            if (CollectionRunStates.IsEnd(run.State))
            {
                cli.Talk.Say(RunText.Summary(run));
                return true;
            }

            if (run.Nodes.FirstOrDefault(node => node.State == "cancel_failed") is { } stubborn)
            {
                cli.Talk.Write($"error: {ErrorCodes.JobCancelFailed.Code}: {RunText.NodeEnd(stubborn)}");
                return false;
            }

            if (run.Version == version && cli.Time.GetElapsedTime(began) < TimeSpan.FromSeconds(1))
                CliContext.Pause(TimeSpan.FromMilliseconds(200), cancellationToken);
            version = run.Version;
        }
    }
}
