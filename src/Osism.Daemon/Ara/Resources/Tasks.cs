using System.Runtime.InteropServices;
using System.Text.Json;
using Osism.Daemon.Ara.Rows;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Resources;

/// <summary><c>/api/v1/tasks</c></summary>
internal sealed class Tasks(AraDesk desk) : IAraResource
{
    private const string Insert = $"""
        with f as (select path from rec_file where id = $4),
        p as (
            update rec_playbook set tasks = tasks + 1
            where id = $1 and job_id is null and not exists (select from rec_task where id = $2) and exists (select from rec_play where id = $3) and exists (select from f) returning 1),
        play as (update rec_play set tasks = tasks + 1 where id = $3 and exists (select from p))
        insert into rec_task as x (id, play, file, path, uuid, name, action, lineno, tags, is_handler, status, started, ended, created, updated, warnings, deprecations, exceptions)
        select $2, $3, $4, f.path, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15, $16, $17 from p, f returning {TaskRow.Columns}
        """;

    private static readonly string[] Statuses = AraFormat.RecordStatuses;
    private static readonly string[] Lists = ["warnings", "deprecations", "exceptions"];

    private static readonly string[] Cascade =
    [
        "delete from rec_result where id between $2 and $3 and task = $1",
        "delete from rec_task where id = $1 and id between $2 and $3",
    ];

    public string Name => "tasks";

    public async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = desk.Query(context);
        query.Playbook("x.id");
        query.Reference("play", "x.id", play => $"x.play = {play}");
        query.Status("x.status", Statuses);
        query.Contains("name", "x.name");
        query.Same("action", "x.action", ignoresCase: true);
        query.Contains("path", "x.path");
        query.Flag("handler", "x.is_handler");
        query.Uuid("uuid", "x.uuid");
        query.Number("lineno", "x.lineno", "=");
        query.Contains("playbook_name", "(select p.name from rec_playbook p where p.id = x.id >> 24)");
        query.Contains("playbook_path", "(select p.path from rec_playbook p where p.id = x.id >> 24)");
        foreach (var list in Lists)
        {
            query.Number($"{list}_count__gt", $"jsonb_array_length(x.{list})", ">");
            query.Number($"{list}_count__lt", $"jsonb_array_length(x.{list})", "<");
        }

        query.Spans();
        await desk.Database.PageAsync(context, TaskRow.Table, query, Counters.Of("tasks"), (json, row) => AraPageRow.Write(json, row.WriteInList), cancellationToken);
    }

    public async Task ShowAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var row = await desk.FindAsync(TaskRow.Table, id, cancellationToken);
        var playbook = await desk.PlaybookAsync(row.Playbook, cancellationToken);
        var play = await desk.Database.FindAsync(PlayRow.Table, "x.id = $1", cancellationToken, Sql.Value(row.Play));
        var file = await desk.Database.FindAsync(FileRow.Table, "x.id = $1", cancellationToken, Sql.Value(row.File));
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => row.WriteDetail(json, playbook, play, file), cancellationToken);
    }

    public async Task CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole: true, cancellationToken);
        var playbook = AraDesk.Playbook(body);
        var given = Read(body, playbook);
        body.Check();
        var lane = desk.Lanes.Of(playbook);
        var (id, now) = (await lane.NextIdAsync(cancellationToken), desk.Now);
        var none = "[]"u8.ToArray();
        var row = await lane.WriteAsync(
            () =>
            [
                Sql.Command(
                    Insert, Sql.Value(playbook), Sql.Value(id), Sql.Value(given.Play), Sql.Value(given.File), Sql.Value(given.Uuid), Sql.Value(given.Name ?? ""), Sql.Value(given.Action),
                    Sql.Value(given.Line), Sql.Json(given.Tags ?? none), Sql.Value(given.IsHandler), Sql.Value(given.Status ?? (short)RecordStatus.Unknown), Sql.Value(given.Started ?? now),
                    Sql.Value(given.Ended), Sql.Value(now), Sql.Json(given.Lists[0] ?? none), Sql.Json(given.Lists[1] ?? none), Sql.Json(given.Lists[2] ?? none)),
            ],
            TaskRow.Table.One,
            cancellationToken) ?? await AgainAsync(playbook, id, given, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status201Created, row.WriteFlat, cancellationToken);
    }

    public async Task ChangeAsync(HttpContext context, long id, bool isWhole, CancellationToken cancellationToken)
    {
        var playbook = RecordingIds.PlaybookOf(id);
        using var body = await desk.BodyAsync(context, playbook, isWhole, cancellationToken);
        var given = Read(body, playbook);
        body.Check();
        var changes = AraDesk.Changes(id);
        changes.Add(body.Has("name"), "name", () => Sql.Value(given.Name ?? ""));
        changes.Add(given.Action is not null, "action", () => Sql.Value(given.Action));
        changes.Add(given.Line is not null, "lineno", () => Sql.Value(given.Line));
        changes.Add(given.IsHandler is not null, "is_handler", () => Sql.Value(given.IsHandler));
        changes.Add(given.Tags is not null, "tags", () => Sql.Json(given.Tags));
        changes.Add(body.Has("uuid"), "uuid", () => Sql.Value(given.Uuid));
        changes.Add(given.Status is not null, "status", () => Sql.Value(given.Status));
        changes.Add(given.Started is not null, "started", () => Sql.Value(given.Started));
        changes.Add(body.Has("ended"), "ended", () => Sql.Value(given.Ended));
        for (var at = 0; at < Lists.Length; at++)
        {
            var value = given.Lists[at];
            changes.Add(value is not null, Lists[at], () => Sql.Json(value));
        }

        var row = await desk.ChangeAsync(TaskRow.Table, id, changes, () => [], cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, row.WriteFlat, cancellationToken);
    }

    public async Task DeleteAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        await desk.FindAsync(TaskRow.Table, id, cancellationToken);
        await desk.DeleteAsync(context, id, Cascade, cancellationToken);
    }

    private async Task<TaskRow> AgainAsync(long playbook, long id, Given given, CancellationToken cancellationToken)
    {
        if (await desk.Database.FindAsync(TaskRow.Table, "x.id = $1", cancellationToken, Sql.Value(id)) is { } row)
        {
            return row;
        }

        var hasPlay = await desk.Database.ScalarAsync<long>("select id from rec_play where id = $1", cancellationToken, Sql.Value(given.Play)) != 0;
        throw await desk.RefusalAsync(playbook, hasPlay ? AraFault.NoSuch("file", given.File ?? 0) : AraFault.NoSuch("play", given.Play ?? 0), cancellationToken);
    }

    private static Given Read(AraBody body, long playbook)
    {
        var (play, file) = (body.Key("play", isRequired: true), body.Key("file", isRequired: true));
        AraDesk.CheckInside(body, "play", play, playbook);
        AraDesk.CheckInside(body, "file", file, playbook);
        return new Given(
            play, file, body.Uuid("uuid", isRequired: false, mayBeNull: true), body.Text("name", mayBeNull: true), body.Text("action", isRequired: true), body.Integer("lineno", isRequired: true),
            List(body, "tags"), body.Flag("handler", isRequired: true), body.Choice("status", Statuses), body.Time("started"), body.Time("ended", mayBeNull: true),
            [.. Lists.Select(name => List(body, name))]);
    }

    private static byte[]? List(AraBody body, string name)
    {
        if (body.Json(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            body.Refuse(name, "Value must be a list.");
        }

        return RawJson.Clean(JsonMarshal.GetRawUtf8Value(value));
    }

    private sealed record Given(
        long? Play, long? File, string? Uuid, string? Name, string? Action, int? Line, byte[]? Tags, bool? IsHandler, short? Status, DateTime? Started, DateTime? Ended, byte[]?[] Lists);
}
