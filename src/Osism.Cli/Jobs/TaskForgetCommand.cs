using System.CommandLine;
using Osism.Cli.Api;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary><c>osism task forget ID --force</c></summary>
internal static class TaskForgetCommand
{
    public static Command Create(CliContext cli)
    {
        var id = new Argument<string>("id") { Description = "The job, or the beginning of its id" };
        var force = new Option<bool>("--force") { Description = "Needed: what its processes still do is not known, and its locks go to others" };
        var command = new Command("forget", """
            For a job that is disconnected or cancel_failed and whose processes you know to be gone, or to do no harm: it becomes lost, what it held is
            free. Who said so is in its history.
            """)
        { id, force };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var job = JobIds.Resolve(cli, parsed.GetValue(id)!, cancellationToken);
            if (!parsed.GetValue(force))
                throw new ProblemException(ErrorCodes.RequestInvalid, $"job {job} may still be at work: forgetting it gives its locks to others; say so with --force");
            var forgotten = ApiClient.Read(
                cli.Api.Send("POST", ApiRoutes.Forget(job), json => JobJson.Write(json, new ForgetJob(true)), cancellationToken), JobJson.Read);
            cli.Talk.Say(JobText.Summary(forgotten));
            return ExitCode.Success;
        });
        return command;
    }
}
