using Osism.Cli.Api;
using Osism.Cli.Jobs.Following;
using Osism.Cli.Terminal;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary>Follows the jobs of a chain one after the other, and those that repeat a failed one.</summary>
internal static class ChainFollower
{
    /// <param name="silence">See <see cref="JobFollower"/>.</param>
    /// <returns>The exit code of the first job that did not succeed, 0, or 130 when the client left.</returns>
    /// <exception cref="ProblemException">The manager stayed away.</exception>
    public static int Follow(CliContext cli, IReadOnlyList<JobInfo> jobs, TimeSpan silence)
    {
        var follower = new JobFollower(cli, silence);
        for (var i = 0; i < jobs.Count; i++)
        {
            var job = FollowWithRetries(cli, follower, jobs[i].Id, 0, bytes => cli.Output.Write(bytes.Span));
            if (job is null)
            {
                if (i < jobs.Count - 1)
                    cli.Talk.Say($"to wait for the rest of the chain: osism wait {string.Join(' ', jobs.Skip(i).Select(next => next.Id))}");
                return ExitCode.Detached;
            }

            if (job.State != JobState.Succeeded)
            {
                foreach (var next in jobs.Skip(i + 1))
                    cli.Talk.Say($"job {next.Id} ({next.Role}) does not run: a job before it did not succeed");
                return JobText.ToExitCode(job);
            }
        }

        return ExitCode.Success;
    }

    /// <summary>Follows one job from a byte of its output on, then the jobs that repeat it, and says how each ended.</summary>
    /// <returns>The last of them, or null when the client left; then it has said how to come back.</returns>
    /// <exception cref="ProblemException">There is no such job, or the manager stayed away.</exception>
    public static JobInfo? FollowWithRetries(
        CliContext cli, JobFollower follower, Guid id, long offset, Action<ReadOnlyMemory<byte>> receive)
    {
        try
        {
            while (true)
            {
                var job = follower.Follow(id, offset, receive, CancellationToken.None); // Leaves by a signal, which it knows of.
                if (job is null)
                {
                    cli.Talk.Say($"detached: the job goes on; 'osism task output --follow {id}' shows it again");
                    return null;
                }

                End(cli, job);
                if (job.State == JobState.Succeeded || NextTry(cli, job) is not { } next)
                    return job;
                cli.Talk.Say($"job {next.Id}: {JobText.Title(next)}, repeats {id}");
                id = next.Id;
                offset = 0;
            }
        }
        catch (OutputException e) when (e.Closed)
        {
            // Whoever read has gone, so there is nobody to tell either.
            return null;
        }
    }

    /// <summary>How a job ended, and what an operator should know although it did.</summary>
    public static void End(CliContext cli, JobInfo job)
    {
        cli.Talk.Say(JobText.Summary(job));
        foreach (var warning in job.Warnings)
            cli.Talk.Say($"warning: {warning.Code}: {warning.Message}");
    }

    private static JobInfo? NextTry(CliContext cli, JobInfo job)
    {
        if (job.RetriesLeft == 0)
            return null;
        var retries = new Reconnection(cli).Try(
            () => cli.Api.GetList(ApiRoutes.RetriesOf(job.Id), JobJson.Read, cli.Interrupts.Leave), cli.Interrupts.Leave);
        return retries.Count > 0 ? retries[0] : null;
    }
}
