using Dapper;
using Npgsql;

namespace Osism.Daemon.Recording.Ingest;

/// <summary>Ends and takes away the records of jobs.</summary>
internal sealed class RecordRemoval(NpgsqlDataSource database)
{
    private const int Results = 20_000;

    /// <summary>A day is longer than any transaction that may still be about to refer to a file's content.</summary>
    private const string FilesAge = "1 day";

    /// <summary>Closes what is still open in the record of a job that is over: nobody will.</summary>
    public static async Task ExpireAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid job, CancellationToken cancellationToken)
    {
        const string Sql = """
            with book as (
                update rec_playbook set status = 1, ended = greatest(started, osism_now()), updated = osism_now() where job_id = @job and status = 2 returning id),
            play as (
                update rec_play set status = 1, ended = greatest(started, osism_now()), updated = osism_now() from book
                where rec_play.id between book.id << 24 and (book.id << 24) | 16777215 and rec_play.status = 2)
            update rec_task set status = 1, ended = greatest(started, osism_now()), updated = osism_now() from book
            where rec_task.id between book.id << 24 and (book.id << 24) | 16777215 and rec_task.status = 2
            """;
        await connection.ExecuteAsync(new CommandDefinition(Sql, new { job }, transaction, cancellationToken: cancellationToken));
    }

    /// <summary>Deletes some of the record of a job.</summary>
    /// <remarks>What if we die here? The results of a playbook go first and the playbook last: the next sweep finds it and goes on.</remarks>
    /// <returns>False when nothing of it is left.</returns>
    public static async Task<bool> DeleteSomeAsync(NpgsqlConnection connection, Guid job, CancellationToken cancellationToken)
    {
        if (await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
            "select id from rec_playbook where job_id = @job order by id limit 1", new { job }, cancellationToken: cancellationToken)) is not { } playbook)
        {
            return false;
        }

        var (first, last) = RecordingIds.RangeOf(playbook);
        var deleted = await connection.ExecuteAsync(new CommandDefinition(
            "delete from rec_result where id in (select id from rec_result where id between @first and @last order by id limit @Results)",
            new { first, last, Results }, cancellationToken: cancellationToken));
        if (deleted < Results)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                """
                with result as (delete from rec_result where id between @first and @last),
                task as (delete from rec_task where id between @first and @last),
                play as (delete from rec_play where id between @first and @last),
                host as (delete from rec_host where playbook = @playbook),
                file as (delete from rec_file where playbook = @playbook),
                record as (delete from rec_record where playbook = @playbook),
                label as (delete from rec_playbook_label where playbook = @playbook)
                delete from rec_playbook where id = @playbook
                """,
                new { first, last, playbook }, cancellationToken: cancellationToken));
        }

        return true;
    }

    /// <summary>Deletes the contents of files that no playbook refers to any more.</summary>
    public async Task DeleteFilesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            $"""
            delete from rec_file_content where used_at < osism_now() - interval '{FilesAge}'
              and not exists (select from rec_file where rec_file.sha1 = rec_file_content.sha1)
            """,
            cancellationToken: cancellationToken));
    }
}
