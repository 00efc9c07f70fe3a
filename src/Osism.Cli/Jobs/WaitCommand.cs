using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Collections;
using Osism.Cli.Formats;
using Osism.Cli.Jobs.Following;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary><c>osism wait [ID...]</c></summary>
internal static class WaitCommand
{
    private const int LongPollSeconds = 20;

    public static Command Create(CliContext cli)
    {
        var ids = new Argument<string[]>("task_id") { HelpName = "ID", Description = "Jobs or runs of collections, or the beginnings of their ids. None = all live jobs", Arity = ArgumentArity.ZeroOrMore };
        var live = new Option<bool>("--live") { Description = "Show their output while it grows, one job after the other" };
        var output = new Option<bool>("--output") { Description = "Print the output of each once it has ended" };
        var timeout = new Option<int?>("--timeout") { Description = "Give up after this long; the jobs go on, the exit code is 5. Default: never", HelpName = "SECONDS" };
        var delay = new Option<int>("--delay") { Description = "Pause before each further look of --refresh. Default: 1", HelpName = "SECONDS", DefaultValueFactory = _ => 1 };
        var refresh = new Option<int>("--refresh") { Description = "Without IDs: look this many times more for new live jobs. Default: 0", HelpName = "N" };
        var format = Listing.LogFormatOption();
        var command = new Command("wait", "The exit code is that of the first job, in the order given, that did not succeed.")
        {
            ids, live, output, timeout, delay, refresh, format,
        };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var limit = parsed.GetValue(timeout);
            if (limit < 0 || parsed.GetValue(delay) < 0 || parsed.GetValue(refresh) < 0)
                throw new ProblemException(ErrorCodes.RequestInvalid, "--timeout, --delay and --refresh are numbers from 0");
            using var deadline = limit is { } seconds
                ? new CancellationTokenSource(TimeSpan.FromSeconds(seconds), cli.Time)
                : new CancellationTokenSource();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            var wait = new WaitRun(cli, parsed.GetValue(live), parsed.GetValue(output), parsed.GetValue(format) == "script", stop.Token);
            try
            {
                return parsed.GetValue(ids) is { Length: > 0 } named
                    ? wait.Named(named)
                    : wait.All(parsed.GetValue(refresh), TimeSpan.FromSeconds(parsed.GetValue(delay)));
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new ProblemException(ErrorCodes.WaitTimedOut, $"not all jobs had ended after {limit} s; they go on");
            }
        });
        return command;
    }

    private sealed class WaitRun(CliContext cli, bool live, bool output, bool script, CancellationToken cancellationToken)
    {
        private readonly JobFollower _follower = new(cli, TimeSpan.Zero);
        private readonly Reconnection _reconnection = new(cli);
        private readonly HashSet<Guid> _runs = [];

        public int Named(string[] names)
        {
            // An id that does not exist is said before anything is waited for.
            return Each(names.Select(Find).ToList()) ?? ExitCode.Success;
        }

        public int All(int refresh, TimeSpan delay)
        {
            var done = new HashSet<Guid>();
            int? exit = null;
            for (var look = 0; look <= refresh; look++)
            {
                if (look > 0)
                    CliContext.Pause(delay, cancellationToken);
                var jobs = look == 0 ? Look() : _reconnection.Try(Look, cancellationToken);
                var ids = jobs.Where(job => !job.State.IsTerminal()).OrderBy(job => job.Seq).Select(job => job.Id).Where(done.Add).ToList();
                if (Each(ids) is { } found)
                    exit ??= found;
                if (exit == ExitCode.Detached)
                    break;
            }

            return exit ?? ExitCode.Success;
        }

        private Guid Find(string name)
        {
            try
            {
                var id = JobIds.Resolve(cli, name, cancellationToken);
                cli.Api.GetBytes(ApiRoutes.Job(id), cancellationToken);
                return id;
            }
            catch (ProblemException e) when (e.Problem.Code == ErrorCodes.JobNotFound.Code)
            {
                if (FindRun(name) is not { } run)
                    throw;
                _runs.Add(run);
                return run;
            }
        }

        private Guid? FindRun(string name)
        {
            if (!Guid.TryParse(name, out var id))
                return RunIds.FindByPrefix(cli, name, cancellationToken);
            try
            {
                return cli.Api.Get(ApiRoutes.CollectionRun(id), CollectionJson.ReadRun, cancellationToken).Id;
            }
            catch (ProblemException e) when (e.Problem.Code == ErrorCodes.CollectionRunNotFound.Code)
            {
                return null;
            }
        }

        private List<JobInfo> Look() => cli.Api.GetList(ApiRoutes.Jobs, JobJson.Read, cancellationToken);

        /// <returns>Exit code of the first that did not succeed, null when all did.</returns>
        private int? Each(List<Guid> ids)
        {
            int? exit = null;
            foreach (var id in ids)
            {
                if (_runs.Contains(id))
                {
                    if (Run(id) is not { } code)
                        return Detached(ids);
                    exit ??= code == ExitCode.Success ? null : code;
                    continue;
                }

                var job = live
                    ? _follower.Follow(id, 0, bytes => cli.Output.Write(bytes.Span), cancellationToken)
                    : End(id);
                if (job is null)
                    return Detached(ids);

                if (output && !live)
                    TaskOutputCommand.WriteStored(cli, id, 0, bytes => cli.Output.Write(bytes.Span), cancellationToken);
                if (script)
                    cli.WriteLine($"{id} = {job.State.ToWireName()}");
                else
                    ChainFollower.End(cli, job);
                if (job.State != JobState.Succeeded)
                    exit ??= JobText.ToExitCode(job);
            }

            return exit;
        }

        private int Detached(List<Guid> ids)
        {
            cli.Talk.Say($"detached: the jobs go on; 'osism wait {string.Join(' ', ids)}' waits again");
            return ExitCode.Detached;
        }

        /// <returns>Its exit code, or null when the client left.</returns>
        private int? Run(Guid id)
        {
            if (new RunFollower(cli, TimeSpan.Zero, live || output).Follow(id, cancellationToken) is not { } run)
                return null;
            if (script)
                cli.WriteLine($"{id} = {run.State}");
            else
                RunFollower.SayEnd(cli, run, nodes: !live && !output && cli.Screen.ErrorIsTerminal);
            return RunText.ToExitCode(run);
        }

        private JobInfo End(Guid id)
        {
            while (true)
            {
                var began = cli.Time.GetTimestamp();
                var job = _reconnection.Try(
                    () => cli.Api.Get(ApiRoutes.JobEnd(id, LongPollSeconds), JobJson.Read, cancellationToken), cancellationToken);
                if (job.State.IsTerminal())
                    return job;
                if (cli.Time.GetElapsedTime(began) < TimeSpan.FromSeconds(1))
                    CliContext.Pause(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
    }
}
