using Dapper;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Recording.Ingest;

namespace Osism.Daemon.Jobs.Retention;

/// <summary>Which ended jobs are too many, and their end in small steps. The order is that of submission, by <c>seq</c>.</summary>
internal sealed class RetentionStore(NpgsqlDataSource database)
{
    private const int OutputRows = 500;

    /// <summary>Ended, not pinned, and nothing that lives hangs on it: no job that waits for it or repeats it, no other of its graph.</summary>
    private const string Free = """
        job.state in (3, 4, 5, 6, 7, 8, 9)
        and not exists (select from job_pin pin where pin.job_id = job.id)
        and not exists (select from job_parent tie join job child on child.id = tie.job_id where tie.parent_id = job.id and child.state in (0, 1, 2, 10, 11))
        and not exists (select from job again where again.retry_of = job.id and again.state in (0, 1, 2, 10, 11))
        and (job.collection is null or not exists (
            select from job other where other.collection = job.collection and other.state in (0, 1, 2, 10, 11)))
        """;

    /// <summary>By age, by kind of end; and beyond the mark that count and bytes set, those that succeeded or were cancelled.</summary>
    private const string TooOld = """
        ((@maxAge > interval '0' and job.state in (3, 6) and job.ended_at < osism_now() - @maxAge)
         or (@keepFailed > interval '0' and job.state not in (3, 6) and job.ended_at < osism_now() - @keepFailed)
         or (job.state in (3, 6) and job.seq <= @mark))
        """;

    /// <summary>The last <c>seq</c> that count and bytes leave no room for; 0 when there is room for all.</summary>
    public async Task<long> MarkAsync(RetentionOptions options, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        long mark = 0;
        if (options.MaxCount > 0)
        {
            mark = await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
                "select seq from job order by seq desc offset @MaxCount limit 1", options, cancellationToken: cancellationToken)) ?? 0;
        }

        if (options.MaxBytes > 0)
        {
            mark = Math.Max(mark, await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
                """
                select max(seq) from (select seq, sum(output_bytes + events_bytes) over (order by seq desc) as kept from job) newest where kept > @MaxBytes
                """,
                options, cancellationToken: cancellationToken)) ?? 0);
        }

        return mark;
    }

    /// <summary>What a sweep would delete.</summary>
    public async Task<PruneInfo> PreviewAsync(RetentionOptions options, CancellationToken cancellationToken)
    {
        var mark = await MarkAsync(options, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var (jobs, bytes, oldest, newest) = await connection.QuerySingleAsync<(long, long, DateTimeOffset?, DateTimeOffset?)>(new CommandDefinition(
            $"""
            select count(*), coalesce(sum(output_bytes + events_bytes), 0)::bigint, min(ended_at), max(ended_at) from job where {Free} and {TooOld}
            """,
            Values(options, mark), cancellationToken: cancellationToken));
        return new PruneInfo(DryRun: true, jobs, bytes, oldest, newest);
    }

    /// <summary>Deletes the next jobs behind a place in the order; their output follows with <see cref="DeleteOutputAsync"/>.</summary>
    /// <remarks>What if we die here? The rows are gone or not as a whole, and what is left of the output is on the list.</remarks>
    /// <returns>Where to go on, null at the end; and what was deleted.</returns>
    public async Task<(long? Next, long Jobs, long Bytes)> DeleteAsync(RetentionOptions options, long mark, long after, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var look = await connection.QueryAsync<(Guid Id, long Seq)>(new CommandDefinition(
            $"""
            select id, seq from job where seq > @after and {Free} and {TooOld} order by seq limit @batch
            """,
            Values(options, mark, after), cancellationToken: cancellationToken));
        var found = look.AsList();
        if (found.Count == 0)
        {
            return (null, 0, 0);
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Nobody ties a job to one of these from here on; those who did meanwhile are seen by the statement that follows.
        await new JobGraph(connection, transaction).LockAsync(cancellationToken);
        var (jobs, bytes) = await connection.QuerySingleAsync<(long, long)>(new CommandDefinition(
            $"""
            with gone as (delete from job where id = any(@ids) and {Free} returning id, output_bytes + events_bytes as bytes),
            history as (delete from job_history where job_id in (select id from gone)),
            hosts as (delete from job_host where job_id in (select id from gone)),
            ties as (delete from job_parent where job_id in (select id from gone) or parent_id in (select id from gone)),
            rest as (insert into job_removed (job_id, at) select id, osism_now() from gone on conflict do nothing)
            select count(*), coalesce(sum(bytes), 0)::bigint from gone
            """,
            new { ids = found.Select(job => job.Id).ToArray() }, transaction, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return (found[^1].Seq, jobs, bytes);
    }

    /// <summary>Deletes some of the record and the output of jobs that are gone.</summary>
    /// <returns>Whether there is more.</returns>
    public async Task<bool> DeleteOutputAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (await connection.ExecuteScalarAsync<Guid?>(new CommandDefinition(
            "select job_id from job_removed order by job_id limit 1", cancellationToken: cancellationToken)) is not { } job)
        {
            return false;
        }

        if (await RecordRemoval.DeleteSomeAsync(connection, job, cancellationToken))
        {
            return true;
        }

        var deleted = await connection.ExecuteAsync(new CommandDefinition(
            """
            delete from job_output where (job_id, stream, start) in (
                select job_id, stream, start from job_output where job_id = @job order by stream, start limit @OutputRows)
            """,
            new { job, OutputRows }, cancellationToken: cancellationToken));
        if (deleted < OutputRows)
        {
            await connection.ExecuteAsync(new CommandDefinition("delete from job_removed where job_id = @job", new { job }, cancellationToken: cancellationToken));
        }

        return true;
    }

    /// <summary>Makes the room of what was deleted usable at once, without waiting for the server's own round.</summary>
    public async Task FreeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var table in new[] { "job_output", "job", "job_history", "job_host", "rec_result", "rec_task", "rec_play", "rec_host", "rec_playbook" })
        {
            await connection.ExecuteAsync(new CommandDefinition($"vacuum (skip_locked) {table}", commandTimeout: 0, cancellationToken: cancellationToken));
        }
    }

    /// <summary>Keeps a job whatever its age, or no longer.</summary>
    /// <exception cref="OsismException">There is no such job (<c>job.not_found</c>).</exception>
    public async Task PinAsync(Guid job, bool pinned, string by, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // The row's lock: it is not deleted between the question and the answer.
        if (await connection.ExecuteScalarAsync<Guid?>(new CommandDefinition(
            "select id from job where id = @job for update", new { job }, transaction, cancellationToken: cancellationToken)) is null)
        {
            throw new OsismException(ErrorCodes.JobNotFound, $"there is no job {job}");
        }

        var changed = await connection.ExecuteAsync(new CommandDefinition(
            pinned
                ? "insert into job_pin (job_id, by, at) values (@job, @by, osism_now()) on conflict do nothing"
                : "delete from job_pin where job_id = @job",
            new { job, by }, transaction, cancellationToken: cancellationToken));
        if (changed > 0)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "insert into job_history (job_id, at, event, actor) values (@job, osism_now(), @what, @by)",
                new { job, by, what = pinned ? "pinned" : "unpinned" }, transaction, cancellationToken: cancellationToken));
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static object Values(RetentionOptions options, long mark, long after = 0) =>
        new { maxAge = options.MaxAge, keepFailed = options.KeepFailed, mark, after, batch = options.Batch };
}
