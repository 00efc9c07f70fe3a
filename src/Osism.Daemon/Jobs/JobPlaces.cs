using Dapper;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Jobs;

/// <summary>A job's places before lock keys, and the locks that refuse it. One transaction's view, under the lock over all ties.</summary>
internal sealed class JobPlaces(NpgsqlConnection connection, NpgsqlTransaction transaction)
{
    /// <summary>What the policies of its keys make of a draft.</summary>
    /// <returns>Null when nothing stands in its way.</returns>
    /// <exception cref="OsismException">Somebody has a key whose policy is to refuse (<c>lock.held</c>).</exception>
    public async Task<Way?> MakeWayAsync(Job draft, CancellationToken cancellationToken)
    {
        var wishes = draft.LockWishes.Where(wish => wish.Policy != LockPolicy.Queue).ToList();
        if (wishes.Count == 0)
        {
            return null;
        }

        var replaced = new List<Job>();
        foreach (var wish in wishes)
        {
            var others = await OthersAsync(draft, wish, cancellationToken);
            switch (wish.Policy)
            {
                case LockPolicy.Reject when others.Count > 0:
                    throw Refusal(wish.Key, others[0]);
                case LockPolicy.Coalesce when draft is { HasParents: false, Collection: null } && others.Find(other => IsSame(other, draft)) is { } same:
                    return new Way(same, []);
                case LockPolicy.Replace:
                    // Those that others wait for go their way: their followers did not ask to be replaced.
                    replaced.AddRange(await WithoutFollowersAsync(others.Where(other => other.State == JobState.Queued), cancellationToken));
                    break;
            }
        }

        return replaced.Count == 0 ? null : new Way(null, [.. replaced.DistinctBy(job => job.Id)]);
    }

    /// <exception cref="OsismException">An operator's lock holds it (<c>lock.held</c>).</exception>
    public async Task RequireUnlockedAsync(Job job, CancellationToken cancellationToken)
    {
        var held = await connection.QueryFirstOrDefaultAsync<OperatorLock>(new CommandDefinition(
            $"""
            select {OperatorLock.Columns} from operator_lock l
            where released_at is null and (until is null or until > osism_now()) and lock_covers(l, @Environment, @Sub, @Plays, @Touches)
            order by since limit 1
            """,
            job, transaction, cancellationToken: cancellationToken));
        if (held is not null)
        {
            throw held.ToException();
        }
    }

    /// <summary>Takes the places, and counts what the job waits for.</summary>
    public async Task<int> StandAsync(Guid id, IReadOnlyList<LockWish> wishes, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "select job_stand(@id, @keys, @byHosts)",
            new { id, keys = wishes.Select(wish => wish.Key).ToArray(), byHosts = wishes.Select(wish => wish.ByHosts).ToArray() }, transaction,
            cancellationToken: cancellationToken));

    private async Task<List<Job>> OthersAsync(Job draft, LockWish wish, CancellationToken cancellationToken)
    {
        // The rows are locked: a claim that comes now waits for nobody, it passes them by.
        const string Sql = $"""
            select {JobStore.Columns} from job where id in (
                select job_id from job_key where key = @Key and (hosts is null or @Touches::text[] is null or hosts && @Touches::text[]))
            order by seq for update
            """;
        return (await connection.QueryAsync<Job>(new CommandDefinition(
            Sql, new { wish.Key, Touches = wish.ByHosts ? draft.Touches : null }, transaction, cancellationToken: cancellationToken))).AsList();
    }

    private async Task<IEnumerable<Job>> WithoutFollowersAsync(IEnumerable<Job> jobs, CancellationToken cancellationToken)
    {
        var candidates = jobs.ToList();
        var parents = (await connection.QueryAsync<Guid>(new CommandDefinition(
            "select parent_id from job_parent where parent_id = any(@ids)", new { ids = candidates.Select(job => job.Id).ToArray() }, transaction,
            cancellationToken: cancellationToken))).ToHashSet();
        return candidates.Where(job => !parents.Contains(job.Id));
    }

    private static bool IsSame(Job other, Job draft) =>
        other is { State: JobState.Queued, CancelRequestedAt: null }
        && (other.Kind, other.Queue, other.Role, other.Environment, other.Sub, other.Action, other.DryRun, other.TaskTimeout, other.RetriesLeft)
            == (draft.Kind, draft.Queue, draft.Role, draft.Environment, draft.Sub, draft.Action, draft.DryRun, draft.TaskTimeout, draft.RetriesLeft)
        && other.Arguments.SequenceEqual(draft.Arguments, StringComparer.Ordinal);

    private static OsismException Refusal(string key, Job holder) =>
        new(ErrorCodes.LockHeld, $"{key} is held by {holder.Role ?? holder.Kind} (job {holder.Id}, {holder.State.ToWireName()}) of {holder.SubmittedBy}, and its policy refuses a second one")
        {
            Holder = holder.SubmittedBy,
            Since = holder.ClaimedAt ?? holder.SubmittedAt,
        };
}

/// <summary>What a draft does to those before it.</summary>
/// <param name="Same">The job it is the same as: nothing new is stored.</param>
/// <param name="Replaced">Queued jobs whose place it takes.</param>
internal sealed record Way(Job? Same, IReadOnlyList<Job> Replaced);
