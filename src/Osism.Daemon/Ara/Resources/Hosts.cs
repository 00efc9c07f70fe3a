using System.Text.Json;
using Npgsql;
using Osism.Daemon.Ara.Rows;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Resources;

/// <summary><c>/api/v1/hosts</c>: hosts as each playbook saw them.</summary>
internal sealed class Hosts(AraDesk desk) : IAraResource
{
    /// <summary>Makes the host or finds it: the playbook's row is locked, so nobody makes it meanwhile.</summary>
    private const string GetOrCreate = $"""
        with old as (select {HostRow.Columns} from rec_host x where x.playbook = $1 and x.name = $3),
        p as (update rec_playbook set hosts = hosts + 1 where id = $1 and job_id is null and not exists (select from old) returning 1),
        new as (
            insert into rec_host as x (id, playbook, name, changed, failed, ok, skipped, unreachable, created, updated) select $2, $1, $3, $4, $5, $6, $7, $8, $9, $9 from p
            returning {HostRow.Columns})
        select * from new union all select * from old
        """;

    private const string AddFacts = """
        with p as (
            update rec_playbook set stream_bytes = stream_bytes + octet_length($3) where id = $2 and job_id is null and exists (select from rec_host where id = $1)
            returning stream, stream_bytes - octet_length($3) as start),
        line as (insert into job_output (job_id, stream, start, data) select stream, 1, start, $3 from p)
        update rec_host set facts_start = p.start, facts_length = octet_length($3) - 1 from p where rec_host.id = $1 returning 1
        """;

    private static readonly string[] Counts = ["changed", "failed", "ok", "skipped", "unreachable"];

    private static readonly string[] Cascade =
    [
        "delete from rec_result where id between $2 and $3 and host = $1",
        "delete from rec_host where id = $1 and id between $2 and $3",
    ];

    public string Name => "hosts";

    /// <summary>The filters of hosts, which those of the latest ones are too.</summary>
    public static void Filter(AraQuery query)
    {
        query.Playbook("x.id");
        query.Contains("name", "x.name");
        query.Contains("playbook_name", "(select p.name from rec_playbook p where p.id = x.playbook)");
        query.Contains("playbook_path", "(select p.path from rec_playbook p where p.id = x.playbook)");
        foreach (var count in Counts)
        {
            query.Number($"{count}__gt", $"x.{count}", ">");
            query.Number($"{count}__lt", $"x.{count}", "<");
        }

        query.Ages();
    }

    public async Task ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = desk.Query(context);
        Filter(query);
        await desk.Database.PageAsync(context, HostRow.Table, query, Counters.Of("hosts"), (json, row) => AraPageRow.Write(json, row.WriteInList), cancellationToken);
    }

    public async Task ShowAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        var row = await desk.FindAsync(HostRow.Table, id, cancellationToken);
        var playbook = await desk.PlaybookAsync(row.Playbook, cancellationToken);
        var facts = await desk.FactsAsync(row, playbook.Stream, cancellationToken);
        await AraAnswer.WriteAsync(context, StatusCodes.Status200OK, json => row.WriteDetail(json, playbook, facts), cancellationToken);
    }

    public async Task CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var body = await desk.BodyAsync(context, isWhole: true, cancellationToken);
        var playbook = AraDesk.Playbook(body);
        var name = body.Text("name", isRequired: true, longest: AraDesk.LongestName);
        var counts = Counts.Select(count => body.Integer(count) ?? 0).ToArray();
        var facts = Facts(body);
        body.Check();
        var lane = desk.Lanes.Of(playbook);
        var (id, now) = (await lane.NextIdAsync(cancellationToken), desk.Now);
        var row = await lane.WriteAsync(
            () =>
            [
                Sql.Command(
                    GetOrCreate, Sql.Value(playbook), Sql.Value(id), Sql.Value(name), Sql.Value(counts[0]), Sql.Value(counts[1]), Sql.Value(counts[2]),
                    Sql.Value(counts[3]), Sql.Value(counts[4]), Sql.Value(now)),
            ],
            HostRow.Table.One,
            cancellationToken) ?? throw await desk.RefusalAsync(playbook, AraFault.NoSuch("playbook", playbook), cancellationToken);
        if (row.Id == id && facts is { } found && found.EnumerateObject().Any())
        {
            var line = BodyLine.OfFacts(row.Name, found);
            await lane.WriteAsync(() => [Sql.Command(AddFacts, Sql.Value(id), Sql.Value(playbook), Sql.Value(line))], reader => reader.Read(), cancellationToken);
            row = await desk.FindAsync(HostRow.Table, id, cancellationToken);
        }

        await AnswerAsync(context, StatusCodes.Status201Created, row, cancellationToken);
    }

    public async Task ChangeAsync(HttpContext context, long id, bool isWhole, CancellationToken cancellationToken)
    {
        var playbook = RecordingIds.PlaybookOf(id);
        using var body = await desk.BodyAsync(context, playbook, isWhole, cancellationToken);
        var name = body.Text("name", isRequired: true, longest: AraDesk.LongestName);
        var counts = Counts.Select(count => body.Integer(count)).ToArray();
        var facts = Facts(body);
        body.Check();
        var old = await desk.FindAsync(HostRow.Table, id, cancellationToken);
        var changes = AraDesk.Changes(id);
        changes.Add(name is not null, "name", () => Sql.Value(name));
        for (var at = 0; at < Counts.Length; at++)
        {
            var count = counts[at];
            changes.Add(count is not null, Counts[at], () => Sql.Value(count));
        }

        var line = facts is { } found ? BodyLine.OfFacts(name ?? old.Name, found) : null;
        try
        {
            var row = await desk.ChangeAsync(
                HostRow.Table, id, changes, () => line is null ? [] : [Sql.Command(AddFacts, Sql.Value(id), Sql.Value(playbook), Sql.Value(line))], cancellationToken);
            await AnswerAsync(context, StatusCodes.Status200OK, row, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw AraFault.Field("non_field_errors", "The fields name, playbook must make a unique set.");
        }
    }

    public async Task DeleteAsync(HttpContext context, long id, CancellationToken cancellationToken)
    {
        await desk.FindAsync(HostRow.Table, id, cancellationToken);
        await desk.DeleteAsync(context, id, Cascade, cancellationToken);
    }

    private static JsonElement? Facts(AraBody body)
    {
        var facts = body.Json("facts");
        if (facts is { ValueKind: not JsonValueKind.Object })
        {
            body.Refuse("facts", "Value must be a dictionary.");
        }

        return facts;
    }

    private async Task AnswerAsync(HttpContext context, int status, HostRow row, CancellationToken cancellationToken)
    {
        var facts = row.FactsLength is null ? "{}"u8.ToArray() : await desk.FactsAsync(row, await desk.StreamAsync(row.Playbook, cancellationToken), cancellationToken);
        await AraAnswer.WriteAsync(context, status, json => row.WriteFlat(json, facts), cancellationToken);
    }
}
