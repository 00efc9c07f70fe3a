using Npgsql;
using Osism.Contracts.Jobs;
using Osism.Daemon.Collections;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Schedules;

/// <summary>The jobs of one occurrence, checked and not yet stored.</summary>
/// <param name="Jobs">One, or those of a collection.</param>
/// <param name="Store">Stores what belongs to them in their transaction, before them; null when there is nothing.</param>
/// <param name="Detail">What to say of them; null when there is nothing.</param>
internal sealed record ScheduledJobs(IReadOnlyList<Job> Jobs, Func<NpgsqlTransaction, CancellationToken, Task>? Store, string? Detail);

/// <summary>What a schedule may start, and how it becomes jobs.</summary>
internal sealed class ScheduleTargets(RunRouter router, JobSubmission submission, CollectionCatalog catalog, CollectionRuns collections)
{
    /// <summary>Why work of this kind cannot be started; null when it can. Looks at names only: locks and the vault are asked when it is due.</summary>
    public string? Refuse(ScheduledWork work)
    {
        try
        {
            if (work.Collection is { } collection)
            {
                catalog.Require(collection);
                return null;
            }

            router.Route(new RunRequest(work.Role!)
            {
                Environment = work.Environment,
                Sub = work.Sub,
                Action = work.Action,
                Arguments = work.Arguments,
                DryRun = work.DryRun,
            });
            return null;
        }
        catch (OsismException e)
        {
            return $"{e.Code.Code}: {e.Message}";
        }
    }

    /// <summary>What one occurrence starts.</summary>
    /// <exception cref="OsismException">It cannot be run as it stands: role, lock, vault ...</exception>
    public async Task<ScheduledJobs> DraftAsync(ScheduledWork work, string by, CancellationToken cancellationToken)
    {
        var request = new SubmitJob
        {
            Role = work.Collection ?? work.Role,
            Environment = work.Environment,
            Sub = work.Sub,
            Action = work.Action,
            Arguments = work.Arguments,
            Retry = work.Retry,
            TaskTimeout = work.TaskTimeout,
            DryRun = work.DryRun,
        };
        if (work.Collection is not { } collection)
        {
            return new ScheduledJobs([await submission.DraftAsync(request, by, cancellationToken)], null, null);
        }

        catalog.Require(collection);
        var (run, jobs) = await collections.DraftAsync([request], by, cancellationToken);
        return new ScheduledJobs(jobs, (transaction, token) => CollectionRunStore.InsertAsync(transaction, run, token), $"run {run.Id} of collection {collection}");
    }
}
