using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Osism.Daemon.Facts;

namespace Osism.Daemon.Recording.Ingest;

/// <summary>Writes rows of a job's recording. All statements may be given twice: a row that is there already stays or becomes what it should be.</summary>
/// <remarks>One statement a table, with arrays: they go with the lines they stand for in one round trip and one transaction, which a COPY could not (ADR 23).</remarks>
internal sealed class RecordWriter(NpgsqlDataSource database)
{
    private const string Playbook = """
        insert into rec_playbook (id, job_id, ordinal, stream, status, path, ansible_version, python_version, controller, "user", is_check, arguments, started, ended,
            created, updated, plays, tasks, results, hosts, files, warnings, unreadable)
        overriding system value
        values ($1, $2, $3, $2, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, osism_now(), $14, $15, $16, $17, $18, $19, $20)
        on conflict (id) do update set status = excluded.status, path = excluded.path, ended = excluded.ended, updated = excluded.updated, plays = excluded.plays,
            tasks = excluded.tasks, results = excluded.results, hosts = excluded.hosts, files = excluded.files, warnings = excluded.warnings,
            unreadable = excluded.unreadable
        """;

    private const string Plays = """
        insert into rec_play (id, uuid, name, strategy, hosts, status, started, ended, created, updated, tasks, results)
        select id, uuid, name, strategy, hosts, status, started, ended, started, osism_now(), tasks, results
        from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::int[], $6::smallint[], $7::timestamptz[], $8::timestamptz[], $9::int[], $10::int[])
            as row (id, uuid, name, strategy, hosts, status, started, ended, tasks, results)
        on conflict (id) do update set name = excluded.name, strategy = excluded.strategy, hosts = excluded.hosts, status = excluded.status, ended = excluded.ended,
            updated = excluded.updated, tasks = excluded.tasks, results = excluded.results
        """;

    private const string Tasks = """
        insert into rec_task (id, play, file, uuid, name, action, path, lineno, role, tags, is_handler, status, started, ended, created, updated, results, warnings, deprecations)
        select id, play, file, uuid, name, action, path, lineno, role, tags::jsonb, is_handler, status, started, ended, started, osism_now(), results, warnings::jsonb,
            deprecations::jsonb
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[], $10::text[], $11::boolean[],
            $12::smallint[], $13::timestamptz[], $14::timestamptz[], $15::int[], $16::text[], $17::text[])
            as row (id, play, file, uuid, name, action, path, lineno, role, tags, is_handler, status, started, ended, results, warnings, deprecations)
        on conflict (id) do update set name = excluded.name, action = excluded.action, path = excluded.path, lineno = excluded.lineno, file = excluded.file,
            role = excluded.role, tags = excluded.tags, is_handler = excluded.is_handler, status = excluded.status, ended = excluded.ended,
            updated = excluded.updated, results = excluded.results, warnings = excluded.warnings, deprecations = excluded.deprecations
        """;

    private const string Hosts = """
        insert into rec_host (id, playbook, name, ok, changed, failed, skipped, unreachable, rescued, ignored, facts_start, facts_length, created, updated)
        select id, playbook, name, ok, changed, failed, skipped, unreachable, rescued, ignored, facts_start, facts_length, created, osism_now()
        from unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], $11::bigint[], $12::int[],
            $13::timestamptz[])
            as row (id, playbook, name, ok, changed, failed, skipped, unreachable, rescued, ignored, facts_start, facts_length, created)
        on conflict (id) do update set ok = excluded.ok, changed = excluded.changed, failed = excluded.failed, skipped = excluded.skipped,
            unreachable = excluded.unreachable, rescued = excluded.rescued, ignored = excluded.ignored, updated = excluded.updated,
            facts_start = coalesce(excluded.facts_start, rec_host.facts_start), facts_length = coalesce(excluded.facts_length, rec_host.facts_length)
        """;

    private const string Results = """
        insert into rec_result (id, task, host, body_start, body_length, started, ended, status, is_changed, is_ignored, items, retries, delegated_to, msg)
        select id, task, host, body_start, body_length, started, ended, status, is_changed, is_ignored, items, retries, delegated_to::bigint[], msg
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::timestamptz[], $7::timestamptz[], $8::smallint[], $9::boolean[],
            $10::boolean[], $11::int[], $12::int[], $13::text[], $14::text[])
            as row (id, task, host, body_start, body_length, started, ended, status, is_changed, is_ignored, items, retries, delegated_to, msg)
        on conflict (id) do nothing
        """;

    private const string Files = """
        with content as (
            insert into rec_file_content (sha1, data) select distinct on (sha1) sha1, data from unnest($4::bytea[], $5::bytea[]) as row (sha1, data)
            on conflict (sha1) do update set used_at = excluded.used_at)
        insert into rec_file (id, playbook, path, sha1, created, updated)
        select id, playbook, path, sha1, created, created from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $6::timestamptz[])
            as row (id, playbook, path, sha1, created)
        on conflict do nothing
        """;

    /// <summary>Numbers the playbooks that have none: those they were given before a restart, or new ones.</summary>
    /// <remarks>What if we die here? A number was drawn and nobody has it.</remarks>
    public async Task NumberAsync(Guid job, IEnumerable<PlaybookRow> playbooks, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var playbook in playbooks.ToList())
        {
            await using var command = new NpgsqlCommand(
                """
                select coalesce((select id from rec_playbook where job_id = $1 and ordinal = $2), nextval(pg_get_serial_sequence('rec_playbook', 'id')))
                """,
                connection)
            {
                Parameters = { new() { Value = job }, new() { Value = playbook.Ordinal } },
            };
            playbook.Id = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
    }

    /// <summary>Adds the statements for the rows to a batch.</summary>
    public static void AddTo(NpgsqlBatch batch, Guid job, RecordBatch rows)
    {
        foreach (var playbook in rows.Playbooks)
        {
            batch.BatchCommands.Add(Of(job, playbook));
        }

        if (rows.Files.Count > 0)
        {
            var contents = rows.Files.Select(row => row.Content).ToArray();
            batch.BatchCommands.Add(Command(
                Files, Longs(rows.Files, row => RecordingIds.Of(row.Playbook.Id, row.Number)), Longs(rows.Files, row => row.Playbook.Id), Texts(rows.Files, row => row.Path),
#pragma warning disable CA5350 // The name under which ARA's clients know a file; nothing is trusted because of it.
                new NpgsqlParameter { Value = contents.Select(SHA1.HashData).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
#pragma warning restore CA5350
                new NpgsqlParameter { Value = contents, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea }, Times(rows.Files, row => row.At)));
        }

        if (rows.Plays.Count > 0)
        {
            batch.BatchCommands.Add(Command(
                Plays, Longs(rows.Plays, row => row.Id), Texts(rows.Plays, row => row.Uuid), Texts(rows.Plays, row => row.Name), Texts(rows.Plays, row => row.Strategy),
                Ints(rows.Plays, row => row.Hosts), Shorts(rows.Plays, row => (short)row.Status), Times(rows.Plays, row => row.Started), Times(rows.Plays, row => row.Ended),
                Ints(rows.Plays, row => row.Tasks), Ints(rows.Plays, row => row.Results)));
        }

        if (rows.Tasks.Count > 0)
        {
            batch.BatchCommands.Add(Of(rows.Tasks));
        }

        if (rows.Hosts.Count > 0)
        {
            batch.BatchCommands.Add(Command(
                Hosts, Longs(rows.Hosts, row => row.Id), Longs(rows.Hosts, row => row.Playbook.Id), Texts(rows.Hosts, row => row.Name), Ints(rows.Hosts, row => row.Ok),
                Ints(rows.Hosts, row => row.Changed), Ints(rows.Hosts, row => row.Failed), Ints(rows.Hosts, row => row.Skipped), Ints(rows.Hosts, row => row.Unreachable),
                Ints(rows.Hosts, row => row.Rescued), Ints(rows.Hosts, row => row.Ignored), Longs(rows.Hosts, row => row.FactsStart),
                Ints(rows.Hosts, row => row.FactsStart is null ? null : row.FactsLength), Times(rows.Hosts, row => row.Created)));
        }

        if (rows.Results.Count > 0)
        {
            batch.BatchCommands.Add(Of(rows.Results));
        }

        FactsWriter.AddTo(batch, rows.Facts);
    }

    private static NpgsqlBatchCommand Of(Guid job, PlaybookRow row) => Command(
        Playbook, new() { Value = row.Id }, new() { Value = job }, new() { Value = row.Ordinal }, new() { Value = (short)row.Status }, new() { Value = row.Path },
        new() { Value = row.Ansible }, Text(row.Python), Text(row.Controller), Text(row.User), new() { Value = row.IsCheck },
        new() { Value = row.Arguments, NpgsqlDbType = NpgsqlDbType.Jsonb }, new() { Value = row.Started.UtcDateTime },
        new() { Value = (object?)row.Ended?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz }, new() { Value = row.Plays },
        new() { Value = row.Tasks }, new() { Value = row.Results }, new() { Value = row.Hosts }, new() { Value = row.Files }, new() { Value = row.Warnings },
        new() { Value = row.Unreadable });

    private static NpgsqlBatchCommand Of(IReadOnlyList<TaskRow> rows) => Command(
        Tasks, Longs(rows, row => row.Id), Longs(rows, row => row.Play.Id), Longs(rows, row => row.File is { } file ? RecordingIds.Of(row.Play.Playbook.Id, file) : null),
        Texts(rows, row => row.Uuid), Texts(rows, row => row.Name), Texts(rows, row => row.Action), Texts(rows, row => row.Path), Ints(rows, row => row.Line),
        Texts(rows, row => row.Role), Texts(rows, row => row.Tags), Flags(rows, row => row.IsHandler), Shorts(rows, row => (short)row.Status),
        Times(rows, row => row.Started), Times(rows, row => row.Ended), Ints(rows, row => row.Results), Texts(rows, row => row.Warnings.Json),
        Texts(rows, row => row.Deprecations.Json));

    private static NpgsqlBatchCommand Of(IReadOnlyList<ResultRow> rows) => Command(
        Results, Longs(rows, row => RecordingIds.Of(row.Host.Playbook.Id, row.Number)), Longs(rows, row => row.Task.Id), Longs(rows, row => row.Host.Id),
        Longs(rows, row => row.BodyStart), Ints(rows, row => row.BodyLength), Times(rows, row => row.Started), Times(rows, row => row.Ended),
        Shorts(rows, row => (short)row.Status), Flags(rows, row => row.IsChanged), Flags(rows, row => row.IsIgnored), Ints(rows, row => row.Items),
        Ints(rows, row => row.Retries), Texts(rows, row => row.DelegatedTo.Count == 0 ? null : $"{{{string.Join(',', row.DelegatedTo.Select(host => host.Id))}}}"),
        Texts(rows, row => row.Message));

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static NpgsqlParameter Text(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<TValue[]> Array<TRow, TValue>(IReadOnlyList<TRow> rows, Func<TRow, TValue> value, NpgsqlDbType type)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(rows[i]);
        }

        return new NpgsqlParameter<TValue[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    private static NpgsqlParameter<long[]> Longs<TRow>(IReadOnlyList<TRow> rows, Func<TRow, long> value) => Array(rows, value, NpgsqlDbType.Bigint);

    private static NpgsqlParameter<long?[]> Longs<TRow>(IReadOnlyList<TRow> rows, Func<TRow, long?> value) => Array(rows, value, NpgsqlDbType.Bigint);

    private static NpgsqlParameter<int[]> Ints<TRow>(IReadOnlyList<TRow> rows, Func<TRow, int> value) => Array(rows, value, NpgsqlDbType.Integer);

    private static NpgsqlParameter<int?[]> Ints<TRow>(IReadOnlyList<TRow> rows, Func<TRow, int?> value) => Array(rows, value, NpgsqlDbType.Integer);

    private static NpgsqlParameter<short[]> Shorts<TRow>(IReadOnlyList<TRow> rows, Func<TRow, short> value) => Array(rows, value, NpgsqlDbType.Smallint);

    private static NpgsqlParameter<bool[]> Flags<TRow>(IReadOnlyList<TRow> rows, Func<TRow, bool> value) => Array(rows, value, NpgsqlDbType.Boolean);

    private static NpgsqlParameter<string?[]> Texts<TRow>(IReadOnlyList<TRow> rows, Func<TRow, string?> value) => Array(rows, value, NpgsqlDbType.Text);

    private static NpgsqlParameter<DateTime[]> Times<TRow>(IReadOnlyList<TRow> rows, Func<TRow, DateTimeOffset> value) =>
        Array(rows, row => value(row).UtcDateTime, NpgsqlDbType.TimestampTz);

    private static NpgsqlParameter<DateTime?[]> Times<TRow>(IReadOnlyList<TRow> rows, Func<TRow, DateTimeOffset?> value) =>
        Array(rows, row => value(row)?.UtcDateTime, NpgsqlDbType.TimestampTz);
}
