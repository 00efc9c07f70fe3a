using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Collections;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Jobs;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Schedules;

/// <summary>The jobs of one occurrence, checked and not yet stored.</summary>
/// <param name="Jobs">One, or those of a collection.</param>
/// <param name="Store">Stores what belongs to them in their transaction, before them; null when there is nothing.</param>
/// <param name="Detail">What to say of them; null when there is nothing.</param>
internal sealed record ScheduledJobs(IReadOnlyList<Job> Jobs, Func<NpgsqlTransaction, CancellationToken, Task>? Store, string? Detail)
{
    /// <summary>One of <see cref="Outcomes"/>: without jobs how it went.</summary>
    public string Outcome { get; init; } = Outcomes.Submitted;
}

/// <summary>What a schedule may start, and how it becomes jobs.</summary>
internal sealed class ScheduleTargets(
    RunRouter router, JobSubmission submission, CollectionCatalog catalog, CollectionRuns collections, ConfigurationRepository repository, InventorySnapshots snapshots,
    IOptions<BackupOptions> backup)
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

            if (work.IsReconcile || work.IsBackup)
            {
                if (work.Arguments.Count > 0 || work.Action is not null || work.Sub is not null || work.DryRun)
                    return $"{ErrorCodes.RequestInvalid.Code}: {work.Role} takes neither arguments nor an action";
                if (work.IsBackup)
                    RequirePassphrase();
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

    /// <summary>What one occurrence starts. A look at the inventory is over when this returns: who dies before it is stored looks again, which changes nothing.</summary>
    /// <exception cref="OsismException">It cannot be run as it stands: role, lock, vault ...</exception>
    public async Task<ScheduledJobs> DraftAsync(ScheduledWork work, string by, CancellationToken cancellationToken)
    {
        if (work.IsReconcile)
            return await ReconcileAsync(by, cancellationToken);
        if (work.IsBackup)
        {
            RequirePassphrase();
            return new ScheduledJobs([submission.DraftManagerWork([ScheduledWork.Backup], by)], null, null);
        }

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

    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupPassphrase"/></exception>
    private void RequirePassphrase()
    {
        if (backup.Value.PassphraseFile is null)
            throw new OsismException(ErrorCodes.BackupPassphrase, "a backup that begins by itself can ask nobody: let backup.passphrase_file name a file with its passphrase");
    }

    private async Task<ScheduledJobs> ReconcileAsync(string by, CancellationToken cancellationToken)
    {
        if (!repository.IsHere)
            throw new OsismException(ErrorCodes.FileMissing, "this process of the manager has no configuration repository to look at");
        try
        {
            var before = snapshots.InEffect;
            var state = await snapshots.LookAsync(by, cancellationToken);
            return state.Made.Fault is { } fault
                ? Done(Outcomes.Failed, Reconciled.Describe(fault.Finding))
                : Done(Outcomes.Done, $"revision {state.Snapshot?.Revision} is in effect{(state.Snapshot?.Revision == before ? "" : ", changed")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Done(Outcomes.Failed, e.Message);
        }

        static ScheduledJobs Done(string outcome, string detail) => new([], null, detail) { Outcome = outcome };
    }
}
