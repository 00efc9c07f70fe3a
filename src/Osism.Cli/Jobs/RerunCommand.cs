using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Terminal;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary><c>osism rerun ID [--failed] [--start-at-task T]</c></summary>
internal static class RerunCommand
{
    public static Command Create(CliContext cli)
    {
        var id = new Argument<string>("id") { Description = "The job, or the beginning of its id" };
        var failed = new Option<bool>("--failed") { Description = "Only on the hosts that failed or were unreachable" };
        var start = new Option<string>("--start-at-task") { Description = "Begin with the task of this name", HelpName = "TASK" };
        var retry = new Option<int>("--retry", "-r") { Description = "Up to N further jobs when it fails. Default: 0", HelpName = "N" };
        var limit = new Option<int?>("--task-timeout") { Description = "End the job as timed_out after this long. Default: as before", HelpName = "SECONDS" };
        var timeout = new Option<int?>("--timeout") { Description = $"Say so after this long without output; it never ends anything, 0 = never. Default: {ApplyCommand.DefaultTimeout}, or OSISM_TASK_TIMEOUT", HelpName = "SECONDS" };
        var noWait = new Option<bool>("--no-wait") { Description = "Submit and return" };
        var format = Listing.LogFormatOption();
        var command = new Command("rerun", "The same role with the same arguments as a new job, composed from the repository as it is now.")
        {
            id, failed, start, retry, limit, timeout, noWait, format,
        };
        command.SetAction(parsed =>
        {
            var silence = parsed.GetValue(timeout) ?? CliEnvironment.Number(cli.Environment.TaskTimeout, "OSISM_TASK_TIMEOUT", ApplyCommand.DefaultTimeout);
            if (silence < 0)
                throw new ProblemException(ErrorCodes.RequestInvalid, "--timeout is a number from 0");
            var first = JobIds.Resolve(cli, parsed.GetValue(id)!, cli.Interrupts.Leave);
            var rerun = new RerunJob
            {
                Failed = parsed.GetValue(failed),
                StartAtTask = parsed.GetValue(start),
                Retry = parsed.GetValue(retry),
                TaskTimeout = parsed.GetValue(limit),
            };
            var job = ApiClient.Read(cli.Api.Send("POST", ApiRoutes.Rerun(first), json => JobJson.Write(json, rerun), cli.Interrupts.Leave), JobJson.Read);
            if (cli.Screen.MayAsk && !parsed.GetValue(noWait))
                cli.Interrupts.Ask();
            ApplyCommand.Announce(cli, job, parsed.GetValue(format) == "script", parsed.GetValue(noWait));
            return parsed.GetValue(noWait) ? ExitCode.Success : ChainFollower.Follow(cli, [job], TimeSpan.FromSeconds(silence));
        });
        return command;
    }
}
