using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Jobs.Following;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary><c>osism task revoke ID...</c></summary>
internal static class TaskRevokeCommand
{
    /// <summary>Seconds between two looks at whether it died or would not.</summary>
    private const int Poll = 2;

    public static Command Create(CliContext cli)
    {
        var tasks = new Argument<string[]>("task") { Description = "Jobs, or the beginnings of their ids", Arity = ArgumentArity.OneOrMore };
        var noWait = new Option<bool>("--no-wait") { Description = "Ask for their end and return" };
        var command = new Command("revoke", "Ends with 0 once all of them are dead, and with 6 if processes of one would not die.") { tasks, noWait };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var ids = JobIds.ResolveAll(cli, parsed.GetValue(tasks)!, cancellationToken);
            var exit = ExitCode.Success;
            var asked = new List<Guid>();
            foreach (var id in ids)
            {
                try
                {
                    Ask(cli, id, cancellationToken);
                    asked.Add(id);
                }
                catch (ProblemException e) when (!e.MayPass)
                {
                    // The others are ended all the same.
                    cli.Talk.Write(e.ToLine());
                    exit = exit == ExitCode.Success ? e.ExitCode : exit;
                }
            }

            foreach (var id in asked)
            {
                if (parsed.GetValue(noWait))
                    cli.Talk.Say($"job {id} is being cancelled");
                else if (!Dies(cli, id, cancellationToken) && exit == ExitCode.Success)
                    exit = ExitCode.Cancelled;
            }

            return exit;
        });
        return command;
    }

    private static void Ask(CliContext cli, Guid id, CancellationToken cancellationToken)
    {
        try
        {
            Send();
        }
        catch (ProblemException e) when (e.IsUnanswered)
        {
            // It may have been heard. To ask twice is to ask once, and if the job has ended meanwhile that is seen next.
            new Reconnection(cli, "the cancel may have been heard").Try(SendAgain, cancellationToken);
        }

        void Send() => cli.Api.Send("POST", ApiRoutes.Cancel(id), json => JobJson.Write(json, new CancelJob(null)), cancellationToken);

        bool SendAgain()
        {
            try
            {
                Send();
            }
            catch (ProblemException e) when (e.Problem.Code == ErrorCodes.JobWrongState.Code)
            {
                // Dead already.
            }

            return true;
        }
    }

    private static bool Dies(CliContext cli, Guid id, CancellationToken cancellationToken)
    {
        var reconnection = new Reconnection(cli);
        while (true)
        {
            var began = cli.Time.GetTimestamp();
            var job = reconnection.Try(
                () => cli.Api.Get(ApiRoutes.JobEnd(id, Poll), JobJson.Read, cancellationToken), cancellationToken);
            if (job.State.IsTerminal())
            {
                cli.Talk.Say(JobText.Summary(job));
                return true;
            }

            if (job.State == JobState.CancelFailed)
            {
                cli.Talk.Write($"error: {ErrorCodes.JobCancelFailed.Code}: {JobText.Summary(job)}");
                return false;
            }

            if (cli.Time.GetElapsedTime(began) < TimeSpan.FromSeconds(1))
                CliContext.Pause(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }
}
