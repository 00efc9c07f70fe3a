using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Jobs.Following;
using Osism.Contracts;

namespace Osism.Cli.Jobs;

/// <summary><c>osism task output ID</c>, also <c>osism log ID</c>: the stored bytes.</summary>
internal static class TaskOutputCommand
{
    public static Command Create(CliContext cli)
    {
        var id = new Argument<string>("id") { Description = "The job, or the beginning of its id" };
        var follow = new Option<bool>("--follow") { Description = "Go on until the job ends; the exit code is then the job's" };
        var offset = new Option<long>("--offset") { Description = "Begin at this byte. Default: 0", HelpName = "N" };
        var noColour = new Option<bool>("--no-color") { Description = "Without the escape sequences that colour it" };
        var command = new Command("output") { id, follow, offset, noColour };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var begin = parsed.GetValue(offset);
            if (begin < 0)
                throw new ProblemException(ErrorCodes.RequestInvalid, "--offset must be a number from 0");
            var job = JobIds.Resolve(cli, parsed.GetValue(id)!, cancellationToken);
            var receive = Sink(cli, parsed.GetValue(noColour));
            if (!parsed.GetValue(follow))
            {
                WriteStored(cli, job, begin, receive, cancellationToken);
                return ExitCode.Success;
            }

            // A job that is not there, or no manager at all, is said at once; only later absences are waited for.
            cli.Api.GetBytes(ApiRoutes.Job(job), cancellationToken);
            var ended = ChainFollower.FollowWithRetries(cli, new JobFollower(cli, TimeSpan.Zero), job, begin, receive);
            return ended is null ? ExitCode.Detached : JobText.ToExitCode(ended);
        });
        return command;
    }

    /// <summary>Writes what is stored now, from a byte on.</summary>
    /// <exception cref="ProblemException">There is no such job, or the manager is away.</exception>
    public static void WriteStored(
        CliContext cli, Guid id, long offset, Action<ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        var position = offset;
        long? length = null;
        do
        {
            var before = position;
            var head = cli.Api.GetOutput(id, position, TimeSpan.Zero, bytes =>
            {
                receive(bytes);
                position += bytes.Length;
            }, cancellationToken);
            length ??= head.Length;
            if (position == before)
                return;
        }
        while (position < length);
    }

    /// <summary>stdout, with or without the escape sequences.</summary>
    public static Action<ReadOnlyMemory<byte>> Sink(CliContext cli, bool plain)
    {
        if (!plain)
            return bytes => cli.Output.Write(bytes.Span);
        var filter = new EscapeFilter();
        return bytes => cli.Output.Write(filter.Take(bytes.Span));
    }
}
