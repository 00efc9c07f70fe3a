using Osism.Daemon.Ara.Rows;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Resources;

/// <summary><c>/api/v1/plays</c></summary>
internal sealed class Plays(AraDesk desk) : IAraResource
{
    private const string Insert = $"""
        with p as (
            update rec_playbook set plays = plays + 1 where id = $1 and job_id is null and not exists (select from rec_play where id = $2) returning 1)
        insert into rec_play as x (id, uuid, name, status, started, ended, created, updated) select $2, $3, $4, $5, $6, $7, $8, $8 from p returning {PlayRow.Columns}
        """;

    private static readonly string[] Statuses = AraFormat.RecordStatuses;

    private static readonly string[] Cascade =
    [
        "delete from rec_result where id between $2 and $3 and task in (select id from rec_task where id between $2 and $3 and play = $1)",
        "delete from rec_task where id between $2 and $3 and play = $1",
        "delete from rec_play where id = $1 and id between $2 and $3",
    ];

    public string Name => "plays";

    public async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = desk.Query(context);
        query.Playbook("x.id");
        query.Uuid("uuid", "x.uuid");
        query.Status("x.status", Statuses);
        query.Contains("name", "x.name");
        query.Spans();
        await desk.Database.PageAsync(context, PlayRow.Table, query, Counters.Of("plays"), (json, row) => AraPageRow.Write(json, row.WriteInList), cancellationToken);
    }

    public async Task ShowAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var row = await desk.FindAsync(PlayRow.Table, id, cancellationToken);
        var playbook = await desk.PlaybookAsync(row.Playbook, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => row.WriteDetail(json, playbook), cancellationToken);
    }

    public async Task CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole: true, cancellationToken);
        var playbook = AraDesk.Playbook(body);
        var uuid = body.Uuid("uuid", isRequired: true, mayBeNull: false);
        var name = body.Text("name", mayBeNull: true);
        var status = body.Choice("status", Statuses) ?? (short)RecordStatus.Unknown;
        var (started, ended) = (body.Time("started"), body.Time("ended", mayBeNull: true));
        body.Check();
        var lane = desk.Lanes.Of(playbook);
        var (id, now) = (await lane.NextIdAsync(cancellationToken), desk.Now);
        var row = await lane.WriteAsync(
            () =>
            [
                Sql.Command(
                    Insert, Sql.Value(playbook), Sql.Value(id), Sql.Value(uuid), Sql.Value(name ?? ""), Sql.Value(status), Sql.Value(started ?? now), Sql.Value(ended), Sql.Value(now)),
            ],
            PlayRow.Table.One,
            cancellationToken) ?? await AgainAsync(playbook, id, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status201Created, row.WriteFlat, cancellationToken);
    }

    public async Task ChangeAsync(HttpContext context, long id, bool isWhole, CancellationToken cancellationToken)
    {
        var playbook = RecordingIds.PlaybookOf(id);
        using var body = await desk.BodyAsync(context, playbook, isWhole, cancellationToken);
        var uuid = body.Uuid("uuid", isRequired: true, mayBeNull: false);
        var name = body.Text("name", mayBeNull: true);
        var status = body.Choice("status", Statuses);
        var (started, ended) = (body.Time("started"), body.Time("ended", mayBeNull: true));
        body.Check();
        var changes = AraDesk.Changes(id);
        changes.Add(uuid is not null, "uuid", () => Sql.Value(uuid));
        changes.Add(body.Has("name"), "name", () => Sql.Value(name ?? ""));
        changes.Add(status is not null, "status", () => Sql.Value(status));
        changes.Add(started is not null, "started", () => Sql.Value(started));
        changes.Add(body.Has("ended"), "ended", () => Sql.Value(ended));
        var row = await desk.ChangeAsync(PlayRow.Table, id, changes, () => [], cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, row.WriteFlat, cancellationToken);
    }

    public async Task DeleteAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        await desk.FindAsync(PlayRow.Table, id, cancellationToken);
        await desk.DeleteAsync(context, id, Cascade, cancellationToken);
    }

    private async Task<PlayRow> AgainAsync(long playbook, long id, CancellationToken cancellationToken) =>
        await desk.Database.FindAsync(PlayRow.Table, "x.id = $1", cancellationToken, Sql.Value(id))
        ?? throw await desk.RefusalAsync(playbook, AraFault.NoSuch("playbook", playbook), cancellationToken);
}
