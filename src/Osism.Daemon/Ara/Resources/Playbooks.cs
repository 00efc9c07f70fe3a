using System.Runtime.InteropServices;
using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Rows;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;
using Osism.Daemon.Platform;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Resources;

/// <summary><c>/api/v1/playbooks</c>: runs of playbooks, those of our jobs and those that others record.</summary>
internal sealed class Playbooks(AraDesk desk, NpgsqlDataSource database, TimeProvider time) : IAraResource
{
    private const string Insert = $"""
        insert into rec_playbook as x (stream, status, name, path, ansible_version, client_version, python_version, server_version, controller, "user", is_check, arguments, started, ended, created, updated)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15) returning {PlaybookRow.Columns}
        """;

    public string Name => "playbooks";

    public async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = desk.Query(context);
        foreach (var name in new[] { "ansible_version", "client_version", "server_version", "python_version", "controller", "name", "path" })
        {
            query.Contains(name, $"x.{name}");
        }

        query.Contains("user", "x.\"user\"");
        query.Label("label");
        query.Status("x.status", AraFormat.RecordStatuses);
        query.Spans();
        await desk.Database.PageAsync(context, PlaybookRow.Table, query, _ => null, (json, row) => AraPageRow.Write(json, row.WriteFull), cancellationToken);
    }

    public async Task ShowAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var row = await desk.PlaybookAsync(id, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, row.WriteFull, cancellationToken);
    }

    public async Task CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole: true, cancellationToken);
        var given = Read(body);
        body.Check();
        var now = desk.Now;
        PlaybookRow row;
        await using (var connection = await Patience.OpenAsync(database, time, cancellationToken))
        {
            await using var command = new NpgsqlCommand(Insert, connection)
            {
                Parameters =
                {
                    Sql.Value(Guid.CreateVersion7()), Sql.Value(given.Status ?? (short)RecordStatus.Unknown), Sql.Value(given.Name), Sql.Value(given.Path), Sql.Value(given.AnsibleVersion),
                    Sql.Value(given.ClientVersion), Sql.Value(given.PythonVersion), Sql.Value(given.ServerVersion ?? ProgramVersion.Current),
                    Sql.Value(body.Has("controller") ? given.Controller : "localhost"), Sql.Value(given.User), Sql.Value(given.IsCheck), Sql.Json(given.Arguments ?? "{}"u8.ToArray()),
                    Sql.Value(given.Started ?? now), Sql.Value(given.Ended), Sql.Value(now),
                },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            row = PlaybookRow.Read(reader);
        }

        if (given.Labels is { Length: > 0 } labels)
        {
            row = await LabelAsync(row.Id, labels, cancellationToken) ?? row;
        }

        await AraAnswer.WriteAsync(context, StatusCodes.Status201Created, row.WriteFlat, cancellationToken);
    }

    public async Task ChangeAsync(HttpContext context, long id, bool isWhole, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole, cancellationToken);
        var given = Read(body);
        body.Check();
        var changes = new Changes(() => Sql.Value(id));
        changes.Add(given.Status is not null, "status", () => Sql.Value(given.Status));
        changes.Add(body.Has("name"), "name", () => Sql.Value(given.Name));
        changes.Add(given.Path is not null, "path", () => Sql.Value(given.Path));
        changes.Add(given.AnsibleVersion is not null, "ansible_version", () => Sql.Value(given.AnsibleVersion));
        changes.Add(body.Has("client_version"), "client_version", () => Sql.Value(given.ClientVersion));
        changes.Add(body.Has("python_version"), "python_version", () => Sql.Value(given.PythonVersion));
        changes.Add(body.Has("server_version"), "server_version", () => Sql.Value(given.ServerVersion));
        changes.Add(body.Has("controller"), "controller", () => Sql.Value(given.Controller));
        changes.Add(body.Has("user"), "\"user\"", () => Sql.Value(given.User));
        changes.Add(given.Arguments is not null, "arguments", () => Sql.Json(given.Arguments));
        changes.Add(given.Started is not null, "started", () => Sql.Value(given.Started));
        changes.Add(body.Has("ended"), "ended", () => Sql.Value(given.Ended));
        var row = await desk.PlaybookAsync(id, cancellationToken);
        if (changes.Count > 0 && row.Job is { } job)
        {
            throw AraDesk.OfJob(id, job);
        }

        if (changes.Count > 0 || given.Labels is null)
        {
            changes.Add(true, "updated", () => Sql.Value(desk.Now));
            row = await desk.Lanes.Of(id).WriteDurablyAsync(
                () => [changes.Command($"update rec_playbook x {changes.Set} where x.id = $1 and x.job_id is null returning {PlaybookRow.Columns}")], PlaybookRow.Table.One, cancellationToken) ?? row;
        }

        if (given.Labels is { } labels)
        {
            row = await LabelAsync(id, labels, cancellationToken) ?? throw AraFault.NotFound();
        }

        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, row.WriteFlat, cancellationToken);
    }

    public async Task DeleteAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var row = await desk.PlaybookAsync(id, cancellationToken);
        if (row.Job is { } job)
        {
            throw AraDesk.OfJob(id, job);
        }

        var (first, last) = RecordingIds.RangeOf(id);
        await desk.Lanes.Of(id).WriteDurablyAsync(
            () => [Sql.Command(Delete, Sql.Value(id), Sql.Value(first), Sql.Value(last))], reader => reader.Read(), cancellationToken);
        desk.Lanes.Forget(id);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Replaces the labels of a playbook, also of one of ours: they are about it, not of it.</summary>
    private Task<PlaybookRow?> LabelAsync(long id, string[] labels, CancellationToken cancellationToken)
    {
        var now = desk.Now;
        return desk.Lanes.Of(id).WriteDurablyAsync(
            () =>
            [
                // Statements of their own: each sees the labels that others have made meanwhile.
                Sql.Command(
                    "insert into rec_label (name, created, updated) select name, $2, $2 from unnest($1) with ordinality as n (name, at) order by at on conflict (name) do nothing returning 1",
                    Sql.Value(labels), Sql.Value(now)),
                Sql.Command(
                    """
                    with wanted as (select id from rec_label where name = any($2)),
                    gone as (delete from rec_playbook_label where playbook = $1 and label not in (select id from wanted))
                    insert into rec_playbook_label (playbook, label) select $1, id from wanted where exists (select from rec_playbook where id = $1) on conflict do nothing returning 1
                    """,
                    Sql.Value(id), Sql.Value(labels)),
                Sql.Command($"update rec_playbook x set updated = $2 where x.id = $1 returning {PlaybookRow.Columns}", Sql.Value(id), Sql.Value(now)),
            ],
            PlaybookRow.Table.One,
            cancellationToken);
    }

    private static Given Read(AraBody body)
    {
        var arguments = body.Json("arguments");
        if (arguments is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.String) })
        {
            body.Refuse("arguments", "Value must be valid JSON.");
        }

        return new Given(
            body.Choice("status", AraFormat.RecordStatuses), body.Text("name", mayBeNull: true), body.Text("path", isRequired: true), body.Text("ansible_version", isRequired: true),
            body.Text("client_version", mayBeNull: true), body.Text("python_version", mayBeNull: true), body.Text("server_version", mayBeNull: true),
            body.Text("controller", mayBeNull: true), body.Text("user", mayBeNull: true),
            arguments is { } value ? RawJson.Clean(JsonMarshal.GetRawUtf8Value(value)) : null,
            arguments is { ValueKind: JsonValueKind.Object } options && options.TryGetProperty("check", out var check) && check.ValueKind == JsonValueKind.True,
            body.Time("started"), body.Time("ended", mayBeNull: true), body.Names("labels", AraDesk.LongestName));
    }

    private sealed record Given(
        short? Status, string? Name, string? Path, string? AnsibleVersion, string? ClientVersion, string? PythonVersion, string? ServerVersion, string? Controller, string? User,
        byte[]? Arguments, bool IsCheck, DateTime? Started, DateTime? Ended, string[]? Labels);

    private const string Delete = """
        with p as (delete from rec_playbook where id = $1 and job_id is null returning stream),
        output as (delete from job_output where job_id in (select stream from p)),
        labels as (delete from rec_playbook_label where playbook in (select $1 from p)),
        plays as (delete from rec_play where id between $2 and $3 and exists (select from p)),
        tasks as (delete from rec_task where id between $2 and $3 and exists (select from p)),
        results as (delete from rec_result where id between $2 and $3 and exists (select from p)),
        hosts as (delete from rec_host where id between $2 and $3 and exists (select from p)),
        records as (delete from rec_record where id between $2 and $3 and exists (select from p)),
        files as (delete from rec_file where id between $2 and $3 and exists (select from p) returning sha1),
        contents as (
            delete from rec_file_content where sha1 in (select sha1 from files)
                and not exists (select from rec_file other where other.sha1 = rec_file_content.sha1 and other.id not between $2 and $3))
        select count(*) from p
        """;
}
