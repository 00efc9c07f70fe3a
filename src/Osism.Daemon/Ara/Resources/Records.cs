using System.Text;
using Npgsql;
using Osism.Daemon.Ara.Rows;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Resources;

/// <summary><c>/api/v1/records</c>: values that plays keep with a playbook (<c>ara_record</c>), also with those of our jobs.</summary>
internal sealed class Records(AraDesk desk) : IAraResource
{
    private const string Insert = $"""
        with p as (
            update rec_playbook set records = records + 1 where id = $1 and not exists (select from rec_record where playbook = $1 and key = $3) returning 1)
        insert into rec_record as x (id, playbook, key, type, value, created, updated) select $2, $1, $3, $4, $5, $6, $6 from p returning {RecordRow.Columns}
        """;

    private const string Delete = """
        with gone as (delete from rec_record where id = $1 returning playbook)
        update rec_playbook set records = records - 1 from gone where id = gone.playbook returning 1
        """;

    public string Name => "records";

    public async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = desk.Query(context);
        query.Playbook("x.id");
        query.Same("key", "x.key");
        query.Ages();
        await desk.Database.PageAsync(context, RecordRow.ThinTable, query, Counters.Of("records"), (json, row) => AraPageRow.Write(json, row.WriteInList), cancellationToken);
    }

    public async Task ShowAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var row = await desk.FindAsync(RecordRow.Table, id, cancellationToken);
        var playbook = await desk.PlaybookAsync(row.Playbook, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => row.WriteDetail(json, playbook), cancellationToken);
    }

    public async Task CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole: true, cancellationToken);
        var playbook = AraDesk.Playbook(body);
        var (key, type) = (body.Text("key", isRequired: true, longest: AraDesk.LongestName), body.Text("type", isRequired: true));
        var value = Value(body) ?? "\"\"";
        body.Check();
        var lane = desk.Lanes.Of(playbook);
        var (id, now) = (await lane.NextIdAsync(cancellationToken), desk.Now);
        var row = await lane.WriteAsync(
            () => [Sql.Command(Insert, Sql.Value(playbook), Sql.Value(id), Sql.Value(key), Sql.Value(type), Sql.Value(value), Sql.Value(now))], RecordRow.Table.One, cancellationToken)
            ?? await desk.Database.FindAsync(RecordRow.Table, "x.id = $1", cancellationToken, Sql.Value(id))
            ?? throw AraFault.Field("non_field_errors", "The fields key, playbook must make a unique set.");
        await AraAnswer.WriteAsync(context, StatusCodes.Status201Created, row.WriteFlat, cancellationToken);
    }

    public async Task ChangeAsync(HttpContext context, long id, bool isWhole, CancellationToken cancellationToken)
    {
        var playbook = RecordingIds.PlaybookOf(id);
        using var body = await desk.BodyAsync(context, playbook, isWhole, cancellationToken);
        var (key, type) = (body.Text("key", isRequired: true, longest: AraDesk.LongestName), body.Text("type", isRequired: true));
        var value = Value(body);
        body.Check();
        var changes = new Changes(() => Sql.Value(id));
        changes.Add(key is not null, "key", () => Sql.Value(key));
        changes.Add(type is not null, "type", () => Sql.Value(type));
        changes.Add(value is not null, "value", () => Sql.Value(value));
        changes.Add(true, "updated", () => Sql.Value(desk.Now));
        try
        {
            var row = await desk.Lanes.Of(playbook).WriteAsync(
                () => [changes.Command($"update rec_record x {changes.Set} where x.id = $1 returning {RecordRow.Columns}")], RecordRow.Table.One, cancellationToken) ?? throw AraFault.NotFound();
            await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, row.WriteFlat, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw AraFault.Field("non_field_errors", "The fields key, playbook must make a unique set.");
        }
    }

    public async Task DeleteAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var isDeleted = await desk.Lanes.Of(RecordingIds.PlaybookOf(id)).WriteAsync(() => [Sql.Command(Delete, Sql.Value(id))], reader => reader.Read(), cancellationToken);
        context.Response.StatusCode = isDeleted ? StatusCodes.Status204NoContent : throw AraFault.NotFound();
    }

    private static string? Value(AraBody body) => body.Json("value") is { } value ? Encoding.UTF8.GetString(RawJson.OneLine(value)) : null;
}
